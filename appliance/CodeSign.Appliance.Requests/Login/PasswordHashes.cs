using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Requests.Login;

/// <summary>Between custody's hashed password and governance's stored form.</summary>
internal static class PasswordHashes
{
    public static HashedPassword ToCustody(PasswordHash stored) => new(
        Convert.FromBase64String(stored.Salt), Convert.FromBase64String(stored.Hash), stored.MemoryKib, stored.Passes);

    public static PasswordHash ToGovernance(HashedPassword hashed) => new(
        Convert.ToBase64String(hashed.Salt), Convert.ToBase64String(hashed.Hash), hashed.MemoryKib, hashed.Passes);
}
