using System.Text.Json;
using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>What an application sees whose configuration shows one project, where another takes its place.</summary>
[TestClass]
public sealed class ReplacedProjectTests
{
    [TestMethod]
    public void Another_project_of_the_configured_name_takes_the_slot()
    {
        using Workbench bench = Appliance.Bench();
        string csctl = Appliance.Environment["CODESIGNCTL"];
        string admin = $"--config={Appliance.Environment["CODESIGN_ADMIN_CONFIG"]}";
        string name = "replaced-" + Path.GetRandomFileName()[..8];
        string grant = bench.At("grant");
        bench.Run($"{csctl} {admin} user create {name} --no-password").Succeeds();
        bench.Run($"{csctl} {admin} project create {name} --pin none").Succeeds();
        string second = IdOf(bench.Run($"{csctl} {admin} -o json project show {name}").Succeeds().Output);

        // A project named as the other one is numbered: both are what the configuration says.
        bench.Run($"{csctl} {admin} project create {second} --pin none").Succeeds();
        bench.Run($"{csctl} {admin} project member add {second} {name}").Succeeds();
        bench.Run($"{csctl} {admin} grant create --user {name} --grant-out {grant}").Succeeds();
        IEnumerable<string> others = Appliance.ConfigurationLines()
            .Where(line => !line.StartsWith("grant_file", StringComparison.Ordinal) && !line.StartsWith("project", StringComparison.Ordinal));
        bench.Set("CODESIGN_CONFIG", bench.Write("client.conf", string.Join('\n', [.. others, $"grant_file = {grant}", $"project = {second}", ""])))
            .Set("PROJECT", second)
            .Set("REPLACE", $"{csctl} {admin} project member add {name} {name} >/dev/null");

        bench.Run($"{HostProgram.PathOf("replaced")}").Succeeds();
    }

    private static string IdOf(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return (root.ValueKind == JsonValueKind.Array ? root[0] : root).GetProperty("id").GetString()!;
    }
}
