using System.Buffers.Binary;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;

namespace CodeSign.Fuzz.Targets;

/// <summary>
/// The attribute rules: an input is a row of templates, each applied to what the one before made. Whatever is asked, a closed key
/// stays closed.
/// </summary>
internal sealed class ObjectRulesTarget : Target
{
    /// <summary>Steps from here to twice as many unwrap.</summary>
    private const byte Unwraps = 64;

    private static readonly CKA[] Types = [.. AttributeRow.All.Select(row => row.Attribute)];

    private static readonly (CKO Class, CKM Mechanism, CKK Type)[] Generations =
    [
        (CKO.CKO_PRIVATE_KEY, CKM.CKM_EC_KEY_PAIR_GEN, CKK.CKK_EC), (CKO.CKO_PUBLIC_KEY, CKM.CKM_RSA_PKCS_KEY_PAIR_GEN, CKK.CKK_RSA),
        (CKO.CKO_SECRET_KEY, CKM.CKM_AES_KEY_GEN, CKK.CKK_AES), (CKO.CKO_DATA, CKM.CKM_AES_KEY_GEN, CKK.CKK_AES),
    ];

    public override string Name => "object-rules";

    public override IReadOnlyList<string> Scope => ["wire-protocol/CodeSign.Cryptoki/Templates/"];

    public override int BytesMax => 1024;

    public override IEnumerable<byte[]> Words => [.. Numbers.Select(Big), [1, 1], [1, 0], "20260101"u8.ToArray()];

