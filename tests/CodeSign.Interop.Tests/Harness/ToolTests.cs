using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Harness;

/// <summary>A test of one tool: the subject is up, and a fresh bench set for its token stands ready.</summary>
public abstract class ToolTests : IDisposable
{
    public const string Rsa2048 = "rsa2048";
    public const string Rsa3072 = "rsa3072";
    public const string Rsa4096 = "rsa4096";
    public const string P256 = "p256";
    public const string P384 = "p384";
    public const string P521 = "p521";
    public const string Ed25519 = "ed25519";
    public const string HsmRsa3072 = "hsm-rsa3072";
    public const string HsmP256 = "hsm-p256";

    // SoftHSM2 rewrites its token's file at a wrong PIN, and other processes then read half of it: one test at a time there.
    private static readonly SemaphoreSlim Alone = new(1, 1);

    private Workbench? _bench;
    private bool _isAlone;

    private protected Workbench Bench => _bench!;

    private protected Token Token { get; private set; } = null!;

    [TestInitialize]
    public void Prepare()
    {
        Token = Subject.Current.Main;
        if (!Subject.Current.IsOurs)
        {
            Alone.Wait();
            _isAlone = true;
        }
        _bench = new Workbench();
        _bench.Set(Token.Environment);
    }

    public void Dispose()
    {
        _bench?.Dispose();
        if (_isAlone)
        {
            Alone.Release();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>The key by name; the bench is set for its token.</summary>
    private protected SigningKey Key(string name)
    {
        SigningKey key = Subject.Current.Key(name);
        Bench.Set(key.Token.Environment);
        return key;
    }

    /// <summary>A small file to sign, not a multiple of any block length.</summary>
    private protected string Document() => Bench.Write("data", string.Concat(Enumerable.Repeat("What is signed here is real.\n", 101)));

    private protected string TamperedDocument() => Bench.Tamper("data", "tampered", 1000);
}

[TestClass]
public static class SubjectLifetime
{
    [AssemblyCleanup]
    public static void Stop()
    {
        Subject.Stop();
        Inputs.CleanUp();
    }
}
