using static CodeSign.Cryptoki.CKO;

namespace CodeSign.Cryptoki;

/// <summary>One row per class of objects: whom they come from, and why.</summary>
/// <param name="Class">CKA_CLASS.</param>
/// <param name="Source">Who makes them.</param>
/// <param name="Why">One sentence for FEATURES.md, where it isn't plain.</param>
public sealed record ObjectClassRow(CKO Class, ObjectSource Source, string Why)
{
    /// <summary>Every class of the standard, in the order of the numbers.</summary>
    public static IReadOnlyList<ObjectClassRow> All { get; } =
    [
        new(CKO_DATA, ObjectSource.Application, ""),
        new(CKO_CERTIFICATE, ObjectSource.Application, "X.509."),
        new(CKO_PUBLIC_KEY, ObjectSource.Application, ""),
        new(CKO_PRIVATE_KEY, ObjectSource.Application, ""),
        new(CKO_SECRET_KEY, ObjectSource.Application, ""),
        new(CKO_HW_FEATURE, ObjectSource.Nobody, "The token has no clock, counter or display of its own to tell of."),
        new(CKO_DOMAIN_PARAMETERS, ObjectSource.Nobody, "They are for DSA and Diffie-Hellman, which there are no keys of; a curve's parameters stand in its keys."),
        new(CKO_MECHANISM, ObjectSource.Module, "One per mechanism; found where the template asks for the class, so that older programs don't meet what they don't know."),
        new(CKO_OTP_KEY, ObjectSource.Nobody, "No keys for one-time passwords."),
        new(CKO_PROFILE, ObjectSource.Module, "One per profile that holds; found as other objects are."),
        new(CKO_VALIDATION, ObjectSource.Nobody, "Nobody has validated the module, so it doesn't say so."),
        new(CKO_TRUST, ObjectSource.Nobody, "Whom to trust is for the application to know."),
    ];

    /// <summary>The row of a class, or null where it isn't the standard's.</summary>
    public static ObjectClassRow? Find(CKO objectClass) => All.FirstOrDefault(row => row.Class == objectClass);
}
