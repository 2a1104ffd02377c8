using System.Runtime.InteropServices;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Cryptoki;

namespace CodeSign.Keys.Tests;

/// <summary>A copy of the library of Fixtures/faulty-hsm.c, with state of its own, over a token of its own.</summary>
internal sealed unsafe class FaultyHsm
{
    // Places in CK_FUNCTION_LIST.
    public const int GetSlotList = 4;
    public const int OpenSession = 12;
    public const int GetSessionInfo = 15;
    public const int Login = 18;
    public const int CreateObject = 20;
    public const int DestroyObject = 22;
    public const int SignInit = 42;
    public const int Sign = 43;
    public const int GenerateKey = 58;
    public const int GenerateKeyPair = 59;

    private static readonly Lazy<string> Built = new(Build);
    private static int _copies;
    private readonly nint _library;

    public FaultyHsm()
    {
        Token = SoftHsm.NewToken();
        Path = System.IO.Path.Combine(SoftHsm.Folder, $"faulty-{Interlocked.Increment(ref _copies)}.so");
        File.Copy(Built.Value, Path);
        _library = NativeLibrary.Load(Path);
    }

    public string Token { get; }

    public string Path { get; }

    public HsmOptions Options => SoftHsm.Options(Token) with { Library = Path };

    public int Calls(int function) => ((delegate* unmanaged<int, int>)Export("faulty_calls"))(function);

    public int Held(int function) => ((delegate* unmanaged<int, int>)Export("faulty_held"))(function);

    public void Hold(int function, int count, int seconds = 30) =>
        ((delegate* unmanaged<int, int, int, void>)Export("faulty_hold"))(function, count, seconds);

    public void Release(int function) => ((delegate* unmanaged<int, void>)Export("faulty_release"))(function);

    /// <param name="function">Place in CK_FUNCTION_LIST.</param>
    /// <param name="code">What it answers.</param>
    /// <param name="count">How often; negative: until told otherwise.</param>
    public void Answer(int function, CKR code, int count) =>
        ((delegate* unmanaged<int, nuint, int, void>)Export("faulty_answer"))(function, (nuint)code, count);

    public void HideMechanism(CKM mechanism) => ((delegate* unmanaged<nuint, void>)Export("faulty_hide_mechanism"))((nuint)mechanism);

    private nint Export(string name) => NativeLibrary.GetExport(_library, name);

    private static string Build()
    {
        if (!SoftHsm.OnPath("gcc"))
        {
            Assert.Inconclusive("gcc is missing.");
        }

        string output = System.IO.Path.Combine(SoftHsm.Folder, "faulty-hsm.so");
        SoftHsm.Run(
            "gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", $"-DHSM_LIBRARY=\"{SoftHsm.Library}\"",
            "-o", output, System.IO.Path.Combine(AppContext.BaseDirectory, "Fixtures", "faulty-hsm.c"), "-ldl", "-lpthread");
        return output;
    }
}
