using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;

namespace CodeSign.Appliance.Governance;

/// <summary>
/// Whether a key may be used: a pure function over a snapshot, in the order of ARCHITECTURE.md (Policy). No clock, no disk.
/// </summary>
public static class SigningPolicy
{
    /// <summary>The reason where a project wants no objects of applications' own.</summary>
    public const string ObjectsOff = "objects.off";

    public static Decision Decide(Snapshot snapshot, in KeyUse use)
    {
        UsableKey? key = use.SessionKey ?? snapshot.FindKey(use.KeyId);
        if (key is null
            || !string.Equals(key.Environment.ProjectId, use.Project.Id, StringComparison.Ordinal)
            || !snapshot.Projects.TryGetValue(use.Project.Id, out Project? project)
            || !Roles.MayUse(project, use.IdentityId, key.Environment.Name))
        {
            // One answer for "no such key" and "not yours": nobody learns what exists.
            return Decision.Denied(CKR.CKR_KEY_HANDLE_INVALID, "key.unknown", "There is no such key among those you may use.");
        }

        // A session's key was made under the policy of then, and is used under that of now.
        SigningEnvironment environment = use.SessionKey is null ? key.Environment : project.ObjectEnvironment();
        Decision on = Switch(project, environment);
        if (!on.IsAllowed)
        {
            return on;
        }

        if (key.State != KeyState.Active)
        {
            return Decision.Denied(
                CKR.CKR_FUNCTION_REJECTED, "key.not_active", $"Key {key.Name} is not active any more; use the current key.");
        }

        if (!key.Signs)
        {
            return Decision.Denied(
                CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, "key.use", "The key isn't made for signing (CKA_SIGN).");
        }

        // A bare RSA signature is a decryption: of what was wrapped for the key, too.
        if (key.Attributes is { } attributes && TransportRules.Carries(attributes) && use.Mechanism.Scheme == SignatureScheme.RsaRaw)
        {
            return Decision.Denied(
                CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, "key.use", "A key that unwraps others does no bare RSA (CKA_UNWRAP).");
        }

        return key.Attributes?.Permits(use.Mechanism.Mechanism) == false
            ? Decision.Denied(
                CKR.CKR_MECHANISM_INVALID, "key.mechanism", $"The key isn't made for {use.Mechanism.Mechanism} (CKA_ALLOWED_MECHANISMS).")
            : DecideMechanism(environment, key.Algorithm, use);
    }

    /// <summary>Whether project and environment are switched on.</summary>
    public static Decision Switch(Snapshot snapshot, string environmentId) =>
        snapshot.Environments.TryGetValue(environmentId, out SigningEnvironment? environment)
        && snapshot.Projects.TryGetValue(environment.ProjectId, out Project? project)
            ? Switch(project, environment)
            : Decision.Denied(CKR.CKR_KEY_HANDLE_INVALID, "key.unknown", "There is no such environment any more.");

    private static Decision Switch(Project project, SigningEnvironment environment) =>
        !project.Enabled
            ? Decision.Denied(CKR.CKR_FUNCTION_REJECTED, "project.disabled", $"Project {project.Name} is disabled; ask its owner.")
        : environment.IsBuiltIn && !environment.Enabled
            ? Decision.Denied(
                CKR.CKR_FUNCTION_REJECTED,
                ObjectsOff,
                $"Project {project.Name} has switched off what applications made, their keys too; its owner allows it with 'csctl project set {project.Name} --objects true'.")
        : !environment.Enabled
            ? Decision.Denied(CKR.CKR_FUNCTION_REJECTED, "environment.disabled", $"Environment {environment.Name} is disabled; ask its owner.")
        : Decision.Allowed;

    private static Decision DecideMechanism(SigningEnvironment environment, string algorithm, in KeyUse use)
    {
        if (KeyAlgorithm.Find(algorithm)?.KeyType != use.Mechanism.KeyType)
        {
            return Decision.Denied(
                CKR.CKR_KEY_TYPE_INCONSISTENT, "mechanism.key_type", $"{use.Mechanism.Mechanism} does not work with a key of {environment.Name}.");
        }

        if (use.Mechanism.Scheme == SignatureScheme.RsaRaw && !environment.Policy.AllowRawRsa)
        {
            return Decision.Denied(
                CKR.CKR_MECHANISM_INVALID,
                "policy.mechanism",
                $"CKM_RSA_X_509 is not allowed in {environment.Name}; its owner can allow it with --allow-raw-rsa.");
        }

        if (use.Hash == HashKind.Sha1 && !environment.Policy.AllowSha1)
        {
            return Decision.Denied(
                CKR.CKR_MECHANISM_INVALID,
                "policy.hash",
                $"SHA-1 and older hashes are not allowed in {environment.Name}; sign with SHA-256 or ask its owner for --allow-sha1.");
        }

        return Decision.Allowed;
    }
}
