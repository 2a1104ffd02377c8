using CodeSign.Cryptoki;
using CodeSign.Client;
using CodeSign.P11.Native;
using CodeSign.P11.Objects;
using CodeSign.P11.Sessions;
using CodeSign.Wire.V1;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Utilities;

namespace CodeSign.P11.Signing;

/// <summary>A digest that was begun.</summary>
internal sealed class DigestOperation(IDigest digest)
{
    public IDigest Digest { get; } = digest;

    /// <summary>True after C_DigestUpdate and C_DigestKey: C_Digest may not end it any more.</summary>
    public bool IsMultiPart { get; set; }

    /// <summary>Another that goes on from here.</summary>
    public DigestOperation Copy() => new((IDigest)((IMemoable)Digest).Copy()) { IsMultiPart = IsMultiPart };
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

            if (session.IsBusy(module.Objects))
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

            session.Digest = new DigestOperation(Digests.Create(mechanism.Hash));
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
                session.Digest = null;
                return Boundary.Refuse(CKR.CKR_OPERATION_NOT_INITIALIZED, "C_Digest can't end what C_DigestUpdate began; the digest has ended.");
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

    /// <summary>
    /// C_DigestKey: a secret key whose value may be shown. The digest of another would be an oracle for what nobody may see. A key that
    /// isn't digested leaves the digest as it was.
    /// </summary>
    public static CKR Key(Module module, ulong sessionHandle, ulong keyHandle)
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

            if (ObjectFunctions.Look(module, sessionHandle, keyHandle, out TokenObject? key) != CKR.CKR_OK
                || key!.Class is not (CKO.CKO_SECRET_KEY or CKO.CKO_PRIVATE_KEY or CKO.CKO_PUBLIC_KEY))
            {
                return CKR.CKR_KEY_HANDLE_INVALID;
            }

            if (key.Class != CKO.CKO_SECRET_KEY || !key.IsRevealed(CKA.CKA_VALUE))
            {
                return Boundary.Refuse(CKR.CKR_KEY_INDIGESTIBLE, "Only a secret key whose value may be read can be digested.");
            }

            RevealAttributesRequest request = new() { ProjectId = key.Token.ProjectId, ObjectId = key.Id, Application = module.Application };
            request.Types_.Add((ulong)CKA.CKA_VALUE);
            using ClientSecret? revealed = Ticketed.AskAbout(module, key, ticket => module.Client.RevealAttributes(request, ticket));
            if (revealed is null)
            {
                return CKR.CKR_KEY_INDIGESTIBLE;
            }

            operation.IsMultiPart = true;
            operation.Digest.BlockUpdate(HostTemplate.Find(revealed.Span, CKA.CKA_VALUE));
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
