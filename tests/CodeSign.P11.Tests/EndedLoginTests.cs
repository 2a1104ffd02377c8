using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>What an application sees when what it was let in by ends at the appliance.</summary>
[TestClass]
public sealed class EndedLoginTests
{
    private const string Pin = "1234 5678";
    private const string OtherPin = "8765 4321";

    [TestMethod]
    public void A_login_that_ended_at_the_appliance_has_ended_here()
    {
        using Workbench bench = Appliance.Bench();
        string csctl = Appliance.Environment["CODESIGNCTL"];
        string administrator = Appliance.Environment["CODESIGN_ADMIN_CONFIG"];
        string name = "ended-" + Path.GetRandomFileName()[..8];
        string pin = bench.Write("pin", Pin + "\n");
        string otherPin = bench.Write("other-pin", OtherPin + "\n");
        string grant = bench.At("grant");
        string configuration = bench.Write(
            "client.conf",
            string.Join('\n', [.. Appliance.ConfigurationLines().Where(line => !line.StartsWith("grant_file", StringComparison.Ordinal)), $"grant_file = {grant}", ""]));
        string admin = $"--config={administrator}";
        bench.Run($"{csctl} {admin} user create {name} --no-password").Succeeds();
        bench.Run($"{csctl} {admin} project create {name} --pin required").Succeeds();
        bench.Run($"{csctl} {admin} project member add {name} {name}").Succeeds();
        bench.Run($"{csctl} {admin} pin reset {name} --user {name} --pin-file {pin}").Succeeds();
        bench.Run($"{csctl} {admin} environment create {name}/p256 --algorithm p256").Succeeds();
        bench.Run($"{csctl} {admin} grant create --user {name} --grant-out {grant}").Succeeds();

        string change = $"{csctl} --config {configuration} pin set {name}";
        bench.Set("CODESIGN_CONFIG", configuration).Set("CODESIGN_TOKEN_LABEL", name).Set("CODESIGN_PIN", Pin).Set("OTHER_PIN", OtherPin)
            .Set("CHANGE", $"{change} --old-pin-file {pin} --pin-file {otherPin} >/dev/null")
            .Set("CHANGE_BACK", $"{change} --old-pin-file {otherPin} --pin-file {pin} >/dev/null");

        bench.Run($"{HostProgram.PathOf("ended")}").Succeeds();
    }

    [TestMethod]
    public void A_login_without_a_PIN_ends_where_the_token_wants_one_now()
    {
        using Workbench bench = Appliance.Bench();
        string csctl = Appliance.Environment["CODESIGNCTL"];
        string admin = $"--config={Appliance.Environment["CODESIGN_ADMIN_CONFIG"]}";
        string name = "tightened-" + Path.GetRandomFileName()[..8];
        string pin = bench.Write("pin", Pin + "\n");
        string grant = bench.At("grant");
        string configuration = bench.Write(
            "client.conf",
            string.Join('\n', [.. Appliance.ConfigurationLines().Where(line => !line.StartsWith("grant_file", StringComparison.Ordinal)), $"grant_file = {grant}", ""]));
        bench.Run($"{csctl} {admin} user create {name} --no-password").Succeeds();
        bench.Run($"{csctl} {admin} project create {name} --pin any").Succeeds();
        bench.Run($"{csctl} {admin} project member add {name} {name}").Succeeds();
        bench.Run($"{csctl} {admin} pin reset {name} --user {name} --pin-file {pin}").Succeeds();
        bench.Run($"{csctl} {admin} environment create {name}/p256 --algorithm p256").Succeeds();
        bench.Run($"{csctl} {admin} grant create --user {name} --grant-out {grant}").Succeeds();
        bench.Set("CODESIGN_CONFIG", configuration).Set("CODESIGN_TOKEN_LABEL", name).Set("CODESIGN_PIN", Pin)
            .Set("TIGHTEN", $"{csctl} {admin} project set {name} --pin required >/dev/null");

        bench.Run($"{HostProgram.PathOf("tightened")}").Succeeds();
    }
}
