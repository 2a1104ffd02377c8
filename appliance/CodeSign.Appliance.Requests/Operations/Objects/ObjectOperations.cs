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
internal sealed class ObjectOperations(ObjectDoor door, ObjectMaker maker, EndedObjects ended, ApplianceStore store)
{
    public async ValueTask<CreateObjectResponse> CreateAsync(RequestContext context, CreateObjectRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        using SecretValues secrets = SecretValues.Of(context);
        ObjectTemplate template = ObjectDoor.Template(request.Template, secrets.Types);
        AttributeSet attributes = ObjectRules.Create(template, door.IsSecurityOfficer(context, context.Snapshot));
        door.RequireFor(context, context.Snapshot, attributes);
        ObjectDoor.RequirePolicy(context.Project, attributes);
        (StoredObject made, SecretBytes? secret) = maker.FromValues(context, attributes, secrets);
        made = request.CopiesGenerated ? AsGenerated(context, made, SessionObjects.ApplicationOf(request.Application)) : made;
        return new CreateObjectResponse { Object = StoredObjects.ToWire(await maker.KeepAsync(context, [(made, secret)], request.Application)) };
    }

    // CKA_LOCAL of a copy is the original's (PKCS#11 v3.2 section 4.8). The client's word isn't enough, the private half's is.
    private StoredObject AsGenerated(RequestContext context, StoredObject made, string? application)
    {
        if (made.Class != CKO.CKO_PUBLIC_KEY || made.Attributes.Find(CKA_PUBLIC_KEY_INFO) is not { } info || !door.IsUser(context, context.Snapshot))
        {
            return made;
        }

        string publicKey = Convert.ToBase64String(info.Span);
        StoredObject? half = door.Session.Of(context.Caller.IdentityId, application, context.Project.Id)
            .Concat(context.Snapshot.Objects.Values.Where(other => string.Equals(other.ProjectId, context.Project.Id, StringComparison.Ordinal)))
            .FirstOrDefault(other => other.Class == CKO.CKO_PRIVATE_KEY
                && other.Attributes.Is(CKA_LOCAL)
                && string.Equals(other.PublicKey, publicKey, StringComparison.Ordinal));
        return half?.Attributes.Number(CKA_KEY_GEN_MECHANISM) is { } mechanism
            ? made with { Attributes = made.Attributes.With(CKA_LOCAL, value: true).With(CKA_KEY_GEN_MECHANISM, mechanism) }
            : made;
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The maker takes the secret over.")]
    public async ValueTask<CopyObjectResponse> CopyAsync(RequestContext context, CopyObjectRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        string? application = SessionObjects.ApplicationOf(request.Application);
        FoundObject original = door.Find(context, context.Snapshot, request.ObjectId, application);
        ObjectTemplate template = ObjectDoor.Template(request.Template, []);
        AttributeSet attributes = ObjectRules.Copy(
            original.Record.Attributes, template, door.IsSecurityOfficer(context, context.Snapshot));
        RequireOwnPublicKey(original.Record, template);
        door.RequireFor(context, context.Snapshot, attributes);
        ObjectDoor.RequirePolicy(context.Project, attributes);
        if (original.Record.DeviceId is not null)
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "object.on_device", "A key on an HSM is there once; it can't be copied.");
        }

        StoredObject copy = maker.WithNewId(original.Record with { Attributes = attributes, Version = 1, Created = context.Now });
        SecretBytes? secret = copy.Class is CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY ? OpenSecret(original) : null;
        StoredObject kept = await maker.KeepAsync(
            context,
            [(copy, secret)],
            request.Application,
            latest => RequireUnchanged(door.Find(context, latest, request.ObjectId, application), original));
        return new CopyObjectResponse { Object = StoredObjects.ToWire(kept) };
    }

    public async ValueTask<SetAttributesResponse> SetAsync(RequestContext context, SetAttributesRequest request)
    {
        string? application = SessionObjects.ApplicationOf(request.Application);
        ObjectTemplate template = ObjectDoor.Template(request.Template, []);
        (FoundObject Found, StoredObject Changed) Decide(Snapshot snapshot)
        {
            door.RequireAllowed(context, snapshot);
            FoundObject named = door.Find(context, snapshot, request.ObjectId, application);
            AttributeSet attributes = ObjectRules.Set(named.Record.Attributes, template, door.IsSecurityOfficer(context, snapshot));
            RequireOwnPublicKey(named.Record, template);
            ObjectDoor.RequirePolicy(snapshot.Projects[context.Project.Id], attributes);
            if (request.Template.Any(attribute => (CKA)attribute.Type is CKA_LABEL or CKA_ID))
            {
                GovernedNames.RequireFree(snapshot, context.Project.Id, attributes);
            }

            StoredObject wanted = named.Record with { Attributes = attributes, Version = named.Record.Version + 1 };
            ObjectDoor.RequireSize(wanted);
            return (named, wanted);
        }

        (FoundObject found, StoredObject changed) = Decide(context.Snapshot);
        await context.ChangeAsync(latest =>
        {
            (found, changed) = Decide(latest);
            StoreChange change = new();
            return (found.Session is null ? change.Put(changed) : change).Record(Event(context, changed));
        });
        return found.Session?.TryChange(found.Record, changed) ?? true
            ? new SetAttributesResponse { Object = StoredObjects.ToWire(changed) }
            : throw Changed();
    }

    public async ValueTask<DestroyObjectResponse> DestroyAsync(RequestContext context, DestroyObjectRequest request)
    {
        string? application = SessionObjects.ApplicationOf(request.Application);
        FoundObject Decide(Snapshot snapshot)
        {
            door.RequirePart(context, snapshot);
            FoundObject named = door.Find(context, snapshot, request.ObjectId, application);
            return named.Record.Attributes.Is(CKA_DESTROYABLE)
                ? named
                : throw new FaultException(CKR.CKR_ACTION_PROHIBITED, "object.not_destroyable", "This object can't be destroyed (CKA_DESTROYABLE).");
        }

        FoundObject found = Decide(context.Snapshot);
        await context.ChangeAsync(latest =>
        {
            found = Decide(latest);
            StoreChange change = new();
            return (found.Session is null ? EndedObjects.End(change, found.Record) : change).Record(Event(context, found.Record));
        });
        if (found.Session is not null)
        {
            door.Session.Remove(context.Caller.IdentityId, application!, found.Record.Id);
        }
        else
        {
            // Nobody can use it any more; what else is left of it goes now, whether the caller still waits or not.
            await ended.ForgetAsync(context, found.Record);
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

    private static void RequireOwnPublicKey(StoredObject original, ObjectTemplate template)
    {
        if (original.PublicKey.Length > 0)
        {
            ObjectMaker.RequirePublicKeyInfo(template.Find(CKA_PUBLIC_KEY_INFO), Convert.FromBase64String(original.PublicKey));
        }
    }

    // What was closed, or ended, meanwhile isn't copied as it was.
    private static void RequireUnchanged(FoundObject now, FoundObject original)
    {
        if (!ReferenceEquals(now.Record, original.Record))
        {
            throw Changed();
        }
    }

    private static FaultException Changed() =>
        new(CKR.CKR_FUNCTION_FAILED, "object.changed", "The object was changed meanwhile; try again.");

    private static AuditEvent Event(RequestContext context, StoredObject changed) => context.Event() with
    {
        Environment = SigningEnvironment.BuiltInName,
        Key = changed.Id,
        Detail = ObjectMaker.Describe(changed),
    };
}
