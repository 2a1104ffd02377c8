namespace CodeSign.Cryptoki;

/// <summary>One row per attribute type: templates, answers, FEATURES.md and tests are queries over these rows.</summary>
/// <param name="Attribute">The standard's number and name.</param>
/// <param name="Kind">What its value is made of.</param>
/// <param name="WhyNot">Null where our objects have it; else one sentence for FEATURES.md.</param>
/// <param name="Uses">Where it stands and what rules it there; no class stands in two of them.</param>
public sealed record AttributeRow(CKA Attribute, AttributeKind Kind, string? WhyNot, IReadOnlyList<AttributeUse> Uses)
{
    private static readonly Dictionary<CKA, AttributeRow> ByAttribute = AttributeTable.Rows().ToDictionary(row => row.Attribute);

    /// <summary>Every row, in the order of the attribute numbers.</summary>
    public static IReadOnlyList<AttributeRow> All { get; } = [.. ByAttribute.Values.OrderBy(row => row.Attribute)];

    /// <summary>True where our objects have it.</summary>
    public bool Supported => WhyNot is null;

    /// <summary>Every class it stands in.</summary>
    public ObjectClasses Classes => Uses.Aggregate(ObjectClasses.None, (all, use) => all | use.Classes);

    /// <summary>The row of an attribute, or null where the standard has none (a vendor's).</summary>
    public static AttributeRow? Find(CKA attribute) => ByAttribute.GetValueOrDefault(attribute);

    /// <summary>The set that holds one class; empty for classes the standard doesn't have.</summary>
    public static ObjectClasses ClassOf(CKO objectClass) => objectClass switch
    {
        CKO.CKO_DATA => ObjectClasses.Data,
        CKO.CKO_CERTIFICATE => ObjectClasses.Certificate,
        CKO.CKO_PUBLIC_KEY => ObjectClasses.PublicKey,
        CKO.CKO_PRIVATE_KEY => ObjectClasses.PrivateKey,
        CKO.CKO_SECRET_KEY => ObjectClasses.SecretKey,
        CKO.CKO_HW_FEATURE => ObjectClasses.HardwareFeature,
        CKO.CKO_DOMAIN_PARAMETERS => ObjectClasses.DomainParameters,
        CKO.CKO_MECHANISM => ObjectClasses.Mechanism,
        CKO.CKO_OTP_KEY => ObjectClasses.OtpKey,
        CKO.CKO_PROFILE => ObjectClasses.Profile,
        CKO.CKO_VALIDATION => ObjectClasses.Validation,
        CKO.CKO_TRUST => ObjectClasses.Trust,
        _ => ObjectClasses.None,
    };

    /// <summary>True where the standard lists the attribute for a class.</summary>
    public bool StandsIn(CKO objectClass) => (Classes & ClassOf(objectClass)) != ObjectClasses.None;

    /// <summary>The rules of a class; none where the attribute doesn't stand in it.</summary>
    public AttributeRules RulesFor(CKO objectClass)
    {
        ObjectClasses classes = ClassOf(objectClass);
        return Uses.FirstOrDefault(use => (use.Classes & classes) != ObjectClasses.None)?.Rules ?? AttributeRules.None;
    }
}
