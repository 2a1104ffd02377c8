using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>Hosts that sign with a key in the appliance.</summary>
[TestClass]
public sealed class SigningHostTests : HostContract
{
    internal override Workbench CreateBench() => Appliance.Bench();

    private protected override string Secret => Appliance.Grant();

    private protected override string Furnish(Workbench bench, string name)
    {
        string folder = base.Furnish(bench, name);
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Appliance.Environment["CODESIGN_CONFIG"])!))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }
}
