using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>Hosts that sign with a key in the appliance.</summary>
[TestClass]
public sealed class SigningHostTests : HostContract
{
    internal override Workbench CreateBench() => Appliance.Bench();
}
