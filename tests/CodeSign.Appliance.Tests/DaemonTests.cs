using System.Net;
using System.Net.Sockets;
using CodeSign.Tests;

namespace CodeSign.Appliance.Tests;

[TestClass]
public sealed class DaemonTests
{
    private readonly ApplianceProcess _appliance = new();

    public required TestContext TestContext { get; init; }

    [TestCleanup]
    public void Remove() => _appliance.Dispose();

    [TestMethod]
    public void Init_makes_an_appliance_that_only_its_owner_can_read()
    {
        ToolRun run = _appliance.Init("--administrator", "ada", "--host-name", "sign.example.org").Succeeds();

        Assert.Contains("SHA256:", run.Output);
        Assert.Contains("ada", run.Output);
        Assert.DoesNotContain(ApplianceProcess.Password, run.All);
        Assert.AreEqual(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_appliance.Folder));
        foreach (string file in Directory.GetFiles(_appliance.Folder))
        {
            Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file), file);
        }
    }

    [TestMethod]
    public void Init_refuses_where_there_is_an_appliance()
    {
        _appliance.Init().Succeeds();
        byte[] before = File.ReadAllBytes(Path.Combine(_appliance.Folder, "codesign.db"));

        AssertOneSentence(_appliance.Init(), 4, "There is an appliance in");

        Assert.IsTrue(before.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_appliance.Folder, "codesign.db"))));
    }

    [TestMethod]
    public void Init_that_fails_leaves_nothing_half_made()
    {
        File.WriteAllText(_appliance.PasswordFile, "short\n");
        Assert.AreNotEqual(0, _appliance.Init().ExitCode);
        Assert.IsFalse(File.Exists(Path.Combine(_appliance.Folder, "codesign.db")));

        File.WriteAllText(_appliance.PasswordFile, ApplianceProcess.Password);
        _appliance.Init().Succeeds();
    }

    [TestMethod]
    [DataRow("eleven char", false)]
    [DataRow("äöüäöüäöüäö", false)]
    [DataRow("twelve chars", true)]
    [DataRow("äöüäöüäöüäöü", true)]
    public void A_passphrase_has_12_characters(string passphrase, bool isTaken)
    {
        File.WriteAllText(_appliance.PassphraseFile, passphrase + "\n");
        ToolRun run = _appliance.Init();

        if (isTaken)
        {
            run.Succeeds();
        }
        else
        {
            AssertOneSentence(run, 2, "at least 12 characters");
            Assert.IsFalse(Directory.Exists(_appliance.Folder));
        }
    }

    [TestMethod]
    public void A_wrong_passphrase_is_one_sentence()
    {
        _appliance.Init().Succeeds();
        File.WriteAllText(_appliance.PassphraseFile, "something else");

        AssertOneSentence(_appliance.On("run"), 5, "The passphrase is wrong");
        AssertOneSentence(_appliance.On("check"), 5, "The passphrase is wrong");
    }

    [TestMethod]
    public void A_folder_without_an_appliance_is_one_sentence()
    {
        AssertOneSentence(_appliance.On("run"), 2, "There is no data folder");
        Directory.CreateDirectory(_appliance.Folder);
        AssertOneSentence(_appliance.On("run"), 4, "");
    }

    [TestMethod]
    public void A_key_file_opens_the_seal_without_being_asked()
    {
        string key = Path.Combine(_appliance.Home, "seal.key");
        ApplianceProcess.Run(
            "init", "--data", _appliance.Folder, "--seal", "keyfile", "--key-file", key, "--password-file", _appliance.PasswordFile).Succeeds();
        ApplianceProcess.Run("check", "--data", _appliance.Folder).Succeeds();

        File.WriteAllText(key, new string('a', 64));
        AssertOneSentence(ApplianceProcess.Run("check", "--data", _appliance.Folder), 5, "The key file is not the one");
    }

    [TestMethod]
    public async Task Health_answers_over_a_certificate_of_its_own_ca()
    {
        Start();
        using HttpClient http = _appliance.Http();

        using HttpResponseMessage health = await http.GetAsync(new Uri("/healthz", UriKind.Relative), TestContext.CancellationToken);
        Assert.AreEqual(HttpStatusCode.OK, health.StatusCode);
        Assert.MatchesRegex(
            """^\{"status":"ok","version":"\d+\.\d+\.\d+"\}$""", await health.Content.ReadAsStringAsync(TestContext.CancellationToken));
        Assert.AreEqual(
            (await File.ReadAllTextAsync(Path.Combine(_appliance.Folder, "ca.pem"), TestContext.CancellationToken)).Trim(),
            (await http.GetStringAsync(new Uri("/ca.pem", UriKind.Relative), TestContext.CancellationToken)).Trim());
        using HttpResponseMessage other = await http.GetAsync(new Uri("/other", UriKind.Relative), TestContext.CancellationToken);
        Assert.AreEqual(HttpStatusCode.NotFound, other.StatusCode);
        using HttpResponseMessage post = await http.PostAsync(new Uri("/healthz", UriKind.Relative), null, TestContext.CancellationToken);
        Assert.AreEqual(HttpStatusCode.MethodNotAllowed, post.StatusCode);
        _appliance.On("health").Succeeds();
    }

    [TestMethod]
    public void Health_fails_when_the_disk_is_full()
    {
        Directory.CreateDirectory(_appliance.Folder);
        using Mount small = Mount.Tmpfs(_appliance.Folder, "4m");
        Start();
        using HttpClient http = _appliance.Http();
        using (FileStream filler = new(Path.Combine(_appliance.Folder, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, 0))
        {
            Assert.ThrowsExactly<IOException>(() =>
            {
                while (true)
                {
                    filler.Write(new byte[4096]);
                }
            });
        }

        ApplianceProcess.Until(() => StatusOf(http) == HttpStatusCode.ServiceUnavailable, "health fails");
        Assert.Contains("The data folder can't be written", _appliance.On("status").Output);
        Assert.AreEqual(1, _appliance.On("health").ExitCode);
        File.Delete(Path.Combine(_appliance.Folder, "filler"));
        ApplianceProcess.Until(() => StatusOf(http) == HttpStatusCode.OK, "health is back");
    }

    [TestMethod]
    public void Stops_gracefully_on_sigterm()
    {
        Start();

        ToolRun run = _appliance.StopDaemon().Succeeds();

        Assert.Contains("Stopped", run.Output);
        Assert.IsFalse(File.Exists(_appliance.EndpointsFile));
        Assert.IsFalse(File.Exists(Path.Combine(_appliance.Folder, "admin.sock")));
        _appliance.On("check").Succeeds();
    }

    [TestMethod]
    public void As_a_service_it_takes_its_passphrase_from_a_credential_and_tells_when_it_is_ready_and_stopping()
    {
        _appliance.Init().Succeeds();
        File.Copy(_appliance.PassphraseFile, Path.Combine(_appliance.Home, "codesign.passphrase"));
        string path = Path.Combine(_appliance.Home, "notify.sock");
        using Socket notified = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notified.ReceiveTimeout = (int)ApplianceProcess.Patience.TotalMilliseconds;
        notified.Bind(new UnixDomainSocketEndPoint(path));

        _appliance.StartService(_appliance.Home, path);

        Assert.StartsWith("READY=1\n", Receive());
        _appliance.On("status").Succeeds();
        _appliance.StopDaemon().Succeeds();
        Assert.StartsWith("STOPPING=1\n", Receive());

        string Receive()
        {
            byte[] datagram = new byte[512];
            return System.Text.Encoding.UTF8.GetString(datagram, 0, notified.Receive(datagram));
        }
    }

    [TestMethod]
    public void The_service_unit_has_no_mistake()
    {
        ToolProcess.Need("systemd-analyze");
        string unit = Path.Combine(Repository.Root, "appliance/CodeSign.Appliance/packaging/codesignd.service");
        using ToolProcess verify = ToolProcess.Start(
            ApplianceProcess.CommandOf("systemd-analyze", "verify", "--man=no", unit),
            "/",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = ToolProcess.SearchPath });

        ToolRun run = verify.WaitForExit(ApplianceProcess.Patience);

        string[] complaints = [.. run.All.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.Contains("is not executable", StringComparison.Ordinal))];
        Assert.IsEmpty(complaints, run.ToString());
    }

    [TestMethod]
    public void A_second_daemon_on_the_same_folder_is_refused()
    {
        Start();

        AssertOneSentence(
            _appliance.On("run"), 4, $"in use by process {_appliance.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
        Assert.IsTrue(_appliance.IsRunning);
        _appliance.On("status").Succeeds();
    }

    [TestMethod]
    public void Status_comes_from_the_running_daemon()
    {
        _appliance.Init().Succeeds();
        AssertOneSentence(_appliance.On("status"), 3, "No daemon runs on");

        _appliance.StartDaemon();

        ToolRun run = _appliance.On("status").Succeeds();
        Assert.Contains($"pid {_appliance.Pid}", run.Output);
        Assert.MatchesRegex(@"running since +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n(?s:.*)good until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", run.Output);
        Assert.Contains("passphrase", run.Output);
        Assert.Contains("\"pid\"", _appliance.On("status", "--json").Succeeds().Output);
    }

    [TestMethod]
    public void Check_and_backup_work_with_and_without_the_daemon()
    {
        _appliance.Init().Succeeds();
        string cold = Path.Combine(_appliance.Home, "cold.db");
        string hot = Path.Combine(_appliance.Home, "hot.db");
        Assert.Contains("All is well", _appliance.On("check").Succeeds().Output);
        Assert.Contains("Not in it: codesignd.conf", _appliance.On("backup", cold).Succeeds().Output);
        _appliance.StartDaemon();
        Assert.Contains("All is well", _appliance.On("check").Succeeds().Output);
        _appliance.On("backup", hot).Succeeds();
        AssertOneSentence(_appliance.On("backup", hot), 1, "exists");
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(hot));
        _appliance.StopDaemon().Succeeds();

        // Restored elsewhere, with the same passphrase.
        File.Copy(hot, Path.Combine(_appliance.Folder, "codesign.db"), overwrite: true);
        _appliance.On("check").Succeeds();
    }

    [TestMethod]
    public void Check_finds_files_that_others_may_read()
    {
        _appliance.Init().Succeeds();
        string database = Path.Combine(_appliance.Folder, "codesign.db");
        File.SetUnixFileMode(database, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        AssertOneSentence(_appliance.On("check"), 1, "Others than its owner may use");
    }

    [TestMethod]
    public void An_administrator_gets_back_in_on_the_server()
    {
        _appliance.Init("--administrator", "ada").Succeeds();
        string other = Path.Combine(_appliance.Home, "other");
        File.WriteAllText(other, "another long password");

        Assert.Contains("ada is an enabled administrator", Recover("ada").Succeeds().Output);
        _appliance.StartDaemon();
        Assert.Contains("ada is an enabled administrator", Recover("ada").Succeeds().Output);
        AssertOneSentence(Recover("adam"), 1, "There is no administrator adam; there is ada. To make a new one, add --create.");

        ToolRun Recover(string name) => _appliance.On("recover-administrator", name, "--password-file", other);
    }

    [TestMethod]
    public void A_killed_daemon_does_not_keep_the_next_from_starting()
    {
        Start();
        _appliance.Signal("KILL");
        ApplianceProcess.Until(() => !_appliance.IsRunning, "it is dead");
        File.Delete(_appliance.EndpointsFile);
        AssertOneSentence(_appliance.On("status"), 3, "No daemon runs on");

        _appliance.StartDaemon();

        _appliance.On("status").Succeeds();
    }

    [TestMethod]
    public void Sighup_loads_a_certificate_of_the_operators_again()
    {
        string certificate = Path.Combine(_appliance.Home, "tls.pem");
        string key = Path.Combine(_appliance.Home, "tls.key");
        SelfSigned(certificate, key, "first");
        _appliance.Init().Succeeds();
        File.AppendAllText(Path.Combine(_appliance.Folder, "codesignd.conf"), $"tls_certificate = {certificate}\ntls_key = {key}\n");
        _appliance.StartDaemon();
        Assert.Contains("subject=CN = first", ShownCertificate());

        SelfSigned(certificate, key, "second");
        _appliance.Signal("HUP");

        ApplianceProcess.Until(() => ShownCertificate().Contains("subject=CN = second", StringComparison.Ordinal), "the new certificate is shown");
    }

    [TestMethod]
    public void An_address_in_use_is_one_sentence()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        _appliance.Init().Succeeds();
        foreach ((string setting, string other) in new[] { ("listen", "https = off"), ("https", "listen = 127.0.0.1:0") })
        {
            File.WriteAllText(Path.Combine(_appliance.Folder, "codesignd.conf"), $"{setting} = {taken.LocalEndpoint}\n{other}\n");
            ToolRun run = _appliance.On("run");

            AssertOneSentence(run, 2, $"Another process listens on {taken.LocalEndpoint}: stop it, or set another '{setting} = ADDRESS:PORT'");
            Assert.DoesNotContain("   at ", run.All);
        }
    }

    [TestMethod]
    public void An_address_of_another_machine_is_one_sentence()
    {
        _appliance.Init().Succeeds();
        File.WriteAllText(Path.Combine(_appliance.Folder, "codesignd.conf"), "listen = 192.0.2.1:7443\nhttps = off\n");
        ToolRun run = _appliance.On("run");

        AssertOneSentence(run, 2, "Nothing can listen on 192.0.2.1:7443");
        Assert.DoesNotContain("   at ", run.All);
    }

    [TestMethod]
    public async Task Garbage_on_either_port_disturbs_nobody()
    {
        Start();
        foreach (IPEndPoint endpoint in new[] { _appliance.Listen, _appliance.Https })
        {
            using Socket liar = new(SocketType.Stream, ProtocolType.Tcp);
            await liar.ConnectAsync(endpoint, TestContext.CancellationToken);
            await liar.SendAsync(new byte[70_000], TestContext.CancellationToken);
        }

        _appliance.On("status").Succeeds();
        _appliance.On("health").Succeeds();
    }

    [TestMethod]
    public void Nothing_secret_reaches_log_or_output()
    {
        Start();
        _appliance.StopDaemon();

        string said = _appliance.DaemonOutput() + string.Concat(
            Directory.GetFiles(Path.Combine(_appliance.Folder, "log")).Select(File.ReadAllText));
        Assert.Contains("is ready", said);
        Assert.DoesNotContain(ApplianceProcess.Passphrase, said);
        Assert.DoesNotContain(ApplianceProcess.Password, said);
    }

    private void Start()
    {
        _appliance.Init().Succeeds();
        _appliance.StartDaemon();
    }

    private static void AssertOneSentence(ToolRun run, int code, string part)
    {
        Assert.AreEqual(code, run.ExitCode, run.ToString());
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.HasCount(1, lines, run.ToString());
        Assert.StartsWith("codesignd: ", lines[0]);
        Assert.Contains(part, lines[0]);
    }

    private static HttpStatusCode StatusOf(HttpClient http)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/healthz");
        using HttpResponseMessage answer = http.Send(request);
        return answer.StatusCode;
    }

    private static void SelfSigned(string certificate, string key, string name) => OpenSsl(
        "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=" + name, "-keyout", key, "-out", certificate);

    private static ToolRun OpenSsl(params string[] arguments)
    {
        using ToolProcess openssl = ToolProcess.Start(
            ApplianceProcess.CommandOf(["openssl", .. arguments]),
            "/",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = ToolProcess.SearchPath });
        openssl.EndInput("\n");
        return openssl.WaitForExit(ApplianceProcess.Patience);
    }

    private string ShownCertificate() => OpenSsl("s_client", "-connect", _appliance.Listen.ToString(), "-alpn", "codesign/1").All;
}
