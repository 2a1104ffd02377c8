using CodeSign.Appliance.Governance;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests;

/// <summary>Whether a request may run: the operation's row against the caller, on one state of governance.</summary>
internal readonly record struct Admission(CKR Status, string Reason, string Sentence)
{
    public bool IsAllowed => Status == CKR.CKR_OK;

    private static Admission Allowed => new(CKR.CKR_OK, "", "");

    public static Admission Decide(RequestContext context, Snapshot snapshot, string? projectId) =>
        Decide(context.Operation.Permission, context.KnownCaller, snapshot, projectId, context.Now);

    /// <summary>A pure function of what is asked for, who asks, and the state of governance.</summary>
    public static Admission Decide(Permission permission, Caller? caller, Snapshot snapshot, string? projectId, DateTimeOffset now)
    {
        if (permission == Permission.Anyone)
        {
            return Allowed;
        }

        if (caller is null)
        {
            return new(
                CKR.CKR_USER_NOT_LOGGED_IN,
                "identity.missing",
                "Nobody is authenticated on this connection; run 'csctl login', or configure a client certificate.");
        }

        if (!caller.Holds(snapshot, now))
        {
            return new(
                CKR.CKR_USER_NOT_LOGGED_IN,
                "identity.ended",
                "The grant or certificate was revoked or has expired, or its user is disabled; run 'csctl login' again.");
        }

        return permission switch
        {
            Permission.Anyone or Permission.Authenticated => Allowed,
            Permission.Administrator => Require(caller.Has(snapshot, ApplianceRole.Administrator), "the appliance's Administrator"),
            Permission.AuditReader => Require(
                caller.Has(snapshot, ApplianceRole.Auditor) || caller.Has(snapshot, ApplianceRole.Administrator),
                "the appliance's Auditor"),
            Permission.Local => Require(caller.Credential == CredentialKind.Local, "at the server itself (codesignd)"),
            Permission.ProjectMember or Permission.ProjectMemberOrAdministrator or Permission.ProjectOwner or Permission.ProjectOwnerOrAdministrator or Permission.KeyUser =>
                DecideProject(permission, caller, snapshot, projectId),
        };
    }

    public FaultException ToFault() => new(Status, Reason, Sentence);

    private static Admission DecideProject(Permission permission, Caller caller, Snapshot snapshot, string? projectId)
    {
        Project? project = projectId is null ? null : snapshot.Projects.GetValueOrDefault(projectId);
        bool administrator = caller.Has(snapshot, ApplianceRole.Administrator);
        bool visible = project is not null
            && caller.Reaches(snapshot, project.Id)
            && (administrator || Roles.IsMember(project, caller.IdentityId));
        if (project is null || !visible)
        {
            // One answer for "no such project" and "not yours": nobody learns what exists.
            return new(CKR.CKR_SLOT_ID_INVALID, "project.unknown", "There is no such project among those you may use.");
        }

        return permission switch
        {
            Permission.ProjectOwner => Require(Roles.Has(project, caller.IdentityId, ProjectRole.Owner), $"Owner of project {project.Name}"),
            Permission.ProjectOwnerOrAdministrator => Require(
                administrator || Roles.Has(project, caller.IdentityId, ProjectRole.Owner), $"Owner of project {project.Name}"),
            Permission.KeyUser => Require(
                Roles.Has(project, caller.IdentityId, ProjectRole.KeyUser), $"KeyUser of project {project.Name}"),
            Permission.ProjectMember => Require(Roles.IsMember(project, caller.IdentityId), $"a member of project {project.Name}"),
            _ => Allowed,
        };
    }

    private static Admission Require(bool holds, string what) => holds
        ? Allowed
        : new(CKR.CKR_FUNCTION_REJECTED, "role.missing", $"This needs you to be {what}.");
}
