using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Wire.V1;
using Google.Protobuf.Collections;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>
/// What every operation on applications' objects asks first: whether the project lets them make objects, whether the caller may, and
/// which object is meant.
/// </summary>
internal sealed class ObjectDoor(TicketGate gate, SessionObjects session)
{
    public SessionObjects Session => session;

    /// <summary>True where the SO is logged in.</summary>
    public bool IsSecurityOfficer(RequestContext context, Snapshot snapshot) => gate.Find(context, snapshot)?.UserType == UserType.UserSo;

    /// <summary>True where private objects may be seen.</summary>
    public bool IsUser(RequestContext context, Snapshot snapshot) => gate.IsUser(context, snapshot);

    /// <summary>Refuses where the project wants none of this, or the caller has no part in it.</summary>
    public void RequireAllowed(RequestContext context, Snapshot snapshot)
    {
        Project project = ProjectOf(context, snapshot);
        if (!project.Objects.Allow)
        {
            gate.RequireNoneEnded(context, snapshot);
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED,
                SigningPolicy.ObjectsOff,
                $"Applications make no objects in project {project.Name}; its owner allows it with 'csctl project set {project.Name} --objects true'.");
        }

        RequirePart(context, snapshot);
        GovernedNames.RequireNoOlderDefault(snapshot, project);
    }

    /// <summary>Refuses who has no part in what applications made: enough to clear it away, where the project wants no more of it.</summary>
    public void RequirePart(RequestContext context, Snapshot snapshot)
    {
        gate.RequireNoneEnded(context, snapshot);
        Project project = ProjectOf(context, snapshot);
        if (!project.Enabled)
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "project.disabled", $"Project {project.Name} is disabled; ask its owner.");
        }

        if (!Roles.MayUse(project, context.Caller.IdentityId, SigningEnvironment.BuiltInName))
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED, "role.missing", $"This needs you to be KeyUser of project {project.Name}, environment default.");
        }
    }

    private static Project ProjectOf(RequestContext context, Snapshot snapshot) =>
        snapshot.Projects.GetValueOrDefault(context.Project.Id) ?? context.Project;

    /// <summary>Refuses what only the logged-in user may touch.</summary>
    public void RequireFor(RequestContext context, Snapshot snapshot, AttributeSet attributes)
    {
        if (attributes.Is(CKA.CKA_PRIVATE))
        {
            gate.RequireUser(context, snapshot);
        }
    }

    /// <summary>An object's attributes within what the project allows.</summary>
    public static void RequirePolicy(Project project, AttributeSet attributes)
    {
        // A key that leaves wrapped alone isn't one that can be read out.
        bool isOpen = !attributes.Is(CKA.CKA_SENSITIVE) || (attributes.Is(CKA.CKA_EXTRACTABLE) && !project.Objects.AllowWrap);
        if (attributes.Class is CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY && !project.Objects.AllowExtractable && isOpen)
        {
            throw new FaultException(
                CKR.CKR_TEMPLATE_INCONSISTENT,
                "policy.extractable",
                $"Keys of project {project.Name} are CKA_SENSITIVE and not CKA_EXTRACTABLE; its owner allows others with 'csctl project set {project.Name} --extractable true'.");
        }
    }

    /// <summary>Refuses an object that has grown too large, by whatever way.</summary>
    public static void RequireSize(StoredObject made)
    {
        if (made.Bytes > Wire.ProtocolLimits.ObjectBytesMax)
        {
            throw new FaultException(
                CKR.CKR_DEVICE_MEMORY, "object.too_large", $"An object has at most {Wire.ProtocolLimits.ObjectBytesMax} bytes of values.");
        }
    }

    public static ObjectTemplate Template(RepeatedField<CodeSign.Wire.V1.Attribute> given, IReadOnlyList<CKA> secrets)
    {
        if (given.Count + secrets.Count > Wire.ProtocolLimits.TemplateAttributesMax
            || given.Sum(attribute => attribute.Value.Length) > Wire.ProtocolLimits.ObjectBytesMax)
        {
            throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD,
                "template.too_long",
                $"A template has at most {Wire.ProtocolLimits.TemplateAttributesMax} attributes and {Wire.ProtocolLimits.ObjectBytesMax} bytes of values.");
        }

        return new ObjectTemplate([.. given.Select(attribute => new ObjectAttribute((CKA)attribute.Type, attribute.Value.Memory))], secrets);
    }

    /// <summary>The object that an id names, in the store or the caller's session; refuses what the caller doesn't see.</summary>
    /// <exception cref="FaultException">object.unknown; object.governed for one that csctl made.</exception>
    public FoundObject Find(RequestContext context, Snapshot snapshot, Google.Protobuf.ByteString objectId, string? application)
    {
        string? recordId = ObjectIds.RecordIdOf(objectId.Span);
        if (recordId is not null
            && snapshot.FindObject(recordId) is { } stored
            && string.Equals(stored.ProjectId, context.Project.Id, StringComparison.Ordinal)
            && IsSeen(context, snapshot, stored))
        {
            return new FoundObject(stored, null);
        }

        if (recordId is not null
            && session.Find(context.Caller.IdentityId, application, recordId, context.Project.Id) is { } own
            && IsSeen(context, snapshot, own.Record))
        {
            return new FoundObject(own.Record, own);
        }

        if (recordId is not null && snapshot.Keys.ContainsKey(recordId))
        {
            throw new FaultException(
                CKR.CKR_ACTION_PROHIBITED, "object.governed", "Keys and certificates of environments are made and changed by csctl, under the project's rules.");
        }

        throw Unknown();
    }

    /// <summary>Which objects that applications made the caller sees: those that want no login, those that do.</summary>
    public (bool Open, bool Private) Sight(RequestContext context, Snapshot snapshot)
    {
        Project project = ProjectOf(context, snapshot);
        bool open = Roles.MaySee(project, context.Caller.IdentityId, SigningEnvironment.BuiltInName);
        return (open, open && gate.IsUser(context, snapshot) && Roles.MayUse(project, context.Caller.IdentityId, SigningEnvironment.BuiltInName));
    }

    private bool IsSeen(RequestContext context, Snapshot snapshot, StoredObject stored)
    {
        (bool open, bool whenLoggedIn) = Sight(context, snapshot);
        return stored.IsAliveIn(ProjectOf(context, snapshot)) && (stored.WantsLogin ? whenLoggedIn : open);
    }

    /// <summary>Why what these objects are about to be used for may not be done any more on a later state, or null.</summary>
    public string? WhyWithdrawn(RequestContext context, Snapshot latest, params IEnumerable<FoundObject> used)
    {
        Admission admission = Admission.Decide(context, latest, context.Project.Id);
        if (!admission.IsAllowed)
        {
            return admission.Reason;
        }

        if (!used.All(found => found.IsUnchanged(latest)))
        {
            return "policy.changed";
        }

        try
        {
            RequireAllowed(context, latest);
            foreach (FoundObject found in used)
            {
                RequireFor(context, latest, found.Record.Attributes);
            }

            return null;
        }
        catch (FaultException withdrawn)
        {
            return withdrawn.Reason;
        }
    }

    public static FaultException Unknown() => new(CKR.CKR_OBJECT_HANDLE_INVALID, "object.unknown", "There is no such object any more.");

    /// <summary>A key as backends want it, with its secret from wherever it is.</summary>
    public static KeyReference Reference(StoredObject key, Func<SecretBytes>? open) => new(
        key.Id,
        KeyAlgorithm.Find(key.Algorithm) ?? throw new InvalidOperationException($"Key {key.Id} has no known algorithm."),
        Convert.FromBase64String(key.PublicKey),
        key.DeviceId is null ? null : Convert.FromHexString(key.DeviceId),
        key.DeviceId is null ? open : null);
}
