using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Cryptoki.Templates;

/// <summary>
/// What holds for keys that carry keys, and for keys that were carried, beyond what <see cref="ObjectRules"/> reads out of the attribute
/// table. A token can't tell whose value it unwraps: so a key that comes in wrapped is as closed as the most closed that could have left
/// (Clulow 2003; Delaune, Kremer, Steel 2008).
/// </summary>
public static class TransportRules
{
    /// <summary>Decided when a key is made: an order of uses, one after the other, would undo each other as two at once do.</summary>
    private static readonly CKA[] Fixed = [CKA_WRAP, CKA_UNWRAP];

    private static readonly CKA[] Uses = [CKA_SIGN, CKA_SIGN_RECOVER, CKA_DECRYPT, CKA_UNWRAP, CKA_DERIVE, CKA_EXTRACTABLE];

    /// <summary>May be given up, not taken up.</summary>
    private static readonly CKA[] OnlyGivenUp = [CKA_ENCRYPT, CKA_DECRYPT];

    /// <summary>Whether a key carries keys: its value is the way to what it wrapped.</summary>
    public static bool Carries(AttributeSet key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Is(CKA_WRAP) || key.Is(CKA_UNWRAP);
    }

    /// <summary>Whether an object's attributes are those that a wrapping key's CKA_WRAP_TEMPLATE asks for.</summary>
    public static bool Matches(AttributeSet wrappingKey, AttributeSet key)
    {
        ArgumentNullException.ThrowIfNull(wrappingKey);
        ArgumentNullException.ThrowIfNull(key);
        return wrappingKey.Find(CKA_WRAP_TEMPLATE) is not { } template
            || NestedTemplate.Parse(template)?.All(wanted => key.Find(wanted.Type) is { } value && value.Span.SequenceEqual(wanted.Value.Span)) == true;
    }

    /// <summary>The application's template with what the unwrapping key adds.</summary>
    /// <param name="template">The application's.</param>
    /// <param name="demands">The key's CKA_UNWRAP_TEMPLATE, as it travels; null where it has none.</param>
    /// <exception cref="FaultException">CKR_TEMPLATE_INCONSISTENT: the two contradict each other.</exception>
    public static ObjectTemplate Merge(ObjectTemplate template, ReadOnlyMemory<byte>? demands)
    {
        ArgumentNullException.ThrowIfNull(template);
        if (demands is not { } bytes)
        {
            return template;
        }

        List<ObjectAttribute> merged = [.. template.Attributes];
        foreach (ObjectAttribute demanded in NestedTemplate.Parse(bytes) ?? throw ObjectRules.Inconsistent("the unwrapping key's template can't be read"))
        {
            if (template.Find(demanded.Type) is not { } given)
            {
                merged.Add(demanded);
            }
            else if (!given.Span.SequenceEqual(demanded.Value.Span))
            {
                throw ObjectRules.Inconsistent($"{demanded.Type} isn't what the unwrapping key demands (CKA_UNWRAP_TEMPLATE)");
            }
        }

        return new ObjectTemplate(merged, template.Secrets);
    }

    /// <summary>Whether a key that comes in may do what the same key, that is here, may not, or is kept less close.</summary>
    public static bool IsWeaker(AttributeSet comesIn, AttributeSet known)
    {
        ArgumentNullException.ThrowIfNull(comesIn);
        ArgumentNullException.ThrowIfNull(known);
        return Array.Exists(Uses, use => comesIn.Is(use) && !known.Is(use))
            || (known.Is(CKA_ALWAYS_AUTHENTICATE) && !comesIn.Is(CKA_ALWAYS_AUTHENTICATE))
            || (known.Is(CKA_PRIVATE) && !comesIn.Is(CKA_PRIVATE));
    }

    /// <summary>A key kept in a token is wrapped with trusted keys alone, where its template doesn't say.</summary>
    internal static AttributeSet WithTrust(AttributeSet made, ObjectTemplate template) =>
        made.Class is CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY && made.Is(CKA_TOKEN) && !template.Has(CKA_WRAP_WITH_TRUSTED)
            ? made.With(CKA_WRAP_WITH_TRUSTED, value: true)
            : made;

    /// <summary>What an unwrapped key is, whatever its template leaves open.</summary>
    internal static AttributeSet Close(AttributeSet made, ObjectTemplate template)
    {
        if (template.Flag(CKA_SENSITIVE) == false)
        {
            throw ObjectRules.Inconsistent("a key that comes in wrapped is CKA_SENSITIVE: it may be one that must not be shown");
        }

        if (template.Flag(CKA_WRAP_WITH_TRUSTED) == false)
        {
            throw ObjectRules.Inconsistent("a key that comes in wrapped is CKA_WRAP_WITH_TRUSTED: it may be one that leaves under trusted keys alone");
        }

        return made.With(CKA_SENSITIVE, value: true)
            .With(CKA_WRAP_WITH_TRUSTED, value: true)
            .With(CKA_LOCAL, value: false)
            .With(CKA_ALWAYS_SENSITIVE, value: false)
            .With(CKA_NEVER_EXTRACTABLE, value: false)
            .With(CKA_KEY_GEN_MECHANISM, CK.CK_UNAVAILABLE_INFORMATION);
    }

    /// <summary>Refuses a change of uses that would let a key do, one after the other, what it must not do at once.</summary>
    internal static AttributeSet RequireUses(AttributeSet original, AttributeSet changed)
    {
        if (original.Class is CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY)
        {
            foreach (CKA use in Fixed.Where(use => original.Is(use) != changed.Is(use)))
            {
                throw ObjectRules.ReadOnly(use, "whether a key carries keys is decided when it is made");
            }

            foreach (CKA use in OnlyGivenUp.Where(use => !original.Is(use) && changed.Is(use)))
            {
                throw ObjectRules.ReadOnly(use, "a key takes up no use of data that it wasn't made with");
            }
        }

        return changed;
    }
}
