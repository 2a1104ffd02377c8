using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>C_GetAttributeValue of a key's secret values: where the key was made so that it may show them, and the project still lets it.</summary>
internal sealed class RevealOperation(ObjectDoor door, ObjectOperations objects)
{
    public async ValueTask<RevealAttributesResponse> RevealAsync(RequestContext context, RevealAttributesRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        FoundObject found = door.Find(context, context.Snapshot, request.ObjectId, SessionObjects.ApplicationOf(request.Application));
        CKA[] types = [.. request.Types_.Select(type => (CKA)type)];
        StoredObject record = found.Record;
        if (types.Length is 0 or > Wire.ProtocolLimits.TemplateAttributesMax
            || !Array.TrueForAll(types, type => ObjectRules.IsSecret(record.Class, type) && KeyShape.Find(record.Attributes.KeyType)!.Has(record.Class, type)))
        {
            throw new FaultException(CKR.CKR_ATTRIBUTE_TYPE_INVALID, "attribute.type", "The object has no such secret attribute.");
        }

        if (record.DeviceId is not null || !context.Project.Objects.AllowExtractable || Array.Exists(types, type => ObjectRules.IsHidden(record.Attributes, type)))
        {
            throw new FaultException(CKR.CKR_ATTRIBUTE_SENSITIVE, "attribute.sensitive", "The key keeps this value to itself (CKA_SENSITIVE, CKA_EXTRACTABLE, or the project's policy).");
        }

        SecretBytes shown = Read(found, types);
        try
        {
            AuditEvent told = context.Event() with { Environment = SigningEnvironment.BuiltInName, Key = record.Id, Detail = ObjectMaker.Describe(record) };
            Recorded recorded = await context.RecordAsync(told, latest => Reconsider(context, latest, found, told));
            if (!ReferenceEquals(recorded.Written, told))
            {
                throw new FaultException(
                    CKR.CKR_ATTRIBUTE_SENSITIVE, recorded.Written.Reason ?? "policy.changed", "The right to read the key ended meanwhile.");
            }
        }
        catch
        {
            shown.Dispose();
            throw;
        }

        context.ReplySecret = shown;
        return new RevealAttributesResponse();
    }

    // What was withdrawn while the record waited to be written is withdrawn.
    private AuditEvent? Reconsider(RequestContext context, Snapshot latest, FoundObject found, AuditEvent told)
    {
        string? reason = door.WhyWithdrawn(context, latest, found)
            ?? (latest.Projects[context.Project.Id].Objects.AllowExtractable ? null : "policy.changed");
        return reason is null ? null : told with { Event = told.Event + ".refused", Outcome = "refused", Reason = reason };
    }

    private SecretBytes Read(FoundObject found, CKA[] types)
    {
        using SecretBytes secret = objects.OpenSecret(found);
        CKO objectClass = found.Record.Class;
        CKK keyType = found.Record.Attributes.KeyType;
        SecretBytes shown = new(types.Sum(type => AttributeBytes.HeaderBytes + ValueOf(secret, objectClass, keyType, type).Length));
        Span<byte> room = shown.Span;
        foreach (CKA type in types)
        {
            room = AttributeBytes.Write(room, type, ValueOf(secret, objectClass, keyType, type));
        }

        return shown;
    }

    private static ReadOnlySpan<byte> ValueOf(SecretBytes secret, CKO objectClass, CKK keyType, CKA type) =>
        objectClass == CKO.CKO_SECRET_KEY ? secret.Span : KeyNumbers.Read(secret.Span, keyType, type);
}
