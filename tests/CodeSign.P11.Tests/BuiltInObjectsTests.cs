using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>Profiles, mechanisms, and the classes of which there are no objects.</summary>
[TestClass]
public sealed class BuiltInObjectsTests
{
    [TestMethod]
    public void The_module_tells_of_profiles_and_mechanisms_without_asking_anybody()
    {
        using Workbench bench = Appliance.Bench();
        using CountingProxy proxy = CountingProxy.InFrontOf(bench, Appliance.ConfigurationLines());
        bench.Set("CODESIGN_CONFIG", proxy.Configuration);
        BackgroundTool host = bench.Launch($"{HostProgram.PathOf("builtin")}").Says("ready");

        int before = proxy.RoundTrips;
        host.Write("ask\n");
        host.Says("done");

        Assert.AreEqual(before, proxy.RoundTrips);
    }
}
