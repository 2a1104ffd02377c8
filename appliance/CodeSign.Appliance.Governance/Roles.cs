namespace CodeSign.Appliance.Governance;

/// <summary>Who is what in a project.</summary>
public static class Roles
{
    /// <summary>True when the identity holds the role in the project, for all or for some of its environments.</summary>
    public static bool Has(Project project, string identityId, ProjectRole role)
    {
        foreach (Membership member in project.Members)
        {
            if (member.Role == role && string.Equals(member.IdentityId, identityId, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True when the identity has any role in the project.</summary>
    public static bool IsMember(Project project, string identityId) =>
        Has(project, identityId, ProjectRole.Owner) || Has(project, identityId, ProjectRole.KeyUser);

    /// <summary>True when the identity may use the private keys of this environment: KeyUser there. An Owner alone may not.</summary>
    public static bool MayUse(Project project, string identityId, string environment) =>
        HasFor(project, identityId, ProjectRole.KeyUser, environment);

    /// <summary>True when the identity may see this environment: any role that isn't narrowed to others.</summary>
    public static bool MaySee(Project project, string identityId, string environment) =>
        HasFor(project, identityId, ProjectRole.KeyUser, environment) || HasFor(project, identityId, ProjectRole.Owner, environment);

    private static bool HasFor(Project project, string identityId, ProjectRole role, string environment)
    {
        foreach (Membership member in project.Members)
        {
            if (member.Role == role
                && string.Equals(member.IdentityId, identityId, StringComparison.Ordinal)
                && (member.Environments.IsEmpty || member.Environments.Contains(environment, StringComparer.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }
}
