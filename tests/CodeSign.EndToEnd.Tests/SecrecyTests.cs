using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.EndToEnd.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests;

/// <summary>
/// After everything that handles secrets was done, none is found where it doesn't belong. The private numbers of keys made inside are
/// taken from a backup, opened with the passphrase.
/// </summary>
[TestClass]
public sealed class SecrecyTests : ApplianceTests
{
    private static readonly string[] Imported = ["rsa-pkcs8", "p256-pkcs8", "ed25519-pkcs8", "p384-encrypted", "rsa-pkcs12"];

    private readonly List<Secret> _secrets = [];
    private readonly List<string> _said = [];

    [TestMethod]
    public async Task No_secret_is_found_in_database_logs_record_or_backup()
    {
        await WorkAsync();
        SecretSearch search = new(_secrets);
        ProveThatItFinds(search);

        foreach (string file in new[] { "trace", "said", "audit.jsonl", "backup.db", "later.db" })
        {
            Assert.IsGreaterThan(100, new FileInfo(Bench.At($"out/{file}")).Length, file);
        }
        // The daemon runs, so that the WAL still holds what was written.
        Assert.IsGreaterThan(100_000, new FileInfo(Data("codesign.db-wal")).Length);
        List<string> found = SearchAll(search);
        Appliance.Down();
        found.AddRange(SearchAll(search));

        Assert.IsEmpty(found, string.Join('\n', found));
    }

    /// <summary>Keys that were prepared are there as libcrypto's numbers; what a peer sent may be left in the buffers of TLS.</summary>
    [TestMethod]
    public async Task What_only_the_server_knows_is_not_kept_in_its_memory()
    {
        await WorkAsync();
        Assert.Contains(found => found.EndsWith("seed of ed25519-pkcs8 as raw", StringComparison.Ordinal), new SecretSearch(_secrets).Memory(Appliance.ProcessId),
            "the search of the memory finds a key that is prepared");
        Secret[] own = [.. _secrets.Where(secret =>
            secret.Name is "the passphrase" or "the HSM's PIN" || (secret.Name.StartsWith("PKCS#8", StringComparison.Ordinal) && secret.Name.EndsWith("as stored", StringComparison.Ordinal) && !CameInTheClear(secret)))];

        IReadOnlyList<string> found = new SecretSearch(own).Memory(Appliance.ProcessId);

        Assert.IsGreaterThan(8, own.Length);
        Assert.IsEmpty(found, string.Join('\n', found));
    }

    // A file of PKCS#8 without a passphrase has the very bytes that are stored: the buffers of TLS may still have them.
    private static bool CameInTheClear(Secret secret) => Imported.Any(name =>
        name.EndsWith("-pkcs8", StringComparison.Ordinal) && secret.Name.Contains(name, StringComparison.Ordinal));

    private string Data(string name) => Path.Combine(Appliance["CODESIGN_DATA"], name);

    private List<string> SearchAll(SecretSearch search) =>
        [.. search.Folder(Appliance["CODESIGN_DATA"]), .. search.Folder(Bench.At("out")), .. search.File(Appliance.At("codesignd.log"))];

    /// <summary>A copy of each secret in each form, planted in a log, is found.</summary>
    private void ProveThatItFinds(SecretSearch search)
    {
        string log = Directory.GetFiles(Data("log")).Single();
        byte[] before = File.ReadAllBytes(log);
        string planted = Data("log/planted");
        int count = 0;
        foreach (IGrouping<string, Needle> secret in search.Needles.GroupBy(needle => needle.Secret, StringComparer.Ordinal))
        {
            foreach (Needle needle in secret)
            {
                // Odd places, so that no alignment is presumed.
                File.WriteAllBytes(planted, [.. before.AsSpan(0, Math.Min(before.Length, 4097)), .. needle.Bytes, .. "\n"u8]);
                Assert.Contains($"{planted}: {needle.Secret} as {needle.Form}", search.File(planted));
                count++;
            }
        }
        File.Delete(planted);
        TestContext.WriteLine($"{_secrets.Count} secrets, {count} forms and pieces of them, each found where it was planted.");
    }

