using System.Globalization;
using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>What the functions answer, with an appliance behind them.</summary>
[TestClass]
public sealed class SemanticsTests
{
    private const string NumbersOfOneSignature = "sign 1\n";

    [TestMethod]
    public void Sessions_and_logins_answer_to_the_letter() => Run("states");

    [TestMethod]
    public void Attributes_signatures_and_digests_answer_to_the_letter() => Run("operations");

    [TestMethod]
    public void What_lies_between_the_functions_answers_to_the_letter()
    {
        using Workbench bench = Appliance.Bench().Set("CODESIGN_TOKEN_LABEL", "scratch");
        bench.Run($"{HostProgram.PathOf("letter")}").Succeeds();
    }

    [TestMethod]
    public void Mechanisms_do_what_their_flags_say_and_no_more()
    {
        using Workbench bench = Appliance.Bench().Set("CODESIGN_TOKEN_LABEL", "scratch");
        bench.Run($"{HostProgram.PathOf("flags")}").Succeeds();
    }

    [TestMethod]
    public void Codes_that_seldom_arise_are_provoked() => Run("codes");

    [TestMethod]
    public void Objects_answer_to_the_letter()
    {
        using Workbench bench = Appliance.Bench();
        string host = Repository.PathOf("tests/CodeSign.P11.Tests/Hosts/objects.py");
        bench.Run($"/usr/bin/python3 {host}").Succeeds().Says("objects answer to the letter");
    }

    [TestMethod]
    public void Tokens_come_and_go_with_rights()
    {
        using Workbench bench = Appliance.Bench();
        bench.Set("CODESIGNCTL", Appliance.Environment["CODESIGNCTL"]).Set("CODESIGN_ADMIN_CONFIG", Appliance.Environment["CODESIGN_ADMIN_CONFIG"]);
        bench.Run($"/usr/bin/python3 {Repository.PathOf("tests/CodeSign.P11.Tests/Hosts/slots.py")}").Succeeds().Says("slots come and go");
    }

    [TestMethod]
    public void No_login_outlives_the_last_session() => Run("closing", HostProgram.Repetitions.ToString(CultureInfo.InvariantCulture));

    [TestMethod]
    public void Python_signs_from_threads_and_from_the_processes_it_forks()
    {
        using Workbench bench = Appliance.Bench();
        string host = Repository.PathOf("tests/CodeSign.P11.Tests/Hosts/multi.py");
        string rounds = Math.Max(1, HostProgram.Repetitions / 4).ToString(CultureInfo.InvariantCulture);
        bench.Run($"/usr/bin/python3 {host} {rounds}").Succeeds();
    }

    [TestMethod]
    public void Java_signs_from_eight_threads_among_collections_and_faults()
    {
        const string Java = "/usr/bin/java";
        if (!File.Exists(Java))
        {
            Assert.Inconclusive("java is missing.");
        }

        using Workbench bench = Appliance.Bench();
        string only = string.Join('\n', [.. Appliance.ConfigurationLines(), $"project = {Appliance.Environment["CODESIGN_TOKEN_LABEL"]}", ""]);
        bench.Set("CODESIGN_CONFIG", bench.Write("client.conf", only));
        int each = HostProgram.Repetitions * 5;
        string host = Repository.PathOf("tests/CodeSign.P11.Tests/Hosts/Signer.java");
        ToolRun run = bench.Run($"{Java} {host} {each.ToString(CultureInfo.InvariantCulture)} {bench.Folder}").Succeeds();
        run.Says(string.Create(CultureInfo.InvariantCulture, $"{8 * each} signatures verified"));
    }

    [TestMethod]
    public void A_million_attribute_reads_leave_the_process_as_small_as_it_was() => Run("memory");

    [TestMethod]
    public void One_signature_is_one_round_trip_whatever_is_asked_before()
    {
        using Workbench bench = Appliance.Bench();
        using CountingProxy proxy = CountingProxy.InFrontOf(bench, Appliance.ConfigurationLines());
        bench.Set("CODESIGN_CONFIG", proxy.Configuration);
        BackgroundTool console = bench.Launch($"{HostProgram.PathOf("console")}").Says("ready");

        int before = proxy.RoundTrips;
        console.Write(string.Create(CultureInfo.InvariantCulture, $"sign {HostProgram.Repetitions}\n"));
        console.Says("signed 0x0");

        Assert.AreEqual(HostProgram.Repetitions, proxy.RoundTrips - before);
    }

