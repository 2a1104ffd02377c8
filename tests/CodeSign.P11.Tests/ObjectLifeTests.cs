using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>Objects through the raw interface: what templates are refused, where objects live, and when they end.</summary>
[TestClass]
public sealed class ObjectLifeTests
{
    private const string Scratch = "scratch";

    [TestMethod]
    public void Templates_that_lie_or_ask_for_too_much_get_a_code_and_no_handle()
    {
        using Workbench bench = Appliance.Bench().Set("CODESIGN_TOKEN_LABEL", Scratch);
        bench.Run($"{HostProgram.PathOf("templates")}").Succeeds();
    }

    [TestMethod]
    public void Keys_leave_and_come_in_wrapped_and_sign_afterwards()
    {
        using Workbench bench = Appliance.Bench().Set("CODESIGN_TOKEN_LABEL", Scratch);
        bench.Run($"{HostProgram.PathOf("wrapping")}").Succeeds();
        bench.Run($"{HostProgram.PathOf("carrying")}").Succeeds();
    }

    [TestMethod]
    public void Post_quantum_keys_are_made_sign_and_verify()
    {
        using Workbench bench = Appliance.Bench().Set("CODESIGN_TOKEN_LABEL", Scratch);
        bench.Run($"{HostProgram.PathOf("quantum")}").Succeeds();
    }

    [TestMethod]
    public void Keys_are_derived_on_both_sides_and_lies_get_a_code()
    {
        using Workbench bench = Appliance.Bench().Set("CODESIGN_TOKEN_LABEL", Scratch);
        bench.Run($"{HostProgram.PathOf("deriving")}").Succeeds();
    }

    [TestMethod]
    public void Session_objects_end_with_their_session_their_login_and_their_process()
    {
        using Workbench bench = Appliance.Bench().Set("CODESIGN_TOKEN_LABEL", Scratch);
        bench.Run($"{HostProgram.PathOf("lifetimes")} {bench.Copy(HostProgram.Module, "other.so")}").Succeeds();
    }

    [TestMethod]
    public void The_security_officer_sees_no_private_objects_where_nobody_must_log_in()
    {
        using Workbench bench = Appliance.Bench();
        string csctl = Appliance.Environment["CODESIGNCTL"];
        string admin = Appliance.Environment["CODESIGN_ADMIN_CONFIG"];
        string name = "open-" + Path.GetRandomFileName()[..8];
        string pin = bench.Write("so-pin", Appliance.Environment["CODESIGN_SO_PIN"] + "\n");
        bench.Run($"{csctl} --config {admin} project create {name} --pin any").Succeeds();
        bench.Run($"{csctl} --config {admin} project member add {name} alice").Succeeds();
        bench.Run($"{csctl} --config {admin} project member add {name} alice --role Owner").Succeeds();
        bench.Run($"{csctl} --config {admin} project set {name} --objects true").Succeeds();
        bench.Run($"{csctl} --config {admin} pin reset {name} --so --pin-file {pin}").Succeeds();

        bench.Set("CODESIGN_TOKEN_LABEL", name).Run($"{HostProgram.PathOf("officer")}").Succeeds();
    }

    [TestMethod]
    public void Public_objects_of_a_session_and_keys_that_nobody_changes_ask_nobody()
    {
        using Workbench bench = Appliance.Bench();
        using CountingProxy proxy = CountingProxy.InFrontOf(bench, Appliance.ConfigurationLines());
        bench.Set("CODESIGN_CONFIG", proxy.Configuration);
        BackgroundTool host = bench.Launch($"{HostProgram.PathOf("local")}").Says("ready");

        int before = proxy.RoundTrips;
        host.Write("make\n");
        host.Says("done make");
        host.Write("wait\n");
        host.Says("done wait");

        Assert.AreEqual(before, proxy.RoundTrips);
    }
}
