using System.Globalization;
using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>
/// What the module owes the process it is loaded into. Each test runs a program of Hosts to its end; a program that hangs is killed
/// by its own alarm, one that crashes ends by a signal. Run twice: with an appliance, where the programs sign, and without.
/// </summary>
public abstract class HostContract
{
    // A program ends itself when it hangs; this is for one that repeats, on a busy machine.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(150 + HostProgram.Repetitions);

    internal abstract Workbench CreateBench();

    [TestMethod]
    public void Adds_one_thread_and_nothing_of_OpenSSL_and_leaves_signals_alone() => Run("basic");

    [TestMethod]
    public void Tells_its_function_lists_before_it_is_initialised_and_survives_calls_without_arguments() => Run("tables");

    [TestMethod]
    public void Initialises_in_every_form_and_once_only() => Run("init");

    [TestMethod]
    [DataRow("exit0")]
    [DataRow("exit")]
    [DataRow("exec")]
    [DataRow("uninitialised")]
    [DataRow("work")]
    [DataRow("finalize")]
    public void Survives_forks_while_eight_threads_are_at_work(string child) =>
        Run("fork", child, "8", HostProgram.Repetitions.ToString(CultureInfo.InvariantCulture));

    [TestMethod]
    public void Survives_forks_whose_child_makes_threads() =>
        Run("fork", "threads", "8", Math.Max(1, HostProgram.Repetitions / 4).ToString(CultureInfo.InvariantCulture));

    [TestMethod]
    public void Notices_a_fork_that_the_C_library_does_not_know_of() =>
        Run("fork", "raw", "0", HostProgram.Repetitions.ToString(CultureInfo.InvariantCulture));

    [TestMethod]
    public void Serves_five_generations_without_their_environment() => Run("refork");

    [TestMethod]
    [DataRow("return", 0)]
    [DataRow("other", 0)]
    [DataRow("exit0", 0)]
    [DataRow("term", 128 + 15)]
    [DataRow("finalize", 0)]
    [DataRow("finalize-dlclose", 0)]
    public void Lets_the_host_end_while_eight_threads_are_at_work(string how, int exitCode)
    {
        using Workbench bench = CreateBench();
        for (int i = 0; i < HostProgram.Repetitions; i++)
        {
            ToolRun run = bench.Run($"{HostProgram.PathOf("exit")} {how}", input: null, Deadline);
            Assert.AreEqual(exitCode, run.ExitCode, $"run {i}: {run}");
        }
    }

    [TestMethod]
    public void Survives_being_unloaded_and_being_there_twice()
    {
        using Workbench bench = CreateBench();
        bench.Run($"{HostProgram.PathOf("dl")} {bench.Copy(HostProgram.Module, "copy.so")}", input: null, Deadline).Succeeds();
    }

    [TestMethod]
    [DataRow("before")]
    [DataRow("after")]
    public void Leaves_the_host_its_signals(string handlerInstalled) => Run("sig", handlerInstalled);

    [TestMethod]
    public void Works_on_small_stacks_and_many_threads() => Run("threads");

    [TestMethod]
    [DataRow("closed")]
    [DataRow("descriptors")]
    [DataRow("memory")]
    [DataRow("folder")]
    public void Works_in_a_process_that_has_little(string lack) => Run("poor", lack);

    [TestMethod]
    [DataRow("DOTNET_GCHeapHardLimit", "100000")]
    [DataRow("DOTNET_gcServer", "1")]
    [DataRow("DOTNET_gcConcurrent", "1")]
    [DataRow("COMPlus_GCHeapHardLimit", "100000")]
    [DataRow("LANG", "tr_TR.UTF-8")]
    [DataRow("LC_ALL", "nonsense")]
    public void Takes_no_settings_of_another_NET_or_language(string name, string value)
    {
        using Workbench bench = CreateBench().Set(name, value);
        bench.Run($"{HostProgram.PathOf("basic")}", input: null, Deadline).Succeeds();
    }

    [TestMethod]
    public void Survives_forks_while_a_thread_initialises_and_finalises() =>
        Run("fork", "ending", "1", (HostProgram.Repetitions * 10).ToString(CultureInfo.InvariantCulture));

    [TestMethod]
    public void Leaves_alone_descriptors_whose_numbers_the_host_took_back() => Run("descriptors");

    [TestMethod]
    public void Lets_its_threads_be_cancelled_between_calls_only() =>
        Run("cancel", HostProgram.Repetitions.ToString(CultureInfo.InvariantCulture));

    [TestMethod]
    public void Says_that_it_failed_where_C_Initialize_fails() => Run("refused");

    [TestMethod]
    public void Needs_little_of_a_stack_and_leaves_no_secret_there()
    {
        using Workbench bench = CreateBench();
        if (Secret is { } secret)
        {
            bench.Set("SECRET", secret);
        }

        Run(bench, "stack");
    }

    [TestMethod]
    [DataRow("return")]
    [DataRow("other")]
    [DataRow("finalize")]
    public void Lets_a_host_end_that_uses_OpenSSL_itself(string how)
    {
        if (!File.Exists("/usr/include/openssl/evp.h"))
        {
            Assert.Inconclusive("The headers of OpenSSL are missing (libssl-dev).");
        }

        using Workbench bench = CreateBench();
        for (int i = 0; i < HostProgram.Repetitions; i++)
        {
            Run(bench, "linked", how);
        }
    }

    [TestMethod]
    [DataRow("enter")]
    [DataRow("leave")]
    public void Works_where_there_is_neither_proc_nor_dev_nor_etc(string when)
    {
        using Workbench bench = CreateBench();
        bench.Set("JAIL", Furnish(bench, "jail"));
        if (string.Equals(when, "enter", StringComparison.Ordinal))
        {
            bench.Set("CODESIGN_CONFIG", "/client.conf");
        }

        Run(bench, "jail", when);
    }

    [TestMethod]
    public void Valgrind_finds_no_fault()
    {
        const string Valgrind = "/usr/bin/valgrind";
        if (!File.Exists(Valgrind))
        {
            Assert.Inconclusive("valgrind is missing.");
        }

        using Workbench bench = CreateBench();
        bench.Run($"{Valgrind} -q --error-exitcode=99 {HostProgram.PathOf("init")}", input: null, Deadline).Succeeds();
    }

    /// <summary>A secret that is in the configuration, if there is one.</summary>
    private protected virtual string? Secret => null;

    /// <summary>A folder for a host whose root it is, with its configuration in it as client.conf.</summary>
    private protected virtual string Furnish(Workbench bench, string name) => Directory.CreateDirectory(bench.At(name)).FullName;

    internal void Run(string host, params string[] arguments)
    {
        using Workbench bench = CreateBench();
        Run(bench, host, arguments);
    }

    private static void Run(Workbench bench, string host, params string[] arguments)
    {
        const int NotPermittedHere = 77;
        Command command = $"{HostProgram.PathOf(host)}";
        foreach (string argument in arguments)
        {
            command = $"{command} {argument}";
        }

        ToolRun run = bench.Run(command, input: null, Deadline);
        if (run.ExitCode == NotPermittedHere)
        {
            Assert.Inconclusive($"This user may not run the host {host}: it changes its root folder or filters system calls.");
        }

        run.Succeeds();
    }
}
