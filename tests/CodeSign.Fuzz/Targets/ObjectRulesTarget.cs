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
                (1, _) => ObjectRules.Generate(objectClass, mechanism, type, template, bySecurityOfficer),
                (2, { } original) => ObjectRules.Copy(original, template, bySecurityOfficer),
                (3, { } original) => ObjectRules.Set(original, template, bySecurityOfficer),
                _ => ObjectRules.Create(template, bySecurityOfficer),
            };
            if (step % 4 >= 2 && made is not null)
            {
                RequireStillClosed(made, next);
            }

            made = next;
        }
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

    private static byte[] Flag(CKA type, byte value) => [Index(type), 1, value];

    private static byte[] Big(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
