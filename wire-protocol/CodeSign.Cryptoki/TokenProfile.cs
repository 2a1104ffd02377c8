using static CodeSign.Cryptoki.CKP;

namespace CodeSign.Cryptoki;

/// <summary>One row per profile of PKCS#11 Profiles v3.2: whether the token satisfies it, and why.</summary>
/// <param name="Id">CKA_PROFILE_ID.</param>
/// <param name="Name">The standard's name.</param>
/// <param name="Claimed">Whether there is a profile object.</param>
/// <param name="Why">One sentence for FEATURES.md.</param>
public sealed record TokenProfile(ulong Id, string Name, bool Claimed, string Why)
{
    /// <summary>Every profile of the standard, in the order of the numbers.</summary>
    public static IReadOnlyList<TokenProfile> All { get; } =
    [
        new(
            CKP_BASELINE_PROVIDER,
            nameof(CKP_BASELINE_PROVIDER),
            Claimed: true,
            "Interfaces, slots, tokens, sessions, searches and attributes work, and this object says so."),
        new(
            CKP_EXTENDED_PROVIDER,
            nameof(CKP_EXTENDED_PROVIDER),
            Claimed: true,
            "C_GetMechanismList, C_GetMechanismInfo, C_Login, C_LoginUser and C_Logout work."),
        new(
            CKP_AUTHENTICATION_TOKEN,
            nameof(CKP_AUTHENTICATION_TOKEN),
            Claimed: true,
            "Private keys sign after a login, at once and in parts, and have public keys."),
        new(
            CKP_PUBLIC_CERTIFICATES_TOKEN,
            nameof(CKP_PUBLIC_CERTIFICATES_TOKEN),
            Claimed: true,
            "An environment's certificates and public keys are found without a login, under the CKA_ID of their private key. "
                + "What an application writes itself is as public as it says, under the id it gives."),
        new(CKP_COMPLETE_PROVIDER, nameof(CKP_COMPLETE_PROVIDER), Claimed: false, "It wants every function and mechanism of the standard."),
        new(CKP_HKDF_TLS_TOKEN, nameof(CKP_HKDF_TLS_TOKEN), Claimed: false, "There is no CKM_HKDF_DATA: keys here sign code, not connections."),
    ];
}
