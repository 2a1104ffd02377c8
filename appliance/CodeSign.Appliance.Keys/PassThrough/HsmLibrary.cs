using System.Reflection;
using System.Runtime.InteropServices;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>
/// A vendor's library, loaded and initialised once per process however many tokens behind it are used: C_Initialize and C_Finalize
/// count for the whole process, which is why this is the one static thing here.
/// </summary>
internal sealed class HsmLibrary
{
    private static readonly Lock Changing = new();
    private static readonly Dictionary<string, HsmLibrary> Loaded = new(StringComparer.Ordinal);

    private readonly string _path;
    private int _holders;
    private bool _stuck;

    static HsmLibrary() => NativeLibrary.SetDllImportResolver(typeof(IPkcs11Library).Assembly, Resolve);

    private HsmLibrary(string path)
    {
        _path = path;
        Module = Load(path);
    }

    public static Pkcs11InteropFactories Factories { get; } = new();

    public IPkcs11Library Module { get; private set; }

    /// <exception cref="Pkcs11Exception">C_Initialize failed.</exception>
    /// <exception cref="UnmanagedException">There is no such library, or it is none.</exception>
    public static HsmLibrary Acquire(string path)
    {
        lock (Changing)
        {
            if (!Loaded.TryGetValue(path, out HsmLibrary? library))
            {
                library = new HsmLibrary(path);
                Loaded.Add(path, library);
            }

            library._holders++;
            return library;
        }
    }

    /// <summary>Somebody else in this process finalised the library: initialises it again.</summary>
    public void Reinitialize()
    {
        lock (Changing)
        {
            Module.Dispose();
            Module = Load(_path);
        }
    }

    /// <param name="stuck">A thread is still inside the library: it stays loaded and initialised for good.</param>
    public void Release(bool stuck)
    {
        lock (Changing)
        {
            _stuck |= stuck;
            if (--_holders == 0 && !_stuck)
            {
                Loaded.Remove(_path);
                Module.Dispose();
            }
        }
    }

    private static IPkcs11Library Load(string path) =>
        Factories.Pkcs11LibraryFactory.LoadPkcs11Library(Factories, path, AppType.MultiThreaded);

    // Pkcs11Interop asks for "libdl", which is part of libc since glibc 2.34 and found under its full name only.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) =>
        string.Equals(name, "libdl", StringComparison.Ordinal) && NativeLibrary.TryLoad("libdl.so.2", out nint handle) ? handle : 0;
}