    public override IEnumerable<byte[]> Seeds =>
    [
        [0, 1, .. Attribute(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA)],
        [0, 3, .. Attribute(CKA.CKA_CLASS, (ulong)CKO.CKO_CERTIFICATE), .. Attribute(CKA.CKA_CERTIFICATE_TYPE, 0), .. Attribute(CKA.CKA_VALUE, 7)],
        [0, 4, .. Attribute(CKA.CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), .. Attribute(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_RSA), .. Attribute(CKA.CKA_MODULUS, 9), .. Attribute(CKA.CKA_PUBLIC_EXPONENT, 3)],
        [0, 67, .. Attribute(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), .. Attribute(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES), .. Flag(CKA.CKA_SENSITIVE, 0), Index(CKA.CKA_VALUE)],
        .. Enumerable.Range(0, Generations.Length).Select(i => (byte[])
        [
            1, (byte)i, 2, .. Attribute(CKA.CKA_MODULUS_BITS, 2048), .. Flag(CKA.CKA_EXTRACTABLE, 1),
            2, 1, .. Flag(CKA.CKA_COPYABLE, 0), 3, 2, .. Flag(CKA.CKA_SENSITIVE, 1), .. Flag(CKA.CKA_WRAP, 1), 3, 1, .. Flag(CKA.CKA_SENSITIVE, 0),
        ]),
        // Keys with lists of mechanisms: one, none, and one of half a number.
        .. Enumerable.Range(0, Generations.Length).Select(i => (byte[])[1, (byte)i, 1, Index(CKA.CKA_ALLOWED_MECHANISMS), 16, .. Big((ulong)CKM.CKM_SHA256_RSA_PKCS), .. Big((ulong)CKM.CKM_ECDSA)]),
        [1, 1, 1, Index(CKA.CKA_ALLOWED_MECHANISMS), 0],
        [1, 1, 1, Index(CKA.CKA_ALLOWED_MECHANISMS), 4, 1, 2, 3, 4],
        // A key with templates, then three that come in under it: by its template, against it, and less closed than they must be.
        [
            0, 69, .. Secret, .. Nested(CKA.CKA_UNWRAP_TEMPLATE, Flag(CKA.CKA_SIGN, 1)), .. Nested(CKA.CKA_WRAP_TEMPLATE, Flag(CKA.CKA_SIGN, 1)), .. Flag(CKA.CKA_UNWRAP, 1), Index(CKA.CKA_VALUE),
            Unwraps, 2, .. Secret,
        ],
        [0, 67, .. Secret, .. Nested(CKA.CKA_UNWRAP_TEMPLATE, Flag(CKA.CKA_SIGN, 1)), Index(CKA.CKA_VALUE), Unwraps, 3, .. Secret, .. Flag(CKA.CKA_SIGN, 0)],
        [0, 67, .. Secret, .. Nested(CKA.CKA_UNWRAP_TEMPLATE, Flag(CKA.CKA_SIGN, 1)), Index(CKA.CKA_VALUE), Unwraps, 3, .. Secret, .. Flag(CKA.CKA_SIGN, 1)],
        [0, 67, .. Secret, .. Nested(CKA.CKA_UNWRAP_TEMPLATE, Nested(CKA.CKA_UNWRAP_TEMPLATE, [])), Index(CKA.CKA_VALUE)],
        [Unwraps, 3, .. Secret, .. Flag(CKA.CKA_SENSITIVE, 0)],
        [Unwraps, 3, .. Secret, .. Flag(CKA.CKA_WRAP_WITH_TRUSTED, 0)],
        [Unwraps, 2, .. Attribute(CKA.CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), .. Attribute(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_RSA)],
        [Unwraps, 1, .. Attribute(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_RSA)],
        [Unwraps, 3, .. Secret, .. Flag(CKA.CKA_DECRYPT, 0), 3, 1, .. Flag(CKA.CKA_DECRYPT, 1)],
        [Unwraps, 3, .. Secret, .. Flag(CKA.CKA_WRAP, 1), 3, 1, .. Flag(CKA.CKA_WRAP, 0)],
        .. Enumerable.Range(0, Generations.Length).Select(i => (byte[])[1, (byte)i, 0, 2, 1, .. Flag(CKA.CKA_PRIVATE, 0), 3, 1, .. Flag(CKA.CKA_EXTRACTABLE, 1)]),
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        AttributeSet? made = null;
        int at = 0;
        while (at < input.Length)
        {
            byte step = input[at++];
            bool bySecurityOfficer = step >= 128;
            (CKO objectClass, CKM mechanism, CKK type) = Generations[step % 4 == 1 && at < input.Length ? input[at++] % Generations.Length : 0];
            ObjectTemplate template = Template(input, ref at);
            AttributeSet next = (step % 4, made) switch
            {
                _ when step is >= Unwraps and < Unwraps * 2 => Unwrap(made, template, bySecurityOfficer: step % 2 == 1),
                (1, _) => ObjectRules.Generate(objectClass, mechanism, type, template, bySecurityOfficer),
                (2, { } original) => ObjectRules.Copy(original, template, bySecurityOfficer),
                (3, { } original) => ObjectRules.Set(original, template, bySecurityOfficer),
                _ => ObjectRules.Create(template, bySecurityOfficer),
            };
            if (step % 4 >= 2 && made is not null && step is < Unwraps or >= Unwraps * 2)
            {
                RequireStillClosed(made, next);
            }

            made = next;
            _ = made.Permits(CKM.CKM_ECDSA);
        }
    }

    // Under what was made before, where it has a template for that.
    private static AttributeSet Unwrap(AttributeSet? under, ObjectTemplate template, bool bySecurityOfficer)
    {
        AttributeSet made = ObjectRules.Unwrap(TransportRules.Merge(template, under?.Find(CKA.CKA_UNWRAP_TEMPLATE)), extractable: true, bySecurityOfficer);
        if (!made.Is(CKA.CKA_SENSITIVE) || !made.Is(CKA.CKA_WRAP_WITH_TRUSTED) || made.Is(CKA.CKA_LOCAL) || made.Is(CKA.CKA_NEVER_EXTRACTABLE))
        {
            throw new InvalidOperationException("A key came in less closed than the most closed that leave.");
        }

        _ = under is not null && TransportRules.Matches(under, made);
        _ = TransportRules.Carries(made);
        _ = under is not null && TransportRules.IsWeaker(made, under);
        if (made.Class == CKO.CKO_SECRET_KEY && ObjectRules.Derive(template, made, bySecurityOfficer).Is(CKA.CKA_NEVER_EXTRACTABLE))
        {
            throw new InvalidOperationException("A key was made out of another, and has forgotten that.");
        }

        return made;
    }

