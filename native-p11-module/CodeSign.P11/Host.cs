using System.Runtime.InteropServices;
using System.Text;
using CodeSign.Client;
using CodeSign.P11.Native;

namespace CodeSign.P11;

/// <summary>The process around us, through the shim's services. The environment is read here and nowhere else.</summary>
internal static unsafe class Host
{
    /// <summary>Set once when the runtime starts.</summary>
    public static ShimServices* Services { get; set; }

    public static bool HasRaisedRights => Services->RaisedRights() != 0;

    /// <summary>Libraries with known quirks that are loaded now.</summary>
    public static LoadedLibraries Loaded => (LoadedLibraries)Services->Quirks();

    /// <summary>An environment variable; null where the process runs with raised rights.</summary>
    public static string? ReadEnvironment(string name)
    {
        byte[] terminated = Encoding.UTF8.GetBytes(name + '\0');
        fixed (byte* start = terminated)
        {
            byte* value = Services->Environment(start);
            return value is null ? null : Marshal.PtrToStringUTF8((nint)value);
        }
    }

    public static void DescriptorOpened(int descriptor) => Services->DescriptorOpened(descriptor);

    public static void DescriptorClosing(int descriptor) => Services->DescriptorClosing(descriptor);

    /// <summary>What <see cref="Keep"/> kept, in this process or in the one it was forked from; empty where nothing was.</summary>
    public static ReadOnlySpan<byte> Kept()
    {
        byte* bytes;
        nuint count = Services->KeptSettings(&bytes);
        return new ReadOnlySpan<byte>(bytes, checked((int)count));
    }

    /// <summary>Keeps bytes in the shim's memory until C_Finalize.</summary>
    public static bool Keep(ClientSecret bytes)
    {
        fixed (byte* start = bytes.Span)
        {
            return Services->KeepSettings(start, (nuint)bytes.Length) == 0;
        }
    }
}

/// <summary>QUIRK_… of shim/shim.h.</summary>
[Flags]
internal enum LoadedLibraries
{
    None = 0,

    /// <summary>libp11, or its OpenSSL engine.</summary>
    Libp11 = 1,

    /// <summary>poppler, which pdfsig uses.</summary>
    Poppler = 2,
}
