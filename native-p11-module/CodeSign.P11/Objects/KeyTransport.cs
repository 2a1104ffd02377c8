using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.P11.Native;
using CodeSign.P11.Sessions;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.X509;
using static CodeSign.Cryptoki.CKA;
using BigInteger = Org.BouncyCastle.Math.BigInteger;
using WireObject = CodeSign.Wire.V1.Object;

namespace CodeSign.P11.Objects;

/// <summary>
/// Keys that leave and come in under others (PKCS#11 v3.2 sections 5.18.3 and 5.18.4). The appliance does it, and decides; what is refused
/// here would be refused there. A question for the length asks nobody.
/// </summary>
internal static unsafe class KeyTransport
{
    public static CKR Wrap(
        Module module,
        ulong sessionHandle,
        NativeMechanism* mechanism,
        (ulong Wrapping, ulong Key) handles,
        (nint Bytes, ulong Count)? associatedData,
        byte* wrapped,
        ulong* wrappedBytes)
    {
        Session? session = module.Sessions.Find(sessionHandle);
        if (session is null || mechanism is null || wrappedBytes is null)
        {
            return session is null ? CKR.CKR_SESSION_HANDLE_INVALID : CKR.CKR_ARGUMENTS_BAD;
        }

        CKR rv = CipherReader.Read(mechanism, out CipherMechanism? row, out CipherParameters parameters);
        rv = rv != CKR.CKR_OK ? rv : Authenticate(row!, associatedData, parameters);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        rv = Find(module, sessionHandle, handles.Wrapping, CKR.CKR_WRAPPING_KEY_HANDLE_INVALID, out TokenObject? wrapping);
        rv = rv != CKR.CKR_OK ? rv : RequireUse(row!, wrapping!, CKA_WRAP, CKR.CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        rv = Find(module, sessionHandle, handles.Key, CKR.CKR_KEY_HANDLE_INVALID, out TokenObject? key);
        rv = rv != CKR.CKR_OK ? rv : MayLeave(key!);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        ulong room = *wrappedBytes;
        if (Buffers.Announce(wrapped, wrappedBytes, row!.OutputBytes(ValueBytesMax(key!), ModulusBytes(wrapping!), (int)parameters.TagBits / 8)) is { } told)
        {
            return told;
        }

        WrapKeyRequest request = new()
        {
            ProjectId = session.Token.ProjectId,
            Mechanism = (ulong)row.Mechanism,
            Parameters = parameters,
            KeyId = key!.Id,
            Application = module.Application,
        };
        if (wrapping!.Local is null)
        {
            request.WrappingKeyId = wrapping.Id;
        }
        else
        {
            request.WrappingKeyInfo = ByteString.CopyFrom(PublicKeyInfo(wrapping));
        }

        WrapKeyResponse answer = Ticketed.Ask(module, session.Token, ticket => module.Client.WrapKey(request, ticket));
        ByteString made = answer.WrappedKey;
        NativeGcmWrapParameters* drawn = CipherReader.DrawnIv(mechanism, parameters);
        if ((ulong)made.Length > room || (drawn is not null && (ulong)answer.Iv.Length != drawn->IvBytes))
        {
            throw new InvalidOperationException("The appliance made more than the mechanism does.");
        }

        if (drawn is not null)
        {
            answer.Iv.Span.CopyTo(new Span<byte>(drawn->Iv, answer.Iv.Length));
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
        (nint Bytes, ulong Count)? associatedData,
        ulong* handle)
    {
        Session? session = module.Sessions.Find(sessionHandle);
        if (session is null || mechanism is null || handle is null || !Buffers.TryRead((byte*)wrapped.Bytes, wrapped.Count, out ReadOnlySpan<byte> given))
        {
            return session is null ? CKR.CKR_SESSION_HANDLE_INVALID : CKR.CKR_ARGUMENTS_BAD;
        }

        CKR rv = CipherReader.Read(mechanism, out CipherMechanism? row, out CipherParameters parameters);
        rv = rv != CKR.CKR_OK ? rv : Authenticate(row!, associatedData, parameters);
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

    // C_WrapKeyAuthenticated and its counterpart bring the associated data beside the parameters, for mechanisms that have such.
    private static CKR Authenticate(CipherMechanism row, (nint Bytes, ulong Count)? associatedData, CipherParameters parameters)
    {
        if (associatedData is not { } given)
        {
            return CKR.CKR_OK;
        }

        if (row.Scheme != CipherScheme.AesGcm)
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_INVALID, $"{row.Mechanism} takes no associated data.");
        }

        if (given.Count > ProtocolLimits.CipherParameterBytesMax || !Buffers.TryRead((byte*)given.Bytes, given.Count, out ReadOnlySpan<byte> bytes))
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        if (parameters.AssociatedData.Length > 0 && !parameters.AssociatedData.Span.SequenceEqual(bytes))
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, "Two associated data are given, and they differ.");
        }

        parameters.AssociatedData = ByteString.CopyFrom(bytes);
        return CKR.CKR_OK;
    }

    private static int ModulusBytes(TokenObject key) => key.Value(CKA_MODULUS) is { } modulus ? modulus.AsSpan().TrimStart((byte)0).Length : 0;

    // A public key that lives here alone goes along.
    private static byte[] PublicKeyInfo(TokenObject key)
    {
        try
        {
            return SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(new RsaKeyParameters(
                isPrivate: false, new BigInteger(1, key.Value(CKA_MODULUS) ?? []), new BigInteger(1, key.Value(CKA_PUBLIC_EXPONENT) ?? []))).GetDerEncoded();
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or ArithmeticException)
        {
            throw new FaultException(CKR.CKR_WRAPPING_KEY_HANDLE_INVALID, "module.key", $"The public key is malformed: {malformed.Message}");
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

        // RFC 9881 section 6, RFC 9909 section 5: the seed, the private key, or both.
        if (key.Number(CKA_PARAMETER_SET) is { } set)
        {
            int bytes = KeyAlgorithm.All.FirstOrDefault(row => row.KeyType == key.KeyType && row.Parameters?.Number == set)?.Parameters?.PrivateKeyBytes ?? 0;
            return bytes + ParameterSet.SeedBytes + 64;
        }

        // RFC 5915: the private number beside the public point, which is twice as long on curves that have two coordinates.
        int info = key.Value(CKA_PUBLIC_KEY_INFO)?.Length ?? ProtocolLimits.WrappedKeyBytesMax;
        return info + (info / 2) + 16;
    }
}