    private async Task WorkAsync()
    {
        Directory.CreateDirectory(Bench.At("out"));
        Configure("log_level = debug", "log_console = json");
        // The module's trace goes to a file; csctl tells on standard error what it does.
        Bench.Set("CODESIGN_TRACE", Bench.At("out/trace"));
        KnowSecretsOfTheAppliance();
        ChangePin();
        Import();
        Sign();
        Fail();
        GiveGrants();
        Tell(Admin($"key rotate demo/p384 --self-signed CN=second"));
        Appliance.Daemon($"backup {Bench.At("out/backup.db")}").Succeeds();
        await KnowKeysOfAsync(Bench.At("out/backup.db"));
        Tell(Admin($"key destroy demo/rsa-pkcs8 --confirm demo/rsa-pkcs8/1"));
        Tell(Admin($"key destroy demo/ed25519 --confirm demo/ed25519/1"));
        Tell(Admin($"audit export --out {Bench.At("out/audit.jsonl")}"));
        Appliance.Daemon($"backup {Bench.At("out/later.db")}").Succeeds();
        Bench.Write("out/said", string.Join('\n', _said));
    }

    private void Configure(params string[] lines)
    {
        string file = Data("codesignd.conf");
        string[] old = File.ReadAllLines(file);
        File.WriteAllLines(file, [.. lines, .. old]);
        Appliance.Restart();
    }

    private void KnowSecretsOfTheAppliance()
    {
        _secrets.Add(Secret.Line("the passphrase", Appliance.At("passphrase")));
        _secrets.Add(Secret.Line("the administrator's password", Appliance.At("admin/password")));
        _secrets.Add(Secret.Line("alice's password", Appliance.At("alice/password")));
        _secrets.Add(Secret.Line("the SO PIN", Appliance.At("so-pin")));
        _secrets.Add(Secret.Line("the HSM's PIN", Appliance.At("hsm/pin")));
        KnowGrant("the administrator's grant", Appliance.At("admin/client.grant"));
        KnowGrant("alice's grant", Appliance.At("alice/client.grant"));
    }

    private void KnowGrant(string name, string file)
    {
        Secret grant = Secret.Line(name, file);
        _secrets.Add(grant);
        _secrets.Add(new Secret($"the bytes of {name}", Convert.FromHexString(grant.Bytes.AsSpan("csg_".Length))));
    }

    private string New(string name)
    {
        string text = $"{name[..3]}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(9))}";
        _secrets.Add(Secret.Text(name, text));
        return Bench.Write($"secrets/{name.Replace(' ', '-')}", text + "\n");
    }

    private void ChangePin()
    {
        string pin = New("first PIN");
        Tell(Admin($"pin reset demo --user alice --pin-file {pin}"));
        string fresh = New("PIN that alice chose");
        Tell(Alice($"pin set demo --old-pin-file {pin} --pin-file {fresh}"));
        File.Copy(fresh, Appliance.At("pin"), overwrite: true);
        Tell(Admin($"user create carol --password-file {New("password of carol")}"));
    }

