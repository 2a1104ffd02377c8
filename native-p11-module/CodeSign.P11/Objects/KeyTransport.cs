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
/// Keys that leave and come in under others (PKCS#11 v3.2 sections 5.18.3 and 5.18.4). The appliance does it, and decides; what is refused
/// here would be refused there. A question for the length asks nobody.
/// </summary>
internal static unsafe class KeyTransport
{
    public static CKR Wrap(
        Module module, ulong sessionHandle, NativeMechanism* mechanism, ulong wrappingHandle, ulong keyHandle, byte* wrapped, ulong* wrappedBytes)
    {
        Session? session = module.Sessions.Find(sessionHandle);
        if (session is null || mechanism is null || wrappedBytes is null)
        {
            return session is null ? CKR.CKR_SESSION_HANDLE_INVALID : CKR.CKR_ARGUMENTS_BAD;
        }

        CKR rv = CipherReader.Read(mechanism, out CipherMechanism? row, out CipherParameters parameters);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        rv = Find(module, sessionHandle, wrappingHandle, CKR.CKR_WRAPPING_KEY_HANDLE_INVALID, out TokenObject? wrapping);
        rv = rv != CKR.CKR_OK ? rv : RequireUse(row!, wrapping!, CKA_WRAP, CKR.CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        rv = Find(module, sessionHandle, keyHandle, CKR.CKR_KEY_HANDLE_INVALID, out TokenObject? key);
        rv = rv != CKR.CKR_OK ? rv : MayLeave(key!);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        ulong room = *wrappedBytes;
        if (Buffers.Announce(wrapped, wrappedBytes, row!.OutputBytes(ValueBytesMax(key!), 0, 0)) is { } told)
        {
            return told;
        }

        WrapKeyRequest request = new()
        {
            ProjectId = session.Token.ProjectId,
            Mechanism = (ulong)row.Mechanism,
            Parameters = parameters,
            WrappingKeyId = wrapping!.Id,
            KeyId = key!.Id,
            Application = module.Application,
        };
        ByteString made = Ticketed.Ask(module, session.Token, ticket => module.Client.WrapKey(request, ticket)).WrappedKey;
        if ((ulong)made.Length > room)
        {
            throw new InvalidOperationException("The appliance made more than the mechanism does.");
        }

        made.Span.CopyTo(new Span<byte>(wrapped, made.Length));
        *wrappedBytes = (ulong)made.Length;
        return CKR.CKR_OK;
    }

    public static CKR Unwrap(
        Module module,
        ulong sessionHandle,
        NativeMechanism* mechanism,
        ulong unwrappingHandle,
        (nint Bytes, ulong Count) wrapped,
        (nint Attributes, ulong Count) template,
        ulong* handle)
    {
        Session? session = module.Sessions.Find(sessionHandle);
        if (session is null || mechanism is null || handle is null || !Buffers.TryRead((byte*)wrapped.Bytes, wrapped.Count, out ReadOnlySpan<byte> given))
        {
            return session is null ? CKR.CKR_SESSION_HANDLE_INVALID : CKR.CKR_ARGUMENTS_BAD;
        }

        CKR rv = CipherReader.Read(mechanism, out CipherMechanism? row, out CipherParameters parameters);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        rv = Find(module, sessionHandle, unwrappingHandle, CKR.CKR_UNWRAPPING_KEY_HANDLE_INVALID, out TokenObject? unwrapping);
        rv = rv != CKR.CKR_OK ? rv : RequireUse(row!, unwrapping!, CKA_UNWRAP, CKR.CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        rv = HostTemplate.Read((NativeAttribute*)template.Attributes, template.Count, implied: null, out HostTemplate? read);
        using (read)
        {
            rv = rv != CKR.CKR_OK ? rv : MayMake(session, read!.Rules, unwrapping!);
            rv = rv != CKR.CKR_OK ? rv
                : given.Length > ProtocolLimits.WrappedKeyBytesMax ? Boundary.Refuse(CKR.CKR_WRAPPED_KEY_LEN_RANGE, "No wrapped key is so long.")
                : CKR.CKR_OK;
            if (rv != CKR.CKR_OK)
            {
                return rv;
            }

            UnwrapKeyRequest request = new()
            {
                ProjectId = session.Token.ProjectId,
                Mechanism = (ulong)row!.Mechanism,
                Parameters = parameters,
                UnwrappingKeyId = unwrapping!.Id,
                WrappedKey = ByteString.CopyFrom(given),
                Application = module.Application,
            };
            request.Template.AddRange(read!.Attributes);
            WireObject made = Ticketed.Ask(module, session.Token, ticket => module.Client.UnwrapKey(request, ticket)).Key;
            return ObjectChanges.Hand(module, session, ObjectChanges.Adopt(module, session, made), handle);
        }
    }

    private static CKR MayMake(Session session, ObjectTemplate template, TokenObject unwrapping)
    {
        ObjectTemplate merged = TransportRules.Merge(template, unwrapping.Value(CKA_UNWRAP_TEMPLATE));
        AttributeSet wanted = ObjectRules.Unwrap(merged, extractable: true, ObjectChanges.IsSecurityOfficer(session.Token));
        return ObjectChanges.MayHold(session, wanted.Is(CKA_TOKEN), wanted.Is(CKA_PRIVATE));
    }

    private static CKR Find(Module module, ulong sessionHandle, ulong handle, CKR unknown, out TokenObject? found) =>
        ObjectFunctions.Look(module, sessionHandle, handle, out found) == CKR.CKR_OK ? CKR.CKR_OK : unknown;

    private static CKR RequireUse(CipherMechanism row, TokenObject key, CKA use, CKR otherType)
    {
        CKO expected = !row.IsAsymmetric ? CKO.CKO_SECRET_KEY : use == CKA_WRAP ? CKO.CKO_PUBLIC_KEY : CKO.CKO_PRIVATE_KEY;
        return key.Class != expected || key.KeyType != row.KeyType ? Boundary.Refuse(otherType, $"{row.Mechanism} doesn't work with such a key.")
            : !key.Flag(use) ? Boundary.Refuse(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, $"The key isn't made for this ({use}).")
            : !key.Permits(row.Mechanism) ? Boundary.Refuse(CKR.CKR_MECHANISM_INVALID, $"The key isn't made for {row.Mechanism} (CKA_ALLOWED_MECHANISMS).")
            : CKR.CKR_OK;
    }

    private static CKR MayLeave(TokenObject key) =>
        key.Class is not (CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY) ? Boundary.Refuse(CKR.CKR_KEY_NOT_WRAPPABLE, "Private and secret keys leave wrapped.")
        : !key.Flag(CKA_EXTRACTABLE) ? Boundary.Refuse(CKR.CKR_KEY_UNEXTRACTABLE, "The key never leaves (CKA_EXTRACTABLE).")
        : CKR.CKR_OK;

    /// <summary>
    /// Bytes of what is wrapped: those of a secret key's value, and no fewer than those of a private key's PrivateKeyInfo, which its public
    /// half bounds. Section 5.2: a length that is asked for may be somewhat larger than what comes.
    /// </summary>
    private static int ValueBytesMax(TokenObject key)
    {
        if (key.Class == CKO.CKO_SECRET_KEY)
        {
            return (int)Math.Min(key.Number(CKA_VALUE_LEN) ?? 0, ProtocolLimits.ObjectBytesMax);
        }

        if (key.Value(CKA_MODULUS) is { } modulus)
        {
            // RFC 8017 appendix A.1.2: modulus and private exponent, five numbers of half their length, each with its head and sign.
            int exponent = key.Value(CKA_PUBLIC_EXPONENT)?.Length ?? 0;
            return 64 + exponent + (2 * modulus.Length) + (5 * ((modulus.Length / 2) + 8));
        }

        // RFC 5915: the private number beside the public point, which is twice as long on curves that have two coordinates.
        int info = key.Value(CKA_PUBLIC_KEY_INFO)?.Length ?? ProtocolLimits.WrappedKeyBytesMax;
        return info + (info / 2) + 16;
    }
}
