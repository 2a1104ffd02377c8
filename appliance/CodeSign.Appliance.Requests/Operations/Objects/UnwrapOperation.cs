using System.Formats.Asn1;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using CipherParameters = CodeSign.Appliance.Keys.CipherParameters;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>C_UnwrapKey: a key from elsewhere comes in under another, as one given by its values does, and more closed than that.</summary>
internal sealed class UnwrapOperation(ObjectDoor door, ObjectOperations objects, ObjectMaker maker)
{
    private const int AesBlockBytes = 16;

    public async ValueTask<UnwrapKeyResponse> UnwrapAsync(RequestContext context, UnwrapKeyRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        ObjectMaker.RequireImport(context);
        CipherMechanism mechanism = CipherRequests.FindRow(request.Mechanism);
        CipherRequests.RequireStrong(context.Project, mechanism, hasChosenIv: false);
        CipherParameters parameters = CipherRequests.Read(mechanism, request.Parameters);
        FoundObject unwrapping = CarryingKey.Find(
            door, context, request.UnwrappingKeyId, request.Application, CKR.CKR_UNWRAPPING_KEY_HANDLE_INVALID, CKR.CKR_KEY_FUNCTION_NOT_PERMITTED);
        new CarryingKey(unwrapping, null).RequireUse(mechanism, CKA_UNWRAP, CKR.CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
        ObjectTemplate template = TransportRules.Merge(ObjectDoor.Template(request.Template, []), unwrapping.Record.Attributes.Find(CKA_UNWRAP_TEMPLATE));
        Governance.ObjectPolicy policy = context.Project.Objects;
        AttributeSet attributes = ObjectRules.Unwrap(template, policy.AllowExtractable || policy.AllowWrap, door.IsSecurityOfficer(context, context.Snapshot));
        door.RequireFor(context, context.Snapshot, attributes);
        ObjectDoor.RequirePolicy(context.Project, attributes);
        AuditEvent told = context.Event() with
        {
            Environment = SigningEnvironment.BuiltInName,
            Mechanism = mechanism.Mechanism.ToString(),
            Detail = $"under {unwrapping.Record.Id}",
        };
        context.RefusedUse = told;
        (StoredObject Made, SecretBytes? Secret) made = Unwrap(context, mechanism, unwrapping, parameters, request, attributes);
        StoredObject kept = await maker.KeepAsync(context, [made], request.Application, latest => RequireStill(latest, unwrapping, made.Made), told);
        return new UnwrapKeyResponse { Key = StoredObjects.ToWire(kept) };
    }

    private (StoredObject Made, SecretBytes? Secret) Unwrap(
        RequestContext context,
        CipherMechanism mechanism,
        FoundObject unwrapping,
        CipherParameters parameters,
        UnwrapKeyRequest request,
        AttributeSet attributes)
    {
        if (request.WrappedKey.Length > ProtocolLimits.WrappedKeyBytesMax)
        {
            throw LengthRange(request.WrappedKey.Length, mechanism);
        }

        using SecretBytes secret = objects.OpenSecret(unwrapping);
        try
        {
            using SecretBytes value = KeyCipher.Decipher(mechanism, secret.Span, parameters, request.WrappedKey.Span);
            return maker.FromWrapped(context, attributes, mechanism.Scheme == CipherScheme.AesCbc ? Unfilled(value.Span, attributes) : value.Span);
        }
        catch (FaultException length) when (length.Status == CKR.CKR_ENCRYPTED_DATA_LEN_RANGE)
        {
            throw LengthRange(request.WrappedKey.Length, mechanism);
        }
        catch (FaultException refused) when (refused.Status != CKR.CKR_MECHANISM_PARAM_INVALID && !IsTold(mechanism, refused))
        {
            throw ObjectMaker.WrappedInvalid("it was not wrapped so under this key, was changed since, or is no key of the template's kind");
        }
    }

    // A key that is here already doesn't come in once more to be used as it may not be.
    private static void RequireStill(Snapshot latest, FoundObject unwrapping, StoredObject made)
    {
        unwrapping.RequireUnchanged(latest);
        StoredObject? known = made.PublicKey.Length == 0 ? null : latest.ObjectsOf(made.ProjectId)
            .FirstOrDefault(stored => string.Equals(stored.PublicKey, made.PublicKey, StringComparison.Ordinal)
                && TransportRules.IsWeaker(made.Attributes, stored.Attributes));
        if (known is not null)
        {
            throw new FaultException(
                CKR.CKR_TEMPLATE_INCONSISTENT, "unwrap.weaker", "The key is here already, and may do less than the template asks, or is kept closer.");
        }
    }

    // Whole blocks were enciphered: the key says itself how long it is, or the template does.
    private static ReadOnlySpan<byte> Unfilled(ReadOnlySpan<byte> filled, AttributeSet attributes)
    {
        int bytes = attributes.Class == CKO.CKO_SECRET_KEY ? (int)Math.Min(attributes.Number(CKA_VALUE_LEN) ?? (ulong)filled.Length, int.MaxValue)
            : AsnDecoder.TryReadEncodedValue(filled, AsnEncodingRules.DER, out _, out _, out _, out int consumed) ? consumed
            : filled.Length;
        return bytes <= filled.Length && filled.Length - bytes < AesBlockBytes && !filled[bytes..].ContainsAnyExcept((byte)0)
            ? filled[..bytes]
            : throw ObjectMaker.WrappedInvalid("it isn't filled up as it must be");
    }

    // What an authentic key lacks may be told, and helps; where anybody can change what was wrapped, each answer would tell of it.
    private static bool IsTold(CipherMechanism mechanism, FaultException refused) =>
        !mechanism.IsMalleable && refused.Status is CKR.CKR_KEY_SIZE_RANGE or CKR.CKR_CURVE_NOT_SUPPORTED or CKR.CKR_KEY_INDIGESTIBLE;

    private static FaultException LengthRange(int bytes, CipherMechanism mechanism) => new(
        CKR.CKR_WRAPPED_KEY_LEN_RANGE, "wrapped_key.length", $"{mechanism.Mechanism} never makes a wrapped key of {bytes} bytes.");
}