    public override bool IsRefusal(Exception thrown) => thrown is FaultException;

    private static void RequireStillClosed(AttributeSet before, AttributeSet after)
    {
        bool isOpened = (before.Is(CKA.CKA_SENSITIVE) && !after.Is(CKA.CKA_SENSITIVE))
            || (before.Find(CKA.CKA_EXTRACTABLE) is not null && !before.Is(CKA.CKA_EXTRACTABLE) && after.Is(CKA.CKA_EXTRACTABLE))
            || (before.Is(CKA.CKA_WRAP_WITH_TRUSTED) && !after.Is(CKA.CKA_WRAP_WITH_TRUSTED))
            || (before.Is(CKA.CKA_PRIVATE) && !after.Is(CKA.CKA_PRIVATE))
            || (!before.Is(CKA.CKA_NEVER_EXTRACTABLE) && after.Is(CKA.CKA_NEVER_EXTRACTABLE))
            || (after.Is(CKA.CKA_WRAP) && after.Is(CKA.CKA_DECRYPT))
            || (before.Class != CKO.CKO_PUBLIC_KEY && (before.Is(CKA.CKA_WRAP) != after.Is(CKA.CKA_WRAP) || before.Is(CKA.CKA_UNWRAP) != after.Is(CKA.CKA_UNWRAP)))
            || before.Class != after.Class;
        foreach (ObjectAttribute attribute in before)
        {
            isOpened |= ObjectRules.IsHidden(before, attribute.Type) && !ObjectRules.IsHidden(after, attribute.Type);
        }

        if (isOpened)
        {
            throw new InvalidOperationException("A change opened what was closed.");
        }
    }

    // A count (64 and above: the last one is a secret), then type, length and value of each.
    private static ObjectTemplate Template(ReadOnlySpan<byte> input, ref int at)
    {
        int head = at < input.Length ? input[at++] : 0;
        List<ObjectAttribute> attributes = [];
        for (int i = 0; i < head % 64 && at + 2 <= input.Length; i++)
        {
            CKA type = Types[input[at++] % Types.Length];
            int length = Math.Min((int)input[at++], input.Length - at);
            attributes.Add(new ObjectAttribute(type, input.Slice(at, length).ToArray()));
            at += length;
        }

        CKA[] secrets = head >= 64 && at < input.Length ? [Types[input[at++] % Types.Length]] : [];
        return new ObjectTemplate(attributes, secrets);
    }

    private static IEnumerable<ulong> Numbers =>
    [
        .. Enum.GetValues<CKO>().Select(value => (ulong)value), .. Enum.GetValues<CKK>().Select(value => (ulong)value), 0, 1, 2048, ulong.MaxValue,
    ];

    private static byte Index(CKA type) => (byte)Array.IndexOf(Types, type);

    private static byte[] Attribute(CKA type, ulong value) => [Index(type), sizeof(ulong), .. Big(value)];

    private static byte[] Secret => [.. Attribute(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), .. Attribute(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES)];

    // The one attribute of a template: as an input has it, and as it travels.
    private static byte[] Nested(CKA type, byte[] inner) => inner is [byte index, byte length, .. byte[] value]
        ? [Index(type), (byte)(12 + length), .. Big((ulong)Types[index]), 0, 0, 0, length, .. value]
        : [Index(type), 0];

    private static byte[] Flag(CKA type, byte value) => [Index(type), 1, value];

    private static byte[] Big(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
