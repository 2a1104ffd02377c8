using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Sessions;
using Org.BouncyCastle.Crypto;

namespace CodeSign.P11.Signing;

/// <summary>A digest that was begun.</summary>
internal sealed class DigestOperation(DigestMechanism mechanism)
{
    public IDigest Digest { get; } = Digests.Create(mechanism.Hash);

    /// <summary>True after C_DigestUpdate: C_Digest may not end it any more.</summary>
    public bool IsMultiPart { get; set; }
}

/// <summary>C_Digest… (PKCS#11 v3.0 section 5.10): all here, nobody is asked.</summary>
internal static unsafe class DigestFunctions
{
    public static CKR Init(Module module, ulong sessionHandle, NativeMechanism* native)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (native is null)
            {
                bool wasActive = session.Digest is not null;
                session.Digest = null;
                return wasActive ? CKR.CKR_OK : CKR.CKR_ARGUMENTS_BAD;
            }

            if (session.Digest is not null)
            {
                return CKR.CKR_OPERATION_ACTIVE;
            }

            if (DigestMechanism.Find(native->Type) is not { } mechanism)
            {
                return Boundary.Refuse(CKR.CKR_MECHANISM_INVALID, $"{native->Type} is no digest known here.");
            }

            if (native->ParameterBytes != 0)
            {
                return CKR.CKR_MECHANISM_PARAM_INVALID;
            }

            session.Digest = new DigestOperation(mechanism);
            return CKR.CKR_OK;
        }
    }

    public static CKR Whole(Module module, ulong sessionHandle, byte* data, ulong dataBytes, byte* digest, ulong* digestBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (session.Digest is not { } operation)
            {
                return CKR.CKR_OPERATION_NOT_INITIALIZED;
            }

            if (operation.IsMultiPart)
            {
                return CKR.CKR_OPERATION_ACTIVE;
            }

            if (Buffers.Announce(digest, digestBytes, operation.Digest.GetDigestSize()) is { } early)
            {
                return EndUnlessLengthOnly(session, early);
            }

            session.Digest = null;
            if (!Buffers.TryRead(data, dataBytes, out ReadOnlySpan<byte> bytes))
            {
                return CKR.CKR_ARGUMENTS_BAD;
            }

            operation.Digest.BlockUpdate(bytes);
            return Finish(operation, digest, digestBytes);
        }
    }

    public static CKR Update(Module module, ulong sessionHandle, byte* part, ulong partBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (session.Digest is not { } operation)
            {
                return CKR.CKR_OPERATION_NOT_INITIALIZED;
            }

            if (!Buffers.TryRead(part, partBytes, out ReadOnlySpan<byte> bytes))
            {
                session.Digest = null;
                return CKR.CKR_ARGUMENTS_BAD;
            }

            operation.IsMultiPart = true;
            operation.Digest.BlockUpdate(bytes);
            return CKR.CKR_OK;
        }
    }

    public static CKR Final(Module module, ulong sessionHandle, byte* digest, ulong* digestBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (session.Digest is not { } operation)
            {
                return CKR.CKR_OPERATION_NOT_INITIALIZED;
            }

            if (Buffers.Announce(digest, digestBytes, operation.Digest.GetDigestSize()) is { } early)
            {
                return EndUnlessLengthOnly(session, early);
            }

            session.Digest = null;
            return Finish(operation, digest, digestBytes);
        }
    }

    private static CKR EndUnlessLengthOnly(Session session, CKR early)
    {
        if (early is not (CKR.CKR_OK or CKR.CKR_BUFFER_TOO_SMALL))
        {
            session.Digest = null;
        }

        return early;
    }

    private static CKR Finish(DigestOperation operation, byte* digest, ulong* digestBytes)
    {
        byte[] value = Digests.Finish(operation.Digest);
        value.CopyTo(new Span<byte>(digest, value.Length));
        *digestBytes = (ulong)value.Length;
        return CKR.CKR_OK;
    }
}