    private void Import()
    {
        string password = New("encrypted PKCS#8's password");
        string passphrase = New("p12 passphrase");
        Make("genpkey", "rsa-pkcs8", $"-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
        Make("genpkey", "p256-pkcs8", $"-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
        Make("genpkey", "ed25519-pkcs8", $"-algorithm ED25519");
        Make("genpkey", "p384-encrypted", $"-algorithm EC -pkeyopt ec_paramgen_curve:P-384");
        Make("genpkey", "rsa-pkcs12", $"-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
        OpenSsl($"pkcs8 -topk8 -in {Key("p384-encrypted")} -out {Bench.At("p384.enc")} -passout file:{password} -v2 aes-256-cbc");
        OpenSsl($"req -x509 -new -key {Key("rsa-pkcs12")} -subj /CN=imported -out {Bench.At("crt")}");
        OpenSsl($"pkcs12 -export -inkey {Key("rsa-pkcs12")} -in {Bench.At("crt")} -out {Bench.At("p12")} -passout file:{passphrase}");
        foreach (string name in Imported)
        {
            Command file = name switch
            {
                "p384-encrypted" => $"{Bench.At("p384.enc")} --passphrase-file {password}",
                "rsa-pkcs12" => $"{Bench.At("p12")} --passphrase-file {passphrase}",
                _ => $"{Key(name)}",
            };
            Tell(Admin($"environment create demo/{name} --import {file} --self-signed CN={name}"));
        }
    }

    private string Key(string name) => Bench.At($"secrets/{name}.pem");

    private void Make(string command, string name, Command options)
    {
        OpenSsl($"{command} {options} -out {Key(name)}");
        OpenSsl($"pkcs8 -topk8 -nocrypt -in {Key(name)} -outform DER -out {Bench.At("der")}");
        _secrets.AddRange(Secret.Of(name, Bench.Read("der")));
    }

    private ToolRun OpenSsl(Command command) => Bench.Run($"openssl {command}").Succeeds();

    private void Sign()
    {
        Driver driver = new(Bench, Appliance.Module);
        driver.Begin(Appliance, "p256");
        foreach (string key in new[] { "p256", "p256-pkcs8", "hsm-p256" })
        {
            Assert.AreEqual(0UL, driver.Sign(driver.Find(key), Harness.Driver.CkmEcdsa, RandomDigest()).Result, key);
        }
        foreach (string key in new[] { "rsa2048", "rsa-pkcs8", "rsa-pkcs12", "hsm-rsa3072" })
        {
            Assert.AreEqual(0UL, driver.Sign(driver.Find(key), Harness.Driver.CkmSha256RsaPkcs, RandomDigest()).Result, key);
        }
        driver.Expect("logout", "0");
        driver.Expect("finalize", "0");
        foreach (string key in new[] { "ed25519", "ed25519-pkcs8", "p384-encrypted" })
        {
            Tell(Alice($"sign {Bench.At("crt")} -e demo/{key} --pin-file {Appliance.At("pin")} --out {Bench.At("signature")}"));
        }
    }

    /// <summary>What was given wrong is nearly right, and no less secret.</summary>
    private void Fail()
    {
        Refuse(Alice($"sign {Bench.At("crt")} -e demo/p256 --pin-file {New("PIN with a slip")}"));
        Refuse(Alice($"login --user alice --password-file {New("password with a slip")} --grant-out {Bench.At("none")}"));
        Refuse(Admin($"environment create demo/none --import {Bench.At("p12")} --passphrase-file {New("p12 passphrase with a slip")}"));
    }

    private void GiveGrants()
    {
        string grant = Bench.At("secrets/grant");
        Tell(Admin($"grant create --user alice --grant-out {grant}"));
        KnowGrant("grant in a file", grant);
        Bench.Set("CODESIGN_GRANT_FILE", grant);
        Tell(Alice($"status"));
        Driver driver = new(Bench, Appliance.Module);
        driver.Begin(Appliance, "p256");
        driver.Expect("finalize", "0");
        Bench.Set("CODESIGN_GRANT_FILE", "");
    }

    private async Task KnowKeysOfAsync(string backup)
    {
        using SecretBytes passphrase = new(_secrets.Single(secret => secret.Name is "the passphrase").Bytes);
        string copy = Bench.Copy(backup, "opened.db");
        File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using RootKey root = new PassphraseSeal(passphrase).Unprotect(ApplianceStore.ReadSeal(copy));
        await using ApplianceStore store = ApplianceStore.Open(copy, root, TimeProvider.System);
        IEnumerable<Entity> entities = [.. store.Current.Keys.Values, .. store.Current.TlsAuthorities.Values];
        foreach (Entity entity in entities.Where(store.HasSecret))
        {
            using SecretBytes key = store.OpenSecret(entity);
            _secrets.AddRange(Secret.Of(NameOf(store.Current, entity), key.Span.ToArray()));
        }
    }

    private static string NameOf(Snapshot state, Entity entity) => entity is KeyRecord key
        ? $"{state.Environments[key.EnvironmentId].Name}/{key.Generation} as stored"
        : "the appliance's authority";

    private ToolRun Admin(Command command) => Bench.Run($"{Appliance["CODESIGNCTL"]} --config {Appliance["CODESIGN_ADMIN_CONFIG"]} {command}");

    private ToolRun Alice(Command command) => Bench.Run($"{Appliance["CODESIGNCTL"]} --config {Appliance["CODESIGN_CONFIG"]} {command}");

    private void Tell(ToolRun run) => _said.Add(run.Succeeds().All);

    private void Refuse(ToolRun run) => _said.Add(run.Fails().All);
}
