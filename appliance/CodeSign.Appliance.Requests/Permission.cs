namespace CodeSign.Appliance.Requests;

/// <summary>What a caller must be for an operation: a column of the operation table, so that no handler can forget it.</summary>
public enum Permission
{
    /// <summary>Anyone who can connect: hello alone.</summary>
    Anyone,

    /// <summary>Anyone authenticated.</summary>
    Authenticated,

    /// <summary>The appliance's Administrator.</summary>
    Administrator,

    /// <summary>The appliance's Auditor or Administrator.</summary>
    AuditReader,

    /// <summary>Any role in the project that the request names.</summary>
    ProjectMember,

    /// <summary>Any role in the project that the request names, or the appliance's Administrator.</summary>
    ProjectMemberOrAdministrator,

    /// <summary>Owner of the project that the request names.</summary>
    ProjectOwner,

    /// <summary>Owner of the project that the request names, or the appliance's Administrator.</summary>
    ProjectOwnerOrAdministrator,

    /// <summary>KeyUser of the project that the request names; which keys, the signing policy says.</summary>
    KeyUser,

    /// <summary>Whoever sits at the server itself.</summary>
    Local,
}

/// <summary>What an operation leaves behind.</summary>
public enum Effect
{
    /// <summary>Nothing: only refusals are recorded.</summary>
    Reads,

    /// <summary>A record, durable before the answer leaves; an answer without one is our fault.</summary>
    Records,
}
