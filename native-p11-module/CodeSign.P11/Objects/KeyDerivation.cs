using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.P11.Native;
using CodeSign.P11.Sessions;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using static CodeSign.Cryptoki.CKA;
using WireObject = CodeSign.Wire.V1.Object;

namespace CodeSign.P11.Objects;

/// <summary>
/// Keys made out of others (PKCS#11 v3.2 section 5.18.5). The appliance does it, where the key is, and decides; what is refused here would be
/// refused there.
/// </summary>
internal static unsafe class KeyDerivation
{
    public static CKR Derive(
        Module module, ulong sessionHandle, NativeMechanism* mechanism, ulong baseHandle, NativeAttribute* template, ulong count, ulong* handle)
    {
        Session? session = module.Sessions.Find(sessionHandle);
        if (session is null || mechanism is null || handle is null)
        {
            return session is null ? CKR.CKR_SESSION_HANDLE_INVALID : CKR.CKR_ARGUMENTS_BAD;
        }

        DeriveKeyRequest request = new() { ProjectId = session.Token.ProjectId, Application = module.Application };
        CKR rv = ReadParameters(mechanism, request);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        rv = ObjectFunctions.Look(module, sessionHandle, baseHandle, out TokenObject? origin) == CKR.CKR_OK ? CKR.CKR_OK : CKR.CKR_KEY_HANDLE_INVALID;
        rv = rv != CKR.CKR_OK ? rv : RequireUse(mechanism->Type, origin!);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        rv = HostTemplate.Read(template, count, CKO.CKO_SECRET_KEY, out HostTemplate? read);
        using (read)
        {
            rv = rv != CKR.CKR_OK ? rv : MayMake(session, read!.Rules, origin!);
            if (rv != CKR.CKR_OK)
            {
                return rv;
            }

            request.BaseKeyId = origin!.Id;
            request.Template.AddRange(read!.Attributes);
            WireObject made = Ticketed.Ask(module, session.Token, ticket => module.Client.DeriveKey(request, ticket)).Object;
            return ObjectChanges.Hand(module, session, ObjectChanges.Adopt(module, session, made), handle);
        }
    }

    private static CKR ReadParameters(NativeMechanism* mechanism, DeriveKeyRequest request)
    {
        if (KeyDerivationMechanism.Find(mechanism->Type) is null)
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_INVALID, $"{mechanism->Type} derives no keys here.");
        }

        if (mechanism->Parameter is null || mechanism->ParameterBytes != (ulong)sizeof(NativeEcdhParameters))
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, $"{mechanism->Type} wants a CK_ECDH1_DERIVE_PARAMS.");
        }

        NativeEcdhParameters given = *(NativeEcdhParameters*)mechanism->Parameter;
        if (KeyDerivationMechanism.HashOf(given.Kdf) is not { } hash
            || given.SharedBytes > ProtocolLimits.DeriveDataBytesMax
            || given.PublicBytes > ProtocolLimits.DeriveDataBytesMax
            || !Buffers.TryRead(given.Shared, given.SharedBytes, out ReadOnlySpan<byte> shared)
            || !Buffers.TryRead(given.Public, given.PublicBytes, out ReadOnlySpan<byte> point)
            || point.IsEmpty
            || (hash == HashKind.None && !shared.IsEmpty))
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, $"{given.Kdf} isn't known here, or its data has no memory or too much, or there is no public point.");
        }

        request.Mechanism = (ulong)mechanism->Type;
        request.Kdf = (ulong)given.Kdf;
        request.SharedData = ByteString.CopyFrom(shared);
        request.PublicData = ByteString.CopyFrom(point);
        return CKR.CKR_OK;
    }

    private static CKR RequireUse(CKM mechanism, TokenObject key) =>
        key.Class != CKO.CKO_PRIVATE_KEY || key.KeyType is not { } type || !KeyDerivationMechanism.Takes(type)
            ? Boundary.Refuse(CKR.CKR_KEY_TYPE_INCONSISTENT, $"{mechanism} doesn't work with such a key.")
        : !key.Flag(CKA_DERIVE) ? Boundary.Refuse(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, "The key isn't made for this (CKA_DERIVE).")
        : !key.Permits(mechanism) ? Boundary.Refuse(CKR.CKR_MECHANISM_INVALID, $"The key isn't made for {mechanism} (CKA_ALLOWED_MECHANISMS).")
        : CKR.CKR_OK;

    private static CKR MayMake(Session session, ObjectTemplate template, TokenObject origin)
    {
        AttributeSet known = new([
            new(CKA_ALWAYS_SENSITIVE, AttributeSet.Bytes(origin.Flag(CKA_ALWAYS_SENSITIVE))),
            new(CKA_NEVER_EXTRACTABLE, AttributeSet.Bytes(origin.Flag(CKA_NEVER_EXTRACTABLE))),
        ]);
        AttributeSet wanted = ObjectRules.Derive(
            TransportRules.Merge(template, origin.Value(CKA_DERIVE_TEMPLATE)), known, ObjectChanges.IsSecurityOfficer(session.Token));
        return ObjectChanges.MayHold(session, wanted.Is(CKA_TOKEN), wanted.Is(CKA_PRIVATE));
    }
}
