using System.Buffers.Binary;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Cryptoki.Templates;

/// <summary>
/// What a template may say and what becomes of it: one reading of <see cref="AttributeRow"/> for C_CreateObject, C_CopyObject,
/// C_SetAttributeValue, C_UnwrapKey and generation, in the appliance and in the module (PKCS#11 v3.2 sections 4.1.1 to 4.1.3). Pure: it makes
/// attributes, not objects.
/// </summary>
public static class ObjectRules
{
    /// <summary>What a copy may decide anew though nothing else changes it (PKCS#11 v3.2 sections 4.1.3 and 4.4).</summary>
    private static readonly CKA[] ChangedByCopy = [CKA_TOKEN, CKA_PRIVATE, CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE];

    /// <summary>The attributes of an object made out of values (C_CreateObject), but for the secret ones.</summary>
    /// <exception cref="FaultException">As PKCS#11 names what is wrong with the template.</exception>
    public static AttributeSet Create(ObjectTemplate template, bool bySecurityOfficer)
    {
        ArgumentNullException.ThrowIfNull(template);
        CKO objectClass = (CKO)(template.Number(CKA_CLASS) ?? throw Incomplete(CKA_CLASS));
        if (ObjectClassRow.Find(objectClass) is not { Source: ObjectSource.Application })
        {
            throw Invalid(CKA_CLASS, $"objects of class {objectClass} are not made by applications");
        }

        KeyShape? shape = ShapeOf(objectClass, template.Number(CKA_KEY_TYPE));
        if (objectClass == CKO.CKO_CERTIFICATE && (CKC)(template.Number(CKA_CERTIFICATE_TYPE) ?? throw Incomplete(CKA_CERTIFICATE_TYPE)) != CKC.CKC_X_509)
        {
            throw Invalid(CKA_CERTIFICATE_TYPE, "certificates are X.509");
        }

        Check(objectClass, shape, template, AttributeRules.ForbiddenOnCreate, bySecurityOfficer);
        Require(objectClass, shape, template, AttributeRules.RequiredOnCreate);
        if (objectClass == CKO.CKO_CERTIFICATE && template.Find(CKA_VALUE) is { IsEmpty: true })
        {
            throw Invalid(CKA_VALUE, "a certificate is whole: it stands nowhere else");
        }

        return Finish(TransportRules.WithTrust(Defaults(objectClass, shape).With(template.Attributes), template));
    }

    /// <summary>The attributes of a key that comes in wrapped (C_UnwrapKey), but for its own numbers.</summary>
    /// <param name="template">The application's wishes, with what the unwrapping key adds (<see cref="TransportRules.Merge"/>).</param>
    /// <param name="extractable">CKA_EXTRACTABLE where the template doesn't say.</param>
    /// <param name="bySecurityOfficer">Whether the SO asks.</param>
    /// <exception cref="FaultException">As PKCS#11 names what is wrong with the template.</exception>
    public static AttributeSet Unwrap(ObjectTemplate template, bool extractable, bool bySecurityOfficer)
    {
        ArgumentNullException.ThrowIfNull(template);
        CKO objectClass = (CKO)(template.Number(CKA_CLASS) ?? throw Incomplete(CKA_CLASS));
        if (objectClass is not (CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY))
        {
            throw Inconsistent("private and secret keys come in wrapped, nothing else");
        }

        KeyShape? shape = ShapeOf(objectClass, template.Number(CKA_KEY_TYPE));
        Check(objectClass, shape, template, AttributeRules.ForbiddenOnUnwrap, bySecurityOfficer);
        Require(objectClass, shape, template, AttributeRules.RequiredOnUnwrap);
        AttributeSet made = Defaults(objectClass, shape).With(CKA_EXTRACTABLE, extractable).With(template.Attributes);
        return Finish(TransportRules.Close(made, template));
    }

    /// <summary>The attributes of a secret key that is made out of another (C_DeriveKey), but for its value.</summary>
    /// <exception cref="FaultException">As PKCS#11 names what is wrong with the template.</exception>
    public static AttributeSet Derive(ObjectTemplate template, AttributeSet origin, bool bySecurityOfficer)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(origin);
        if (template.Has(CKA_CLASS) && template.Number(CKA_CLASS) != (ulong)CKO.CKO_SECRET_KEY)
        {
            throw Inconsistent("secret keys are derived, nothing else");
        }

