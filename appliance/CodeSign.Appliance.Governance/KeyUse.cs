using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Governance;

/// <summary>One use of a key that is asked for: all a policy may look at.</summary>
/// <param name="IdentityId">Who asks.</param>
/// <param name="Project">In which project.</param>
/// <param name="KeyId">With which key.</param>
/// <param name="Mechanism">How.</param>
/// <param name="Hash">The hash in front, as far as it can be told; <see cref="HashKind.None"/> = unknown.</param>
/// <param name="Now">When.</param>
/// <param name="SessionKey">The key itself, where it is a session object that governance doesn't know; else null.</param>
public readonly record struct KeyUse(
    string IdentityId, Project Project, string KeyId, SignatureMechanism Mechanism, HashKind Hash, DateTimeOffset Now,
    UsableKey? SessionKey = null);
