using System.Runtime.InteropServices;
using CodeSign.Cryptoki;

namespace CodeSign.P11.Native;

/// <summary>CK_VERSION; the structures of PKCS#11 follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Version2
{
    public byte Major;
    public byte Minor;
}

/// <summary>CK_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ModuleFacts
{
    public Version2 CryptokiVersion;
    public fixed byte ManufacturerId[32];
    public ulong Flags;
    public fixed byte LibraryDescription[32];
    public Version2 LibraryVersion;
}

/// <summary>CK_SLOT_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SlotFacts
{
    public fixed byte SlotDescription[64];
    public fixed byte ManufacturerId[32];
    public ulong Flags;
    public Version2 HardwareVersion;
    public Version2 FirmwareVersion;
}

/// <summary>CK_TOKEN_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TokenFacts
{
    public fixed byte Label[32];
    public fixed byte ManufacturerId[32];
    public fixed byte Model[16];
    public fixed byte SerialNumber[16];
    public ulong Flags;
    public ulong SessionsMax;
    public ulong Sessions;
    public ulong ReadWriteSessionsMax;
    public ulong ReadWriteSessions;
    public ulong PinBytesMax;
    public ulong PinBytesMin;
    public ulong TotalPublicMemory;
    public ulong FreePublicMemory;
    public ulong TotalPrivateMemory;
    public ulong FreePrivateMemory;
    public Version2 HardwareVersion;
    public Version2 FirmwareVersion;
    public fixed byte UtcTime[16];
}

/// <summary>CK_SESSION_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SessionFacts
{
    public ulong SlotId;
    public CKS State;
    public ulong Flags;
    public ulong DeviceError;
}

/// <summary>CK_MECHANISM_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MechanismFacts
{
    public ulong KeyBitsMin;
    public ulong KeyBitsMax;
    public ulong Flags;
}

/// <summary>CK_MECHANISM.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMechanism
{
    public CKM Type;
    public void* Parameter;
    public ulong ParameterBytes;
}

/// <summary>CK_RSA_PKCS_PSS_PARAMS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativePssParameters
{
    public CKM Hash;
    public CKG Mgf;
    public ulong SaltBytes;
}

/// <summary>CK_EDDSA_PARAMS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeEddsaParameters
{
    public byte PreHash;
    public ulong ContextBytes;
    public byte* Context;
}

/// <summary>CK_SIGN_ADDITIONAL_CONTEXT.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeSignContext
{
    public ulong Hedge;
    public byte* Context;
    public ulong ContextBytes;
}

/// <summary>CK_RSA_PKCS_OAEP_PARAMS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeOaepParameters
{
    public CKM Hash;
    public CKG Mgf;
    public ulong Source;
    public byte* Label;
    public ulong LabelBytes;
}

/// <summary>CK_RSA_AES_KEY_WRAP_PARAMS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeRsaAesParameters
{
    public ulong AesKeyBits;
    public NativeOaepParameters* Oaep;
}

/// <summary>CK_GCM_PARAMS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeGcmParameters
{
    public byte* Iv;
    public ulong IvBytes;
    public ulong IvBits;
    public byte* AssociatedData;
    public ulong AssociatedBytes;
    public ulong TagBits;
}

/// <summary>CK_GCM_WRAP_PARAMS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeGcmWrapParameters
{
    public byte* Iv;
    public ulong IvBytes;
    public ulong IvFixedBits;
    public ulong Generator;
    public byte* AssociatedData;
    public ulong AssociatedBytes;
    public ulong TagBits;
}

/// <summary>CK_ECDH1_DERIVE_PARAMS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeEcdhParameters
{
    public CKD Kdf;
    public ulong SharedBytes;
    public byte* Shared;
    public ulong PublicBytes;
    public byte* Public;
}

/// <summary>CK_ATTRIBUTE.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeAttribute
{
    public CKA Type;
    public byte* Value;
    public ulong ValueBytes;
}
