using System.Collections.Immutable;

namespace CodeSign.Appliance.Governance;

/// <summary>Whoever may call: a person or a service.</summary>
public sealed record Identity : Entity
{
    /// <summary>1..64 characters of [a-z0-9._-], unique.</summary>
    public required string Name { get; init; }

    public IdentityKind Kind { get; init; }

    public ImmutableArray<ApplianceRole> Roles { get; init; } = [];

    public bool Enabled { get; init; } = true;

    public DateTimeOffset Created { get; init; }

    public PasswordHash? Password { get; init; }
}

/// <summary>
/// A password or PIN as it is kept: Argon2id (RFC 9106) over the secret, then HMAC under a key derived from the root key, so that
/// a stolen database alone can't be guessed at.
/// </summary>
/// <param name="Salt">Base64 of 16 random bytes.</param>
/// <param name="Hash">Base64 of 32 bytes.</param>
/// <param name="MemoryKib">Argon2id memory, KiB.</param>
/// <param name="Passes">Argon2id iterations.</param>
public sealed record PasswordHash(string Salt, string Hash, int MemoryKib, int Passes);

/// <summary>A bearer token given to a user or a machine; the token itself is shown once and never kept.</summary>
public sealed record Grant : Entity
{
    /// <summary>What stands before the id of a grant in <see cref="MadeWith"/>.</summary>
    public const string MakerPrefix = "grant:";

    public required string IdentityId { get; init; }

    /// <summary>Hex of HMAC-SHA-256 of the token under a key derived from the root key.</summary>
    public required string TokenHash { get; init; }

    /// <summary>user | machine.</summary>
    public required string Scope { get; init; }

    /// <summary>Ids of the projects it is good for; empty = all its identity may use.</summary>
    public ImmutableArray<string> Projects { get; init; } = [];

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset Expires { get; init; }

    public bool Revoked { get; init; }

    public string Description { get; init; } = "";

    /// <summary>The credential it was made with, as <c>kind:id</c>: whoever ends that one wants to know of this one.</summary>
    public string MadeWith { get; init; } = "";

    /// <summary>Whether it was made with a grant.</summary>
    public bool IsMadeWithGrant => MadeWith.StartsWith(MakerPrefix, StringComparison.Ordinal);

    /// <summary>What <see cref="MadeWith"/> says of grants made with this one.</summary>
    public string AsMaker => MakerPrefix + Id;

    /// <summary>Whether it lets anybody in at this time.</summary>
    public bool IsLive(DateTimeOffset now) => !Revoked && now < Expires;
}

/// <summary>A client certificate's key, bound to one identity. The id is the hex SHA-256 of its SubjectPublicKeyInfo.</summary>
public sealed record ClientCertificate : Entity
{
    public required string IdentityId { get; init; }

    public string Subject { get; init; } = "";

    /// <summary>Base64 DER of the certificate as registered: the certificate itself is the trust anchor for its key.</summary>
    public required string Certificate { get; init; }

    public DateTimeOffset NotAfter { get; init; }
}

public enum IdentityKind
{
    User,
    Service,
}

/// <summary>Roles over the whole appliance.</summary>
public enum ApplianceRole
{
    Administrator,
    Auditor,
}

/// <summary>Roles within one project.</summary>
public enum ProjectRole
{
    Owner,
    KeyUser,
}
