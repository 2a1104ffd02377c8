using System.Runtime.InteropServices;
using CodeSign.Cryptoki;

namespace CodeSign.P11.Native;

/// <summary>
/// What the shim does for us (shim/shim.h, <c>struct shim_services</c>). Its functions live in the first copy of the library in
/// this process, so what they keep survives a fork.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ShimServices
{
    /// <summary>SHIM_VERSION.</summary>
    public const uint ExpectedVersion = 1;

    public uint Version;
    public uint Rows;
    public delegate* unmanaged<byte**, nuint> KeptSettings;
    public delegate* unmanaged<byte*, nuint, int> KeepSettings;
    public delegate* unmanaged<byte*, byte*> Environment;
    public delegate* unmanaged<int> RaisedRights;
    public delegate* unmanaged<int, void> DescriptorOpened;
    public delegate* unmanaged<int, void> DescriptorClosing;
    public delegate* unmanaged<uint> Quirks;
}

/// <summary>One row of the shim's table: a function, or the answer where there is none.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ManagedRow
{
    public void* Function;
    public CKR Answer;
}
