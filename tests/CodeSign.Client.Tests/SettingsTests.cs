using System.Text;

namespace CodeSign.Client.Tests;

[TestClass]
public sealed class SettingsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("codesign-client-tests-");
    private readonly Dictionary<string, string?> _environment = new(StringComparer.Ordinal);

    public void Dispose() => _folder.Delete(recursive: true);

    [TestMethod]
    public void Every_setting_is_read()
    {
        ClientSettings settings = Load("""
            # where it is
            server = appliance.example, [::1]:7000
            server = 10.0.0.1:7001
            ca = ca.pem
            grant_file = /etc/codesign/grant
            certificate = me.pem
            key = me.key
            project = demo
            edwards_point = raw
            older_keys = show
            hide_key_types = EC_EDWARDS, RSA
            connect_timeout_ms = 1
            answer_timeout_ms = 3600000
            label.build = https://ci.example/1?a=b
            """);
        Assert.AreSequenceEqual(
            [new ServerAddress("appliance.example", 7443), new ServerAddress("::1", 7000), new ServerAddress("10.0.0.1", 7001)],
            settings.Servers);
        Assert.AreEqual(Path.Combine(_folder.FullName, "ca.pem"), settings.CaFile);
        Assert.AreEqual("/etc/codesign/grant", settings.GrantFile);
        Assert.AreEqual(Path.Combine(_folder.FullName, "me.pem"), settings.CertificateFile);
        Assert.AreEqual(Path.Combine(_folder.FullName, "me.key"), settings.KeyFile);
        Assert.AreEqual("demo", settings.Project);
        Assert.IsTrue(settings.RawEdwardsPoints);
        Assert.IsTrue(settings.ShowOlderKeys);
        Assert.AreSequenceEqual(["EC_EDWARDS", "RSA"], settings.HideKeyTypes!);
        Assert.AreEqual(1, settings.ConnectTimeoutMs);
        Assert.AreEqual(3_600_000, settings.AnswerTimeoutMs);
        Assert.AreEqual("https://ci.example/1?a=b", settings.Labels["build"]);
    }

    [TestMethod]
    [DataRow("servr = a", "line 2", "'servr' isn't a setting")]
    [DataRow("server", "line 2", "no setting")]
    [DataRow("server = ", "line 2", "no value")]
    [DataRow("server = a b", "line 2", "is no server")]
    [DataRow("server = a:0", "line 2", "is no server")]
    [DataRow("server = a:65536", "line 2", "is no server")]
    [DataRow("ca = a\nca = b", "line 3", "second time")]
    [DataRow("edwards_point = xml", "line 2", "'der' or 'raw'")]
    [DataRow("connect_timeout_ms = 0", "line 2", "milliseconds")]
    [DataRow("answer_timeout_ms = 3600001", "line 2", "milliseconds")]
    [DataRow("ca = a\0b", "line 2", "NUL")]
    [DataRow("label. = x", "line 2", "isn't a setting")]
    public void A_mistake_is_named_with_file_and_line(string text, string line, string words)
    {
        ApplianceException refusal = TestSettings.Refused(() => Load("# a comment\n" + text));
        Assert.AreEqual(ClientReason.Configuration, refusal.Reason);
        Assert.Contains("client.conf", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(line, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("csg_SECRETSECRETSECRET")]
    [DataRow("csg_SECRETSECRETSECRET=")]
    [DataRow("c2VjcmV0SECRETSECRET==")]
    [DataRow("1234SECRET = 5")]
    public void A_file_that_is_no_configuration_is_not_quoted(string content)
    {
        string file = Path.Combine(_folder.FullName, "a-secret");
        File.WriteAllText(file, content + "\n");

        ApplianceException wrong = TestSettings.Refused(() => ClientSettings.Load(file, _ => null, raisedRights: true));

        Assert.AreEqual(ClientReason.Configuration, wrong.Reason);
        Assert.DoesNotContain("SECRET", wrong.Message);
    }

    [TestMethod]
    public void A_missing_file_is_named()
    {
        ApplianceException refusal = TestSettings.Refused(() => ClientSettings.Load("/nowhere/client.conf", _ => null, false));
        Assert.Contains("/nowhere/client.conf", refusal.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public void An_unconfigured_machine_is_told_what_to_do()
    {
        _environment["HOME"] = _folder.FullName;
        ApplianceException refusal = TestSettings.Refused(() => ClientSettings.Load(null, Read, false));
        Assert.Contains("csctl trust add", refusal.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public void The_environment_overrides_the_file()
    {
        _environment["CODESIGN_CONFIG"] = Write("server = a\ngrant_file = g\nlabel.a = 1\nlabel.b = 2");
        _environment["CODESIGN_GRANT"] = "value";
        _environment["CODESIGN_LABELS"] = "b=3, c=x=y";
        _environment["CODESIGN_JUSTIFICATION"] = "release 7";
        _environment["CODESIGN_TRACE"] = "1";
        ClientSettings settings = ClientSettings.Load(null, Read, raisedRights: false);
        Assert.IsNull(settings.GrantFile);
        Assert.IsTrue(settings.Grant!.Span.SequenceEqual("value"u8));
        Assert.AreEqual("1", settings.Labels["a"]);
        Assert.AreEqual("3", settings.Labels["b"]);
        Assert.AreEqual("x=y", settings.Labels["c"]);
        Assert.AreEqual("release 7", settings.Justification);
        Assert.AreEqual("1", settings.Trace);
    }

    [TestMethod]
    public void Nothing_of_the_environment_is_read_with_raised_rights()
    {
        List<string> asked = [];
        string? Spy(string name)
        {
            asked.Add(name);
            return "x";
        }

        ClientSettings settings = ClientSettings.Load(Write("server = a"), Spy, raisedRights: true);
        Assert.IsEmpty(asked);
        Assert.IsNull(settings.Grant);
        Assert.IsFalse(ClientSettings.RunsWithRaisedRights());
    }

    [TestMethod]
    public void An_instance_has_a_configuration_of_its_own()
    {
        _environment["XDG_CONFIG_HOME"] = "/x";
        _environment["CODESIGN_INSTANCE"] = "build7";
        Assert.AreEqual("/x/codesign/build7/client.conf", ClientSettings.UserFile(Read));
        _environment["CODESIGN_INSTANCE"] = "../other";
        Assert.AreEqual(ClientReason.Configuration, TestSettings.Refused(() => ClientSettings.UserFile(Read)).Reason);
    }

    [TestMethod]
    public void A_missing_grant_file_means_nobody_logged_in()
    {
        using TestCertificates certificates = new();
        File.WriteAllText(Path.Combine(_folder.FullName, "ca.pem"), certificates.AuthorityPem);
        ClientSettings settings = Load("server = a\nca = ca.pem\ngrant_file = grant");
        ApplianceException refusal = TestSettings.Refused(() => settings.ReadFiles());
        Assert.AreEqual(ClientReason.NotLoggedIn, refusal.Reason);
        Assert.Contains("csctl login", refusal.Message, StringComparison.Ordinal);
        Assert.IsNull(settings.ReadFiles(needsGrant: false).Grant);

        File.WriteAllText(Path.Combine(_folder.FullName, "grant"), "abc\n");
        Assert.IsTrue(settings.ReadFiles().Grant!.Span.SequenceEqual("abc"u8));
    }

    [TestMethod]
    [DataRow("", "empty")]
    public void An_empty_grant_file_is_named(string content, string words)
    {
        using TestCertificates certificates = new();
        File.WriteAllText(Path.Combine(_folder.FullName, "ca.pem"), certificates.AuthorityPem);
        File.WriteAllText(Path.Combine(_folder.FullName, "grant"), content);
        ClientSettings settings = Load("server = a\nca = ca.pem\ngrant_file = grant");
        Assert.Contains(words, TestSettings.Refused(() => settings.ReadFiles()).Message, StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow(SecretFile.BytesMax, true)]
    [DataRow(SecretFile.BytesMax + 1, false)]
    public void A_secret_file_has_a_largest_size(int bytes, bool isRead)
    {
        string path = Path.Combine(_folder.FullName, "secret");
        File.WriteAllBytes(path, new byte[bytes]);
        if (isRead)
        {
            using ClientSecret secret = SecretFile.Read("key file", path);
            Assert.AreEqual(bytes, secret.Length);
        }
        else
        {
            TestSettings.Refused(() => SecretFile.Read("key file", path));
        }
    }

    [TestMethod]
    public void A_CA_file_without_certificate_is_named()
    {
        using ApplianceClient client = new(new ClientSettings
        {
            Servers = [new ServerAddress("a", 1)],
            CaFile = "/the/ca.pem",
            CaPem = Encoding.ASCII.GetBytes("no pem"),
            FilesAreRead = true,
        });
        Assert.Contains("/the/ca.pem", TestSettings.Refused(() => client.Hello()).Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Packed_settings_come_back_whole()
    {
        ClientSettings settings = Load("server = a:1, [::1]:2\nproject = demo\nhide_key_types = RSA\nlabel.x = y\nolder_keys = show") with
        {
            CaPem = "ca"u8.ToArray(),
            Grant = new ClientSecret("g"u8),
            Justification = "because",
            IsGrantFromEnvironment = true,
            FilesAreRead = true,
        };
        using ClientSecret packed = settings.Pack();
        ClientSettings back = ClientSettings.Unpack(packed.Span);
        Assert.AreSequenceEqual(settings.Servers, back.Servers);
        Assert.AreEqual(settings.SourceFile, back.SourceFile);
        Assert.AreEqual("demo", back.Project);
        Assert.IsTrue(back.ShowOlderKeys);
        Assert.AreSequenceEqual(["RSA"], back.HideKeyTypes!);
        Assert.AreEqual("y", back.Labels["x"]);
        Assert.AreEqual("because", back.Justification);
        Assert.IsTrue(back.CaPem.Span.SequenceEqual("ca"u8));
        Assert.IsTrue(back.Grant!.Span.SequenceEqual("g"u8));
        Assert.IsNull(back.KeyPem);
        Assert.IsTrue(back.IsGrantFromEnvironment);
        Assert.IsTrue(back.FilesAreRead);
        Assert.ThrowsExactly<FormatException>(() => ClientSettings.Unpack(packed.Span[..^3].ToArray()));
    }

    [TestMethod]
    public void A_settings_text_never_shows_the_grant()
    {
        ClientSettings settings = new() { Grant = new ClientSecret("hunter2"u8) };
        Assert.DoesNotContain("hunter2", settings.ToString(), StringComparison.Ordinal);
    }

    private string? Read(string name) => _environment.GetValueOrDefault(name);

    private string Write(string text)
    {
        string path = Path.Combine(_folder.FullName, "client.conf");
        File.WriteAllText(path, text);
        return path;
    }

    private ClientSettings Load(string text) => ClientSettings.Load(Write(text), Read, raisedRights: false);
}