        KeyShape? shape = ShapeOf(CKO.CKO_SECRET_KEY, template.Number(CKA_KEY_TYPE));
        Check(CKO.CKO_SECRET_KEY, shape, template, AttributeRules.ForbiddenOnUnwrap, bySecurityOfficer);
        AttributeSet made = Defaults(CKO.CKO_SECRET_KEY, shape).With(template.Attributes).With(CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY);
        return Finish(TransportRules.WithTrust(made, template)
            .With(CKA_ALWAYS_SENSITIVE, origin.Is(CKA_ALWAYS_SENSITIVE) && made.Is(CKA_SENSITIVE))
            .With(CKA_NEVER_EXTRACTABLE, origin.Is(CKA_NEVER_EXTRACTABLE) && !made.Is(CKA_EXTRACTABLE)));
    }

    /// <summary>The attributes of a key to be generated, but for its own numbers.</summary>
    /// <param name="objectClass">Public, private or secret key.</param>
    /// <param name="mechanism">Generates it; says the key's type.</param>
    /// <param name="keyType">Its type.</param>
    /// <param name="template">The application's wishes; class and type may stand in it if they are right.</param>
    /// <param name="bySecurityOfficer">Whether the SO asks.</param>
    /// <exception cref="FaultException">As PKCS#11 names what is wrong with the template.</exception>
    public static AttributeSet Generate(CKO objectClass, CKM mechanism, CKK keyType, ObjectTemplate template, bool bySecurityOfficer)
    {
        ArgumentNullException.ThrowIfNull(template);
        if ((template.Has(CKA_CLASS) && template.Number(CKA_CLASS) != (ulong)objectClass)
            || (template.Has(CKA_KEY_TYPE) && template.Number(CKA_KEY_TYPE) != (ulong)keyType))
        {
            throw Inconsistent($"{mechanism} makes no key of that class and type");
        }

        KeyShape? shape = ShapeOf(objectClass, (ulong)keyType);
        Check(objectClass, shape, template, AttributeRules.ForbiddenOnGenerate, bySecurityOfficer);
        Require(objectClass, shape, template, AttributeRules.RequiredOnGenerate);
        AttributeSet made = Defaults(objectClass, shape).With(template.Attributes)
            .With(CKA_CLASS, (ulong)objectClass)
            .With(CKA_KEY_TYPE, (ulong)keyType)
            .With(CKA_LOCAL, value: true)
            .With(CKA_KEY_GEN_MECHANISM, (ulong)mechanism);
        return Finish(objectClass == CKO.CKO_PUBLIC_KEY
            ? made
            : TransportRules.WithTrust(made, template).With(CKA_ALWAYS_SENSITIVE, made.Is(CKA_SENSITIVE)).With(CKA_NEVER_EXTRACTABLE, !made.Is(CKA_EXTRACTABLE)));
    }

    /// <summary>The attributes of a copy.</summary>
    /// <exception cref="FaultException">As PKCS#11 names what is wrong with the template.</exception>
    public static AttributeSet Copy(AttributeSet original, ObjectTemplate template, bool bySecurityOfficer)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(template);
        if (!original.Is(CKA_COPYABLE))
        {
            throw new FaultException(CKR.CKR_ACTION_PROHIBITED, "object.not_copyable", "This object can't be copied (CKA_COPYABLE).");
        }

        // An id is never copied, not even by name (section 4.4.1).
        Check(original.Class, ShapeOf(original), template, AttributeRules.None, bySecurityOfficer);
        if (template.Has(CKA_UNIQUE_ID))
        {
            throw ReadOnly(CKA_UNIQUE_ID, "the token gives it");
        }

        RequireNoSecrets(template);
        foreach (ObjectAttribute wanted in template.Attributes.Where(wanted => !ChangedByCopy.Contains(wanted.Type)))
        {
            if (original.Find(wanted.Type) is not { } present || !present.Span.SequenceEqual(wanted.Value.Span))
            {
                RequireChange(original, wanted);
            }
        }

        if (original.Is(CKA_PRIVATE) && template.Flag(CKA_PRIVATE) == false)
        {
            throw Inconsistent("a copy of a private object is private");
        }

        // Trust isn't copied but by who may give it.
        AttributeSet copied = original.With(template.Attributes);
        copied = TransportRules.RequireUses(original, Finish(original.Is(CKA_TOKEN) ? copied : TransportRules.WithTrust(copied, template)));
        return Finish(copied.Is(CKA_TRUSTED) && !bySecurityOfficer ? copied.With(CKA_TRUSTED, value: false) : copied);
    }

    /// <summary>The attributes after C_SetAttributeValue.</summary>
    /// <exception cref="FaultException">As PKCS#11 names what is wrong with the template.</exception>
    public static AttributeSet Set(AttributeSet original, ObjectTemplate template, bool bySecurityOfficer)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(template);
        if (!original.Is(CKA_MODIFIABLE))
        {
            throw new FaultException(CKR.CKR_ACTION_PROHIBITED, "object.not_modifiable", "This object can't be changed (CKA_MODIFIABLE).");
        }

        // Section 4.6.2: trusted certificates cannot be modified; who trusts them may end that.
        if (original.Class == CKO.CKO_CERTIFICATE && original.Is(CKA_TRUSTED) && !bySecurityOfficer)
        {
            throw new FaultException(CKR.CKR_ACTION_PROHIBITED, "object.trusted", "A trusted certificate can't be changed but by the SO (CKA_TRUSTED).");
        }

        Check(original.Class, ShapeOf(original), template, AttributeRules.None, bySecurityOfficer);
        RequireNoSecrets(template);
        foreach (ObjectAttribute wanted in template.Attributes)
        {
            RequireChange(original, wanted);
        }

        return TransportRules.RequireUses(original, Finish(original.With(template.Attributes)));
    }

    /// <summary>True where the value of an attribute must not be shown: it is one of the key's secrets, and the key is closed.</summary>
    public static bool IsHidden(AttributeSet attributes, CKA type)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        return AttributeRow.Find(type)?.RulesFor(attributes.Class).HasFlag(AttributeRules.Sensitive) == true
            && (attributes.Is(CKA_SENSITIVE) || !attributes.Is(CKA_EXTRACTABLE));
    }

    /// <summary>Whether the value of an attribute is one of the secrets of a key of this class.</summary>
    public static bool IsSecret(CKO objectClass, CKA type) =>
        AttributeRow.Find(type)?.RulesFor(objectClass).HasFlag(AttributeRules.Sensitive) == true;

    private static KeyShape? ShapeOf(AttributeSet attributes) => ShapeOf(attributes.Class, attributes.Number(CKA_KEY_TYPE));

    private static KeyShape? ShapeOf(CKO objectClass, ulong? keyType)
    {
        if ((AttributeRow.ClassOf(objectClass) & ObjectClasses.Key) == ObjectClasses.None)
        {
            return null;
        }

        CKK type = (CKK)(keyType ?? throw Incomplete(CKA_KEY_TYPE));
        return KeyShape.Find(type) is { } shape && shape.HasClass(objectClass)
            ? shape
            : throw Invalid(CKA_KEY_TYPE, $"there are no {objectClass} objects of type {type} here");
    }

    private static void Check(CKO objectClass, KeyShape? shape, ObjectTemplate template, AttributeRules forbidden, bool bySecurityOfficer)
    {
        RequireOneValueEach(template);
        foreach (CKA type in template.Attributes.Select(attribute => attribute.Type).Concat(template.Secrets))
        {
            AttributeRow? row = AttributeRow.Find(type);
            if (row is null || !row.Supported)
            {
                throw new FaultException(CKR.CKR_ATTRIBUTE_TYPE_INVALID, "attribute.type", $"Objects here have no {type}.");
            }

            // Section 4.1.1: an attribute of other objects contradicts the class; it isn't unknown.
            if (!row.StandsIn(objectClass) || shape?.Has(objectClass, type) == false)
            {
                throw Inconsistent($"{type} is no attribute of such objects");
            }

            if ((row.RulesFor(objectClass) & forbidden) != AttributeRules.None)
            {
                throw ReadOnly(type, "the token gives it");
            }

            if (row.RulesFor(objectClass).HasFlag(AttributeRules.Sensitive) != template.Secrets.Contains(type))
            {
                throw Invalid(type, "secret values, and no others, are given as secrets");
            }
        }

        foreach (ObjectAttribute attribute in template.Attributes)
        {
            CheckValue(objectClass, attribute, bySecurityOfficer);
        }
    }

    // Section 4.1.1: what stands there twice with one value counts once. Secret values aren't seen here, so they can't be compared.
    private static void RequireOneValueEach(ObjectTemplate template)
    {
        HashSet<CKA> seen = [];
        foreach (ObjectAttribute attribute in template.Attributes)
        {
            if (!seen.Add(attribute.Type) && !template.Find(attribute.Type)!.Value.Span.SequenceEqual(attribute.Value.Span))
            {
                throw Inconsistent($"{attribute.Type} stands twice, with different values");
            }
        }

        foreach (CKA type in template.Secrets.Where(type => !seen.Add(type)))
        {
            throw Inconsistent($"{type} stands twice");
        }
    }

    // The values a key consists of make it that key.
    private static void RequireNoSecrets(ObjectTemplate template)
    {
        if (template.Secrets.Count > 0)
        {
            throw ReadOnly(template.Secrets[0], "the values of a key can't be changed");
        }
    }

    private static void CheckValue(CKO objectClass, ObjectAttribute attribute, bool bySecurityOfficer)
    {
        AttributeRow row = AttributeRow.Find(attribute.Type)!;
        if (!IsWellFormed(row, attribute.Value))
        {
            throw Invalid(attribute.Type, "the value isn't of its kind");
        }

        if (row.RulesFor(objectClass).HasFlag(AttributeRules.TrueBySecurityOfficerOnly) && attribute.Value.Span[0] == 1 && !bySecurityOfficer)
        {
            throw ReadOnly(attribute.Type, "only the SO may make it true");
        }
    }

    private static bool IsWellFormed(AttributeRow row, ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> value = bytes.Span;
        return row.Kind switch
        {
            AttributeKind.Bool => value.Length == 1 && value[0] <= 1,
            AttributeKind.Ulong => value.Length == sizeof(ulong)
                && (row.Attribute != CKA_CERTIFICATE_CATEGORY || BinaryPrimitives.ReadUInt64BigEndian(value) <= CK.CK_CERTIFICATE_CATEGORY_OTHER_ENTITY),
            AttributeKind.Date => CkDate.TryParse(value, out _),
            AttributeKind.UlongArray => value.Length % sizeof(ulong) == 0,
            AttributeKind.Template => IsTemplate(bytes),
            AttributeKind.BigInteger => !value.IsEmpty,
            _ => true,
        };
    }

    // Of attributes that are known, well-formed and may be seen: whoever compares with it, or applies it, need not look again.
    private static bool IsTemplate(ReadOnlyMemory<byte> value) => NestedTemplate.Parse(value)?.All(nested =>
        AttributeRow.Find(nested.Type) is { Supported: true, Kind: not AttributeKind.Template } row
        && !row.Uses.Any(use => use.Rules.HasFlag(AttributeRules.Sensitive) && (use.Classes & (ObjectClasses.PrivateKey | ObjectClasses.SecretKey)) != ObjectClasses.None)
        && IsWellFormed(row, nested.Value)) == true;

    private static void Require(CKO objectClass, KeyShape? shape, ObjectTemplate template, AttributeRules required)
    {
        foreach (AttributeRow row in AttributeRow.All)
        {
            if (row.Supported
                && row.RulesFor(objectClass).HasFlag(required)
                && shape?.Has(objectClass, row.Attribute) != false
                && !template.Has(row.Attribute)
                && !(row.Attribute == CKA_VALUE && template.Has(CKA_SEED)))
            {
                throw Incomplete(row.Attribute);
            }
        }
    }

    private static void RequireChange(AttributeSet original, ObjectAttribute wanted)
    {
        AttributeRules rules = AttributeRow.Find(wanted.Type)!.RulesFor(original.Class);
        bool isSettable = (rules & (AttributeRules.Settable | AttributeRules.TrueBySecurityOfficerOnly | AttributeRules.StaysTrue)) != AttributeRules.None;
        bool becomes = wanted.Value.Span is [not 0];
        if (!isSettable
            || (rules.HasFlag(AttributeRules.StaysTrue) && original.Is(wanted.Type) && !becomes)
            || (rules.HasFlag(AttributeRules.StaysFalse) && !original.Is(wanted.Type) && becomes))
        {
            throw ReadOnly(wanted.Type, "it can't be changed to that");
        }
    }

    /// <summary>What no object may be, whatever way it came to be so.</summary>
    private static AttributeSet Finish(AttributeSet made)
    {
        if ((made.Is(CKA_WRAP) && made.Is(CKA_DECRYPT)) || (made.Is(CKA_UNWRAP) && made.Is(CKA_ENCRYPT)))
        {
            throw Inconsistent("a key that both transports keys and works on data would hand out what it transports");
        }

        // Section 4.9: who gives a PIN for each use has logged in before.
        if (made.Is(CKA_ALWAYS_AUTHENTICATE) && !made.Is(CKA_PRIVATE))
        {
            throw Inconsistent($"only a private object can be {CKA_ALWAYS_AUTHENTICATE}");
        }

        // The token alone tells how long a modulus is.
        return made.Find(CKA_MODULUS) is { } modulus && made.Class == CKO.CKO_PUBLIC_KEY
            ? made.With(CKA_MODULUS_BITS, BitsOf(modulus.Span))
            : made;
    }

    private static ulong BitsOf(ReadOnlySpan<byte> number)
    {
        ReadOnlySpan<byte> significant = number.TrimStart((byte)0);
        return significant.IsEmpty ? 0 : ((ulong)significant.Length * 8) - (ulong)byte.LeadingZeroCount(significant[0]);
    }

    private static AttributeSet Defaults(CKO objectClass, KeyShape? shape) => new(
        AttributeRow.All
            .Where(row => row.Supported && row.StandsIn(objectClass) && !IsSecret(objectClass, row.Attribute))
            .Where(row => shape?.Has(objectClass, row.Attribute) != false)
            .Select(row => (row.Attribute, Value: Default(objectClass, shape, row)))
            .Where(entry => entry.Value is not null)
            .Select(entry => new ObjectAttribute(entry.Attribute, entry.Value)));

    // Null: there is no value until somebody gives one.
    private static byte[]? Default(CKO objectClass, KeyShape? shape, AttributeRow row) => row.Attribute switch
    {
        CKA_CLASS or CKA_KEY_TYPE or CKA_CERTIFICATE_TYPE or CKA_UNIQUE_ID => null,
        CKA_PRIVATE or CKA_SENSITIVE => AttributeSet.Bytes(objectClass is CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY),
        CKA_MODIFIABLE or CKA_COPYABLE or CKA_DESTROYABLE => AttributeSet.Bytes(value: true),
        CKA_SIGN or CKA_VERIFY => AttributeSet.Bytes(shape is not { KeyType: CKK.CKK_EC_MONTGOMERY }),
        CKA_KEY_GEN_MECHANISM => AttributeSet.Bytes(CK.CK_UNAVAILABLE_INFORMATION),
        _ => row.Kind switch
        {
            AttributeKind.Bool => AttributeSet.Bytes(value: false),
            AttributeKind.Ulong when row.Attribute == CKA_CERTIFICATE_CATEGORY => AttributeSet.Bytes(0UL),
            AttributeKind.Bytes or AttributeKind.Text or AttributeKind.Date when MayBeEmpty(row.Attribute) => [],
            _ => null,
        },
    };

    // A number that makes up a key is given or made, never empty.
    private static bool MayBeEmpty(CKA attribute) => attribute is not (CKA_EC_PARAMS or CKA_EC_POINT);

    private static FaultException Incomplete(CKA type) =>
        new(CKR.CKR_TEMPLATE_INCOMPLETE, "template.incomplete", $"The template lacks {type}.");

    internal static FaultException Inconsistent(string why) =>
        new(CKR.CKR_TEMPLATE_INCONSISTENT, "template.inconsistent", $"The template contradicts itself or what it is for: {why}.");

    private static FaultException Invalid(CKA type, string why) =>
        new(CKR.CKR_ATTRIBUTE_VALUE_INVALID, "attribute.value", $"The value of {type} can't be taken: {why}.");

    internal static FaultException ReadOnly(CKA type, string why) =>
        new(CKR.CKR_ATTRIBUTE_READ_ONLY, "attribute.read_only", $"{type} can't be given: {why}.");
}
