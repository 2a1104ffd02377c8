using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>
/// C_DeriveKey: a secret key out of a private key and somebody's public point. Whoever chose that point knows the key, so it comes in where
/// keys from elsewhere do.
/// </summary>
internal sealed class DeriveOperation(ObjectDoor door, ObjectOperations objects, ObjectMaker maker)
{
    public async ValueTask<DeriveKeyResponse> DeriveAsync(RequestContext context, DeriveKeyRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        ObjectMaker.RequireImport(context);
        HashKind hash = ReadParameters(request);
        FoundObject origin = CarryingKey.Find(
            door, context, request.BaseKeyId, request.Application, CKR.CKR_KEY_HANDLE_INVALID, CKR.CKR_KEY_FUNCTION_NOT_PERMITTED);
        KeyAlgorithm algorithm = RequireUse((CKM)request.Mechanism, origin.Record);
        ObjectTemplate template = TransportRules.Merge(ObjectDoor.Template(request.Template, []), origin.Record.Attributes.Find(CKA_DERIVE_TEMPLATE));
        AttributeSet attributes = ObjectRules.Derive(template, origin.Record.Attributes, door.IsSecurityOfficer(context, context.Snapshot));
        door.RequireFor(context, context.Snapshot, attributes);
        ObjectDoor.RequirePolicy(context.Project, attributes);
        int bytes = LengthOf(attributes, algorithm, hash);
        AuditEvent told = context.Event() with
        {
            Environment = SigningEnvironment.BuiltInName,
            Mechanism = ((CKM)request.Mechanism).ToString(),
            Detail = $"out of {origin.Record.Id}",
        };
        context.RefusedUse = told;
        SecretBytes value = Derive(origin, algorithm, request, hash, bytes);
        StoredObject made = maker.New(context, attributes.With(CKA_VALUE_LEN, (ulong)bytes));
        StoredObject kept = await maker.KeepAsync(context, [(made, value)], request.Application, origin.RequireUnchanged, told);
        return new DeriveKeyResponse { Object = StoredObjects.ToWire(kept) };
    }

    private SecretBytes Derive(FoundObject origin, KeyAlgorithm algorithm, DeriveKeyRequest request, HashKind hash, int bytes)
    {
        using SecretBytes secret = objects.OpenSecret(origin);
        return KeyAgreement.Derive(secret.Span, algorithm, request.PublicData.Span, hash, request.SharedData.Span, bytes);
    }

    private static HashKind ReadParameters(DeriveKeyRequest request)
    {
        if (KeyDerivationMechanism.Find((CKM)request.Mechanism) is null)
        {
            throw new FaultException(CKR.CKR_MECHANISM_INVALID, "mechanism.unknown", $"The appliance derives no keys with {(CKM)request.Mechanism}.");
        }

        HashKind hash = KeyDerivationMechanism.HashOf((CKD)request.Kdf)
            ?? throw new FaultException(CKR.CKR_MECHANISM_PARAM_INVALID, "derive.kdf", $"There is no key derivation function {(CKD)request.Kdf} here.");
        return request.SharedData.Length <= ProtocolLimits.DeriveDataBytesMax && (hash != HashKind.None || request.SharedData.IsEmpty)
            ? hash
            : throw new FaultException(
                CKR.CKR_MECHANISM_PARAM_INVALID,
                "derive.shared_data",
                $"A derivation function takes at most {ProtocolLimits.DeriveDataBytesMax} bytes of shared data; CKD_NULL takes none.");
    }

    // Its environment's owner never said that such a key agrees on secrets: so only those that applications made.
    private static KeyAlgorithm RequireUse(CKM mechanism, StoredObject key)
    {
        if (key.Class != CKO.CKO_PRIVATE_KEY || !KeyDerivationMechanism.Takes(key.Attributes.KeyType) || key.DeviceId is not null)
        {
            throw new FaultException(CKR.CKR_KEY_TYPE_INCONSISTENT, "derive.type", $"{mechanism} doesn't work with such a key.");
        }

        if (!key.Attributes.Is(CKA_DERIVE) || key.Attributes.Is(CKA_ALWAYS_AUTHENTICATE))
        {
            throw new FaultException(
                CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, "key.use", "The key isn't made for this (CKA_DERIVE), or asks for the PIN each time, which derivation doesn't.");
        }

        return key.Attributes.Permits(mechanism)
            ? KeyAlgorithm.Find(key.Algorithm)!
            : throw new FaultException(CKR.CKR_MECHANISM_INVALID, "key.mechanism", $"The key isn't made for {mechanism} (CKA_ALLOWED_MECHANISMS).");
    }

    private static int LengthOf(AttributeSet attributes, KeyAlgorithm algorithm, HashKind hash)
    {
        int most = hash == HashKind.None ? KeyAgreement.SecretBytes(algorithm) : (int)SecretKeyMechanism.Find(CKM.CKM_GENERIC_SECRET_KEY_GEN)!.KeyBytesMax;
        ulong? wanted = attributes.Number(CKA_VALUE_LEN);
        if (wanted is null && attributes.KeyType == CKK.CKK_AES)
        {
            throw new FaultException(CKR.CKR_TEMPLATE_INCOMPLETE, "template.incomplete", "The template lacks CKA_VALUE_LEN.");
        }

        ulong bytes = wanted ?? (ulong)(hash == HashKind.None ? most : DigestMechanism.Of(hash).DigestBytes);
        return !SecretKeyMechanism.LengthsOf(attributes.KeyType).Makes(bytes)
            ? throw new FaultException(CKR.CKR_ATTRIBUTE_VALUE_INVALID, "attribute.value", $"A key of type {attributes.KeyType} can't have {bytes} bytes.")
            : bytes <= (ulong)most
            ? (int)bytes
            : throw new FaultException(CKR.CKR_KEY_SIZE_RANGE, "derive.length", $"The agreed secret has {most} bytes; a derivation function makes more of it.");
    }
}