    [TestMethod]
    public void Edwards_keys_are_hidden_once_a_library_is_loaded_that_fails_on_them()
    {
        using Workbench bench = Appliance.Bench();
        string library = bench.At("libp11.so.3");
        bench.Run($"gcc -shared -fPIC -x c /dev/null -o {library}").Succeeds();
        bench.Set("LOAD_ALSO", library).Set("CODESIGN_TRACE", bench.At("trace"));

        ToolRun run = bench.Run(
            $"{HostProgram.PathOf("console")}", input: "find 3 ed25519\nload\nfind 3 ed25519\nfind 2 ed25519\nfind 3 p256\nend\n").Succeeds();

        Assert.AreSequenceEqual(
            ["found 1", "loaded 1", "found 0", "found 0", "found 1"],
            run.Output.Split('\n').Where(line => line.StartsWith("found", StringComparison.Ordinal) || line.StartsWith("loaded", StringComparison.Ordinal)));
        Assert.Contains("hide_key_types", bench.ReadText("trace"));
    }

    [TestMethod]
    public void What_is_hidden_is_the_configuration_s_choice_first()
    {
        using Workbench bench = Appliance.Bench();
        string configuration = string.Join('\n', Appliance.ConfigurationLines().Append("hide_key_types = EC\n"));
        bench.Set("CODESIGN_CONFIG", bench.Write("client.conf", configuration));

        ToolRun run = bench.Run($"{HostProgram.PathOf("console")}", input: "find 3 ed25519\n");

        run.Fails().Says("no object of class 3 is named p256");
    }

    [TestMethod]
    [DataRow("one")]
    [DataRow("race")]
    public void OpenSSL_configured_to_load_the_module_through_an_engine_does_not_hang(string order)
    {
        using Workbench bench = Appliance.Bench();
        bench.Set("OPENSSL_CONF", bench.Write("openssl.cnf", $"""
            openssl_conf = init
            [init]
            engines = engines
            [engines]
            unkind = unkind_section
            [unkind_section]
            dynamic_path = {HostProgram.PathOf("engine.so")}
            init = 0

            """));
        for (int i = 0; i < HostProgram.Repetitions; i++)
        {
            bench.Run($"{HostProgram.PathOf("configured")} {order}").Succeeds();
        }
    }

    [TestMethod]
    public void Sessions_logins_and_handles_outlive_a_server_that_is_killed()
    {
        using Workbench bench = Appliance.Bench();
        BackgroundTool console = bench.Launch($"{HostProgram.PathOf("console")}").Says("ready");
        console.Write(NumbersOfOneSignature);
        console.Says("signed 0x0");

        Appliance.Do("kill");
        console.Write(NumbersOfOneSignature);
        console.WaitUntil("fail", () => Answers(console).Count == 2);
        Appliance.Do("restart");
        console.WaitUntil("sign again", () =>
        {
            int answers = Answers(console).Count;
            console.Write(NumbersOfOneSignature);
            SpinWait.SpinUntil(() => Answers(console).Count > answers, TimeSpan.FromSeconds(10));
            return string.Equals(Answers(console)[^1], "signed 0x0", StringComparison.Ordinal);
        });

        Assert.IsTrue(Answers(console)[1] is "signed 0x30" or "signed 0x32", Answers(console)[1]);
    }

    [TestMethod]
    public void No_memory_holds_the_PIN_or_the_grant_after_C_Finalize()
    {
        using Workbench bench = HostProgram.WithoutAppliance()
            .Set("CODESIGN_CONFIG", Appliance.Environment["CODESIGN_CONFIG"])
            .Set("CODESIGN_TOKEN_LABEL", Appliance.Environment["CODESIGN_TOKEN_LABEL"]);
        bench.Run($"{HostProgram.PathOf("secrets")}", input: $"{Appliance.Environment["CODESIGN_PIN"]}\n{Appliance.Grant()}\n").Succeeds();
    }

    private static List<string> Answers(BackgroundTool console) =>
        [.. console.Said.Split('\n').Where(line => line.StartsWith("signed", StringComparison.Ordinal))];

    private static void Run(string host, string argument = "")
    {
        using Workbench bench = Appliance.Bench();
        bench.Run($"{HostProgram.PathOf(host)} {argument}").Succeeds();
    }
}
