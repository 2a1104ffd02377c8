using System.Diagnostics.CodeAnalysis;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Wire.V1;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>C_CreateObject, C_CopyObject, C_SetAttributeValue, C_DestroyObject, and the end of an application.</summary>
internal sealed class ObjectOperations(ObjectDoor door, ObjectMaker maker, Backends backends, ApplianceStore store)
{
    public async ValueTask<CreateObjectResponse> CreateAsync(RequestContext context, CreateObjectRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        using SecretValues secrets = SecretValues.Of(context);
        ObjectTemplate template = ObjectDoor.Template(request.Template, secrets.Types);
        AttributeSet attributes = ObjectRules.Create(template, door.IsSecurityOfficer(context));
        door.RequireFor(context, attributes);
        ObjectDoor.RequirePolicy(context.Project, attributes);
        (StoredObject made, SecretBytes? secret) = maker.FromValues(context, attributes, secrets);
        return new CreateObjectResponse { Object = StoredObjects.ToWire(await maker.KeepAsync(context, [(made, secret)], request.Application)) };
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The maker takes the secret over.")]
    public async ValueTask<CopyObjectResponse> CopyAsync(RequestContext context, CopyObjectRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        FoundObject original = door.Find(context, request.ObjectId, SessionObjects.ApplicationOf(request.Application));
        AttributeSet attributes = ObjectRules.Copy(
            original.Record.Attributes, ObjectDoor.Template(request.Template, []), door.IsSecurityOfficer(context));
        door.RequireFor(context, attributes);
        ObjectDoor.RequirePolicy(context.Project, attributes);
        if (original.Record.DeviceId is not null)
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "object.on_device", "A key on an HSM is there once; it can't be copied.");
        }

        StoredObject copy = maker.WithNewId(original.Record with { Attributes = attributes, Version = 1, Created = context.Now });
        SecretBytes? secret = copy.Class is CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY ? OpenSecret(original) : null;
        StoredObject kept = await maker.KeepAsync(
            context, [(copy, secret)], request.Application, latest => RequireUnchanged(latest, original));
        return new CopyObjectResponse { Object = StoredObjects.ToWire(kept) };
    }

    public async ValueTask<SetAttributesResponse> SetAsync(RequestContext context, SetAttributesRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        FoundObject found = door.Find(context, request.ObjectId, SessionObjects.ApplicationOf(request.Application));
        ObjectTemplate template = ObjectDoor.Template(request.Template, []);
        bool bySecurityOfficer = door.IsSecurityOfficer(context);
        if (found.Session is { } entry)
        {
            StoredObject old = entry.Record;
            StoredObject changed = Changed(context.Project, old, template, bySecurityOfficer);
            await context.RecordAsync(Event(context, changed));
            return entry.TryChange(old, changed)
                ? new SetAttributesResponse { Object = StoredObjects.ToWire(changed) }
                : throw new FaultException(CKR.CKR_FUNCTION_FAILED, "object.changed", "The object was changed meanwhile; try again.");
        }

        StoredObject? written = null;
        await context.ChangeAsync(latest =>
        {
            door.RequireAllowed(context, latest);
            StoredObject current = latest.Objects.GetValueOrDefault(found.Record.Id) ?? throw ObjectDoor.Unknown();
            written = Changed(latest.Projects[context.Project.Id], current, template, bySecurityOfficer);
            return new StoreChange().Put(written).Record(Event(context, written));
        });
        return new SetAttributesResponse { Object = StoredObjects.ToWire(written!) };
    }

    public async ValueTask<DestroyObjectResponse> DestroyAsync(RequestContext context, DestroyObjectRequest request)
    {
        door.RequirePart(context, context.Snapshot);
        string? application = SessionObjects.ApplicationOf(request.Application);
        FoundObject found = door.Find(context, request.ObjectId, application);
        if (!found.Record.Attributes.Is(CKA_DESTROYABLE))
        {
            throw new FaultException(CKR.CKR_ACTION_PROHIBITED, "object.not_destroyable", "This object can't be destroyed (CKA_DESTROYABLE).");
        }

        if (found.Session is not null)
        {
            await context.RecordAsync(Event(context, found.Record));
            door.Session.Remove(context.Caller.IdentityId, application!, found.Record.Id);
            return new DestroyObjectResponse();
        }

        await context.ChangeAsync(latest =>
        {
            door.RequirePart(context, latest);
            StoredObject current = latest.Objects.GetValueOrDefault(found.Record.Id) ?? throw ObjectDoor.Unknown();
            return new StoreChange().Remove(current).Record(Event(context, current));
        });
        if (found.Record.Algorithm.Length > 0)
        {
            // The store has forgotten it; what else is left of it is forgotten now, whether the caller still waits or not.
            await ForgetKeyAsync(found.Record);
        }

        return new DestroyObjectResponse();
    }

    public ValueTask<EndApplicationResponse> EndApplicationAsync(RequestContext context, EndApplicationRequest request)
    {
        if (SessionObjects.ApplicationOf(request.Application) is { } application)
        {
            door.Session.End(context.Caller.IdentityId, application, request.ProjectId.Length == 0 ? null : request.ProjectId);
        }

        return new(new EndApplicationResponse());
    }

    /// <summary>What is sealed beside a key; the caller disposes it.</summary>
    public SecretBytes OpenSecret(FoundObject found) => found.Session?.CopySecret() ?? store.OpenSecret(found.Record);

    /// <summary>Forgets what is left of a key that the store has forgotten.</summary>
    public async Task ForgetKeyAsync(StoredObject gone)
    {
        try
        {
            await backends.Of(gone).DestroyAsync(ObjectDoor.Reference(gone, null), CancellationToken.None);
        }
        catch (FaultException away)
        {
            throw new FaultException(
                away.Status, away.Reason, $"{away.Message} The object is gone; its key is still on the device, labelled {gone.Id}.");
        }
    }

    // What was closed, or ended, meanwhile isn't copied as it was.
    private static void RequireUnchanged(Snapshot latest, FoundObject original)
    {
        if (!ReferenceEquals(original.Session?.Record ?? latest.Objects.GetValueOrDefault(original.Record.Id), original.Record))
        {
            throw new FaultException(CKR.CKR_FUNCTION_FAILED, "object.changed", "The object was changed meanwhile; try again.");
        }
    }

    private static StoredObject Changed(Project project, StoredObject current, ObjectTemplate template, bool bySecurityOfficer)
    {
        AttributeSet attributes = ObjectRules.Set(current.Attributes, template, bySecurityOfficer);
        ObjectDoor.RequirePolicy(project, attributes);
        return current with { Attributes = attributes, Version = current.Version + 1 };
    }

    private static AuditEvent Event(RequestContext context, StoredObject changed) => context.Event() with
    {
        Environment = SigningEnvironment.BuiltInName,
        Key = changed.Id,
        Detail = ObjectMaker.Describe(changed),
    };
}
