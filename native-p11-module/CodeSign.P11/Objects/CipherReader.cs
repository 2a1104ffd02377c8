using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.P11.Objects;

/// <summary>Reads CK_MECHANISM and the parameters of the mechanisms that encipher.</summary>
internal static unsafe class CipherReader
{
    private const int AesBlockBytes = 16;

    // CK_GENERATOR_FUNCTION: the IV is the caller's, or drawn. Counters are kept nowhere.
    private const ulong NoGenerate = 0;
    private const ulong Generate = 1;
    private const ulong GenerateRandom = 3;

    public static CKR Read(NativeMechanism* native, out CipherMechanism? mechanism, out CipherParameters parameters)
    {
        parameters = new CipherParameters();
        mechanism = CipherMechanism.Find(native->Type);
        return mechanism is null
            ? Boundary.Refuse(CKR.CKR_MECHANISM_INVALID, $"{native->Type} carries no keys here.")
            : mechanism.Scheme switch
            {
                CipherScheme.AesKeyWrap or CipherScheme.AesKeyWrapPkcs7 => ReadIv(native, [0, 8], parameters),
                CipherScheme.AesKeyWrapPadded => ReadIv(native, [0, 4], parameters),
                CipherScheme.AesCbc or CipherScheme.AesCbcPadded => ReadIv(native, [AesBlockBytes], parameters),
                CipherScheme.RsaPkcs1 => ReadIv(native, [0], parameters),
                CipherScheme.AesGcm => ReadGcm(native, parameters),
                CipherScheme.RsaOaep => native->ParameterBytes == (ulong)sizeof(NativeOaepParameters)
                    ? ReadOaep(native->Type, (NativeOaepParameters*)native->Parameter, parameters)
                    : Refuse(native->Type),
                CipherScheme.RsaAesKeyWrap => ReadRsaAes(native, parameters),
            };
    }

    /// <summary>Where the appliance draws the IV, and the host is to be told: its memory; else null.</summary>
    public static NativeGcmWrapParameters* DrawnIv(NativeMechanism* native, CipherParameters parameters) =>
        parameters.IvDrawnBytes > 0 ? (NativeGcmWrapParameters*)native->Parameter : null;

    private static CKR ReadIv(NativeMechanism* native, ReadOnlySpan<ulong> lengths, CipherParameters parameters)
    {
        if (!lengths.Contains(native->ParameterBytes) || !TryRead((byte*)native->Parameter, native->ParameterBytes, out ByteString iv))
        {
            return Refuse(native->Type);
        }

        parameters.Iv = iv;
        return CKR.CKR_OK;
    }

    private static CKR ReadGcm(NativeMechanism* native, CipherParameters parameters)
    {
        if (native->Parameter is not null && native->ParameterBytes == (ulong)sizeof(NativeGcmParameters))
        {
            NativeGcmParameters* given = (NativeGcmParameters*)native->Parameter;
            return ReadGcm(native->Type, new(given->Iv, given->IvBytes), new(given->AssociatedData, given->AssociatedBytes), given->TagBits, parameters);
        }

        if (native->Parameter is null || native->ParameterBytes != (ulong)sizeof(NativeGcmWrapParameters))
        {
            return Refuse(native->Type);
        }

        NativeGcmWrapParameters* wrap = (NativeGcmWrapParameters*)native->Parameter;
        bool isDrawn = wrap->Generator is Generate or GenerateRandom;
        if ((!isDrawn && wrap->Generator != NoGenerate) || wrap->IvFixedBits % 8 > 0 || wrap->IvBytes > ProtocolLimits.CipherParameterBytesMax
            || wrap->IvFixedBits / 8 > wrap->IvBytes || (wrap->Iv is null && wrap->IvBytes > 0))
        {
            return Refuse(native->Type);
        }

        ulong fixedBytes = isDrawn ? wrap->IvFixedBits / 8 : wrap->IvBytes;
        parameters.IvDrawnBytes = (uint)(wrap->IvBytes - fixedBytes);
        return ReadGcm(native->Type, new(wrap->Iv, fixedBytes), new(wrap->AssociatedData, wrap->AssociatedBytes), wrap->TagBits, parameters);
    }

    private static CKR ReadGcm(CKM type, Memory iv, Memory associatedData, ulong tagBits, CipherParameters parameters)
    {
        if (tagBits is < 96 or > 128 || tagBits % 8 > 0
            || !TryRead(iv.Start, iv.Count, out ByteString ivBytes) || !TryRead(associatedData.Start, associatedData.Count, out ByteString associated))
        {
            return Refuse(type);
        }

        parameters.Iv = ivBytes;
        parameters.AssociatedData = associated;
        parameters.TagBits = (uint)tagBits;
        return CKR.CKR_OK;
    }

    private static CKR ReadRsaAes(NativeMechanism* native, CipherParameters parameters)
    {
        NativeRsaAesParameters* given = (NativeRsaAesParameters*)native->Parameter;
        if (given is null || native->ParameterBytes != (ulong)sizeof(NativeRsaAesParameters) || given->AesKeyBits is not (128 or 192 or 256))
        {
            return Refuse(native->Type);
        }

        parameters.AesKeyBits = (uint)given->AesKeyBits;
        return ReadOaep(native->Type, given->Oaep, parameters);
    }

    private static CKR ReadOaep(CKM type, NativeOaepParameters* given, CipherParameters parameters)
    {
        if (given is null
            || DigestMechanism.Find(given->Hash) is null
            || DigestMechanism.All.All(row => row.Mgf != given->Mgf)
            || (given->Source != CKZ.CKZ_DATA_SPECIFIED && (given->Source != 0 || given->LabelBytes > 0))
            || !TryRead(given->Label, given->LabelBytes, out ByteString label))
        {
            return Refuse(type);
        }

        parameters.Hash = (ulong)given->Hash;
        parameters.Mgf = (ulong)given->Mgf;
        parameters.Label = label;
        return CKR.CKR_OK;
    }

    private static CKR Refuse(CKM type) => Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, $"{type} doesn't take such a parameter.");

    private static bool TryRead(byte* memory, ulong count, out ByteString bytes)
    {
        bytes = ByteString.Empty;
        if (count > ProtocolLimits.CipherParameterBytesMax || !Buffers.TryRead(memory, count, out ReadOnlySpan<byte> read))
        {
            return false;
        }

        bytes = ByteString.CopyFrom(read);
        return true;
    }

    /// <summary>Some of the host's memory.</summary>
    private readonly ref struct Memory(byte* start, ulong count)
    {
        public byte* Start { get; } = start;

        public ulong Count { get; } = count;
    }
}
