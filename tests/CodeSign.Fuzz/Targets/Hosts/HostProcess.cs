using System.Diagnostics;
using System.Runtime.InteropServices;
using CodeSign.Cryptoki;
using CodeSign.P11;
using CodeSign.P11.Native;
using CodeSign.P11.Tokens;
using CodeSign.Wire.V1;
using Google.Protobuf;
using WireObject = CodeSign.Wire.V1.Object;

namespace CodeSign.Fuzz.Targets.Hosts;

/// <summary>The module, initialised in this process as in a host, with a token and objects that no appliance was asked for.</summary>
internal static unsafe class HostProcess
{
    private static byte* _configurationPath;

    /// <summary>Initialises the module once in this process.</summary>
    public static Module Start()
    {
        if (Module.Current is { } current)
        {
            return current;
        }

        string folder = Directory.CreateTempSubdirectory("codesign-fuzz-host-").FullName;
        File.WriteAllText(Path.Combine(folder, "ca.pem"), "none");
        File.WriteAllText(Path.Combine(folder, "grant"), "none");
        string configuration = Path.Combine(folder, "client.conf");
        File.WriteAllText(configuration, "server = 127.0.0.1:1\nca = ca.pem\ngrant_file = grant\n");
        _configurationPath = (byte*)Marshal.StringToCoTaskMemUTF8(configuration);
        ShimServices* services = (ShimServices*)NativeMemory.AllocZeroed((nuint)sizeof(ShimServices));
        services->KeptSettings = &Kept;
        services->KeepSettings = &Keep;
        services->Environment = &ReadEnvironment;
        services->RaisedRights = &RaisedRights;
        services->DescriptorOpened = &Descriptor;
        services->DescriptorClosing = &Descriptor;
        services->Quirks = &Quirks;
        Host.Services = services;
        CKR rv = Module.Initialize();
        Directory.Delete(folder, recursive: true);
        return rv == CKR.CKR_OK ? Module.Required : throw new InvalidOperationException($"C_Initialize answers {rv}.");
    }

    public static Token NewToken() => new(0, new TokenDescription { ProjectId = "00112233445566778899aabbccddeeff", Label = "demo" });

    /// <summary>Keys of each kind, a certificate, a secret key that shows nothing.</summary>
    public static ulong[] TakeObjects(Module module, Token token) =>
    [
        .. Keys.Select((key, i) => Take(module, token, i, key)),
        Take(module, token, 100, Object((CKA.CKA_CLASS, Number((ulong)CKO.CKO_CERTIFICATE)), (CKA.CKA_LABEL, "leaf"u8.ToArray()), (CKA.CKA_VALUE, new byte[900]))),
        Take(module, token, 101, Object((CKA.CKA_CLASS, Number((ulong)CKO.CKO_SECRET_KEY)), (CKA.CKA_SENSITIVE, [1]), (CKA.CKA_ID, []))),
    ];

    /// <summary>Public keys as the wire has them, short enough to stand in an input.</summary>
    public static IEnumerable<byte[]> SmallKeys => Keys.Skip(4).Select(key =>
    {
        WireObject small = new();
        small.Attributes.AddRange(key.Attributes.Where(one =>
            (CKA)one.Type is CKA.CKA_CLASS or CKA.CKA_KEY_TYPE or CKA.CKA_VERIFY or CKA.CKA_EC_PARAMS or CKA.CKA_EC_POINT));
        return small.ToByteArray();
    });

    /// <summary>An object as an appliance might tell it, whatever its attributes; known under one of a few ids.</summary>
    public static ulong Take(Module module, Token token, int id, WireObject told)
    {
        told.Id = ByteString.CopyFrom(new byte[15], 0, 15).Concat((byte)id);
        return module.Objects.Take(token, told, Stopwatch.GetTimestamp()).Handle;
    }

    private static IEnumerable<WireObject> Keys
    {
        get
        {
            byte[] modulus = [0xC1, .. Enumerable.Range(1, 255).Select(i => (byte)(((i * 7) | 1) & 0xff))];
            // The generator of P-256 and the base point of edwards25519 are points like any other.
            byte[] p256 = Convert.FromHexString(
                "0441046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C2964FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5");
            byte[] ed25519 = Convert.FromHexString("04205866666666666666666666666666666666666666666666666666666666666666");
            foreach (CKO objectClass in (CKO[])[CKO.CKO_PRIVATE_KEY, CKO.CKO_PUBLIC_KEY])
            {
                yield return Key(objectClass, CKK.CKK_RSA, (CKA.CKA_MODULUS, modulus), (CKA.CKA_PUBLIC_EXPONENT, [1, 0, 1]));
                yield return Key(objectClass, CKK.CKK_EC, (CKA.CKA_EC_PARAMS, Convert.FromHexString("06082A8648CE3D030107")), (CKA.CKA_EC_POINT, p256));
                yield return Key(objectClass, CKK.CKK_EC_EDWARDS, (CKA.CKA_EC_PARAMS, Convert.FromHexString("06032B6570")), (CKA.CKA_EC_POINT, ed25519));
            }
        }
    }

    private static WireObject Key(CKO objectClass, CKK type, params (CKA Type, byte[] Value)[] attributes) => Object(
    [
        (CKA.CKA_CLASS, Number((ulong)objectClass)), (CKA.CKA_KEY_TYPE, Number((ulong)type)), (CKA.CKA_SIGN, [1]), (CKA.CKA_VERIFY, [1]),
        (CKA.CKA_ID, new byte[20]), (CKA.CKA_LABEL, "key"u8.ToArray()), (CKA.CKA_ALLOWED_MECHANISMS, new byte[24]), .. attributes,
    ]);

    private static WireObject Object(params IEnumerable<(CKA Type, byte[] Value)> attributes)
    {
        WireObject told = new();
        told.Attributes.AddRange(attributes.Select(one => new Wire.V1.Attribute { Type = (ulong)one.Type, Value = ByteString.CopyFrom(one.Value) }));
        return told;
    }

    private static ByteString Concat(this ByteString bytes, byte last) => ByteString.CopyFrom([.. bytes.Span, last]);

    private static byte[] Number(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    [UnmanagedCallersOnly]
    private static nuint Kept(byte** bytes)
    {
        *bytes = null;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Keep(byte* bytes, nuint count) => 0;

    [UnmanagedCallersOnly]
    private static byte* ReadEnvironment(byte* name) =>
        string.Equals(Marshal.PtrToStringUTF8((nint)name), "CODESIGN_CONFIG", StringComparison.Ordinal) ? _configurationPath : null;

    [UnmanagedCallersOnly]
    private static int RaisedRights() => 0;

    [UnmanagedCallersOnly]
    private static void Descriptor(int descriptor)
    {
    }

    [UnmanagedCallersOnly]
    private static uint Quirks() => 0;
}
