using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Harness;

/// <summary>
/// What the tools are run against. Ours is the module in front of a fresh appliance; CODESIGN_INTEROP_SUBJECT=softhsm takes SoftHSM2
/// instead, which tells a fault of a test from a fault of the module.
/// </summary>
internal abstract class Subject : IDisposable
{
    /// <summary>Every environment of the project `demo` (eng/appliance.sh): made in software, then on the HSM.</summary>
    public static IReadOnlyList<string> SoftwareKeys { get; } = ["rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521", "ed25519"];

    public static IReadOnlyList<string> HsmKeys { get; } = ["hsm-rsa3072", "hsm-p256"];

    // Made by the first test that needs it; if that fails, all others fail with the same reason at once.
    private static readonly Lazy<Subject> Started = new(Start);

    private readonly Dictionary<string, SigningKey> _keys = new(StringComparer.Ordinal);

    public static Subject Current => Started.Value;

    /// <summary>True for the module under test, of which more is asked than of SoftHSM2 (no crash at exit, fork, threads).</summary>
    public abstract bool IsOurs { get; }

    /// <summary>The token of the signing keys.</summary>
    public abstract Token Main { get; }

    /// <summary>An environment that shows the main token and no other, for tools that know one PIN only.</summary>
    public virtual IReadOnlyDictionary<string, string> MainAlone => Main.Environment;

    /// <summary>The token of the Ed25519 key: the same one for us, another one where it would disturb the tools.</summary>
    public abstract Token Edwards { get; }

    public static void Stop()
    {
        if (Started.IsValueCreated)
        {
            Started.Value.Dispose();
        }
    }

    public SigningKey Key(string name) => _keys.TryGetValue(name, out SigningKey? key)
        ? key
        : throw new AssertFailedException($"The subject shows no key '{name}'; it shows: {string.Join(' ', _keys.Keys)}");

    public abstract void Dispose();

    /// <summary>A folder that lives as long as the subject, for what is made once and used by many tests.</summary>
    protected Workbench Bench { get; } = new();

    private static Subject Start()
    {
        bool softHsm = string.Equals(Environment.GetEnvironmentVariable("CODESIGN_INTEROP_SUBJECT"), "softhsm", StringComparison.Ordinal);
        ToolRun.CrashesAreForgiven = softHsm;
        Subject subject = softHsm ? SoftHsmSubject.Create() : ApplianceSubject.Create();
        subject.ReadKeys();
        return subject;
    }

    /// <summary>Reads ids and certificates through the module, as a user without csctl would.</summary>
    private void ReadKeys()
    {
        foreach (Token token in new[] { Main, Edwards }.Distinct())
        {
            using Workbench bench = new();
            bench.Set(token.Environment);
            ToolRun list = bench.Run(
                $"pkcs11-tool --module {token.Module} --token-label {token.Label} -O --type cert").Succeeds();
            foreach ((string label, string id) in ParseObjects(list.Output))
            {
                _keys[label] = ReadKey(bench, token, label, id);
            }
        }
    }

    private static IEnumerable<(string Label, string Id)> ParseObjects(string listing)
    {
        string label = string.Empty;
        foreach (string line in listing.Split('\n'))
        {
            if (line.Trim().StartsWith("label:", StringComparison.Ordinal))
            {
                label = line.Split(':', 2)[1].Trim();
            }
            else if (line.Trim().StartsWith("ID:", StringComparison.Ordinal) && label.Length > 0)
            {
                yield return (label, line.Split(':', 2)[1].Trim());
                label = string.Empty;
            }
        }
    }

    private SigningKey ReadKey(Workbench bench, Token token, string label, string id)
    {
        string der = bench.At("c.der");
        string certificate = Bench.At($"{label}.crt");
        string publicKey = Bench.At($"{label}.pub");
        bench.Run($"""
            pkcs11-tool --module {token.Module} --token-label {token.Label} --read-object --type cert --id {id} --output-file {der}
            """).Succeeds();
        bench.Run($"openssl x509 -inform DER -in {der} -out {certificate}").Succeeds();
        bench.Run($"openssl x509 -in {certificate} -noout -pubkey -out {publicKey}").Succeeds();
        return new SigningKey(token, label, id, certificate, publicKey);
    }
}
