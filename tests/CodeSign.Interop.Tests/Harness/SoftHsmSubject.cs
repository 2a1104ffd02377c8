using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Harness;

/// <summary>SoftHSM2 with the same keys, the Ed25519 key in a configuration of its own since libp11 and poppler fail when they see one.</summary>
internal sealed class SoftHsmSubject : Subject
{
    private const string Library = "/usr/lib/softhsm/libsofthsm2.so";
    private const string Pin = "4711-demo";
    private const string SoPin = "0815-demo";

    private Token? _main;
    private Token? _edwards;

    private SoftHsmSubject()
    {
    }

    public override bool IsOurs => false;

    public override Token Main => _main!;

    public override Token Edwards => _edwards!;

    public static SoftHsmSubject Create()
    {
        SoftHsmSubject subject = new();
        subject._main = subject.Initialize("demo", [.. SoftwareKeys.Except(["ed25519"]), .. HsmKeys]);
        subject._edwards = subject.Initialize("edwards", ["ed25519"]);
        return subject;
    }

    public override void Dispose() => Bench.Dispose();

    private Token Initialize(string label, IReadOnlyList<string> keys)
    {
        string tokens = Directory.CreateDirectory(Bench.At($"{label}.tokens")).FullName;
        string configuration = Bench.Write($"{label}.conf", $"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n");
        Bench.Set("SOFTHSM2_CONF", configuration);
        Bench.Run($"softhsm2-util --init-token --free --label {label} --pin {Pin} --so-pin {SoPin}").Succeeds();
        Bench.Set("PKCS11_MODULE_PATH", Library);
        int number = 0;
        foreach (string key in keys)
        {
            number++;
            Generate(label, key, $"a1b2c3{number:x2}");
        }
        return new Token(Library, label, Pin, SlotIndex: 0, new Dictionary<string, string>(StringComparer.Ordinal) { ["SOFTHSM2_CONF"] = configuration });
    }

    private void Generate(string token, string name, string id)
    {
        Command tool = $"pkcs11-tool --module {Library} --token-label {token} --login --pin {Pin} --label {name} --id {id}";
        ToolRun made = Bench.Run($"{tool} --keypairgen --key-type {KeyType(name)}").Succeeds();
        string certificate = Bench.At($"{name}.der");
        if (string.Equals(token, "edwards", StringComparison.Ordinal))
        {
            CertifyEdwards(made, certificate);
        }
        else
        {
            Bench.Run($"""
                openssl req -x509 -new -engine pkcs11 -keyform engine -key pkcs11:token={token};object={name};type=private;pin-value={Pin}
                -subj /CN={name} -days 30 -outform DER -out {certificate} -addext keyUsage=critical,digitalSignature
                -addext extendedKeyUsage=codeSigning -addext basicConstraints=critical,CA:FALSE
                """).Succeeds();
        }
        Bench.Run($"{tool} --write-object {certificate} --type cert").Succeeds();
    }

    /// <summary>The engine can't use Ed25519 keys: another key certifies the public key, which pkcs11-tool printed.</summary>
    private void CertifyEdwards(ToolRun made, string certificate)
    {
        string point = made.Output.Split('\n').Single(l => l.Contains("EC_POINT:", StringComparison.Ordinal)).Split(':')[1].Trim();
        Bench.Write("ed.der", [.. Convert.FromHexString("302A300506032B6570032100"), .. Convert.FromHexString(point)[2..]]);
        Bench.Run($"openssl pkey -pubin -inform DER -in ed.der -out ed.pem").Succeeds();
        Bench.Run($"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj /CN=CA").Succeeds();
        Bench.Run($"openssl x509 -new -force_pubkey ed.pem -subj /CN=ed25519 -CA ca.crt -CAkey ca.key -days 30 -outform DER -out {certificate}")
            .Succeeds();
    }

    private static string KeyType(string name) => name.Replace("hsm-", string.Empty, StringComparison.Ordinal) switch
    {
        "rsa2048" => "rsa:2048",
        "rsa3072" => "rsa:3072",
        "rsa4096" => "rsa:4096",
        "p256" => "EC:secp256r1",
        "p384" => "EC:secp384r1",
        "p521" => "EC:secp521r1",
        "ed25519" => "EC:edwards25519",
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such key"),
    };
}
