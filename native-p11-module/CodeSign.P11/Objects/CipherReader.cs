using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.P11.Objects;

/// <summary>Reads CK_MECHANISM and the parameters of the mechanisms that encipher.</summary>
internal static unsafe class CipherReader
{
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
                _ => Boundary.Refuse(CKR.CKR_MECHANISM_INVALID, $"{native->Type} carries no keys here."),
            };
    }

    private static CKR ReadIv(NativeMechanism* native, ReadOnlySpan<ulong> lengths, CipherParameters parameters)
    {
        if (!lengths.Contains(native->ParameterBytes) || !TryRead(native->Parameter, native->ParameterBytes, out ByteString iv))
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, $"{native->Type} takes no parameter of {native->ParameterBytes} bytes.");
        }

        parameters.Iv = iv;
        return CKR.CKR_OK;
    }

    private static bool TryRead(void* memory, ulong count, out ByteString bytes)
    {
        bytes = ByteString.Empty;
        if (count > ProtocolLimits.CipherParameterBytesMax || !Buffers.TryRead((byte*)memory, count, out ReadOnlySpan<byte> read))
        {
            return false;
        }

        bytes = ByteString.CopyFrom(read);
        return true;
    }
}
