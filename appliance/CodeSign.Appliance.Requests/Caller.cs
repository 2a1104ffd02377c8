using System.Security.Cryptography;
using System.Text;
using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Requests;

/// <summary>Somebody authenticated on a connection. Whether the credential still holds is asked again at every request.</summary>
/// <param name="IdentityId">The identity's id; <see cref="LocalId"/> for the local socket.</param>
/// <param name="Name">For records and messages.</param>
/// <param name="Credential">How.</param>
/// <param name="CredentialId">Id of the grant or certificate, the password's salt; empty for the local socket.</param>
public sealed record Caller(string IdentityId, string Name, CredentialKind Credential, string CredentialId)
{
    /// <summary>The identity id of whoever sits at the server itself.</summary>
    public const string LocalId = "local";

    /// <summary>The caller behind the local socket.</summary>
    public static Caller Local { get; } = new(LocalId, "local", CredentialKind.Local, "");

    /// <summary>What login tickets are bound to: hex of the first 16 bytes of SHA-256 of kind and id of the credential.</summary>
    internal string CredentialHash { get; } = Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{Credential}:{CredentialId}")).AsSpan(0, 16));

    /// <summary>What <see cref="Grant.MadeWith"/> says of grants made with this credential.</summary>
    internal string AsMaker => Credential switch
    {
        CredentialKind.Grant => Grant.MakerPrefix + CredentialId,
        CredentialKind.Certificate => CertificateAsMaker(CredentialId),
        CredentialKind.Password => PasswordAsMaker(IdentityId),
        CredentialKind.Local => "local",
    };

    /// <summary>What <see cref="Grant.MadeWith"/> says of grants made with this user's password, the present or an older one.</summary>
    internal static string PasswordAsMaker(string identityId) => "password:" + identityId;

    /// <summary>What it says of grants made with a client certificate.</summary>
    internal static string CertificateAsMaker(string certificateId) => "certificate:" + certificateId;

    /// <summary>True while credential and identity hold in this snapshot.</summary>
    internal bool Holds(Snapshot snapshot, DateTimeOffset now)
    {
        if (Credential == CredentialKind.Local)
        {
            return true;
        }

        if (!snapshot.Identities.TryGetValue(IdentityId, out Identity? identity) || !identity.Enabled)
        {
            return false;
        }

        return Credential switch
        {
            CredentialKind.Grant => snapshot.Grants.TryGetValue(CredentialId, out Grant? grant) && grant.IsLive(now),
            CredentialKind.Certificate => snapshot.ClientCertificates.TryGetValue(CredentialId, out ClientCertificate? certificate)
                && string.Equals(certificate.IdentityId, IdentityId, StringComparison.Ordinal) && now < certificate.NotAfter,
            CredentialKind.Password => string.Equals(identity.Password?.Salt, CredentialId, StringComparison.Ordinal),
            CredentialKind.Local => true,
        };
    }

    /// <summary>True when the caller holds this role over the appliance.</summary>
    internal bool Has(Snapshot snapshot, ApplianceRole role) => Credential == CredentialKind.Local
        ? role == ApplianceRole.Administrator
        : snapshot.Identities.TryGetValue(IdentityId, out Identity? identity) && identity.Roles.Contains(role)

            // A grant narrowed to projects doesn't carry a role over the whole appliance.
            && (Credential != CredentialKind.Grant || (snapshot.Grants.TryGetValue(CredentialId, out Grant? grant) && grant.Projects.IsEmpty));

    /// <summary>True unless the caller's grant is narrowed to other projects.</summary>
    internal bool Reaches(Snapshot snapshot, string projectId) => Credential != CredentialKind.Grant
        || (snapshot.Grants.TryGetValue(CredentialId, out Grant? grant)
            && (grant.Projects.IsEmpty || grant.Projects.Contains(projectId, StringComparer.Ordinal)));

    /// <summary>True unless the caller's grant is narrowed and this one reaches further.</summary>
    internal bool Reaches(Snapshot snapshot, Grant other) => Credential != CredentialKind.Grant
        || (snapshot.Grants.TryGetValue(CredentialId, out Grant? grant)
            && (grant.Projects.IsEmpty
                || (!other.Projects.IsEmpty && other.Projects.All(project => grant.Projects.Contains(project, StringComparer.Ordinal)))));
}
