using CodeSign.Cryptoki.Templates;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Cryptoki.Tests;

/// <summary>C_CreateObject and generation: what a template may say (PKCS#11 v3.2 section 4.1.1), and what becomes of it.</summary>
[TestClass]
public sealed class ObjectRulesTests
{
    private static readonly byte[] P256 = Convert.FromHexString("06082a8648ce3d030107");
    private static readonly byte[] Point = [4, 65, 4, .. new byte[64]];

    [TestMethod]
    public void A_data_object_has_the_standards_defaults()
    {
        AttributeSet made = Create(Data());

        Assert.AreEqual(CKO.CKO_DATA, made.Class);
        foreach (CKA type in new[] { CKA_TOKEN, CKA_PRIVATE })
        {
            Assert.IsFalse(made.Is(type), type.ToString());
            Assert.IsNotNull(made.Find(type), type.ToString());
        }

        foreach (CKA type in new[] { CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE })
        {
            Assert.IsTrue(made.Is(type), type.ToString());
        }

        foreach (CKA type in new[] { CKA_LABEL, CKA_APPLICATION, CKA_OBJECT_ID, CKA_VALUE })
        {
            Assert.AreEqual(0, made.Find(type)?.Length, type.ToString());
        }

        Assert.IsNull(made.Find(CKA_UNIQUE_ID), "whoever keeps the object draws its id");
        Assert.IsNull(made.Find(CKA_ID), "no attribute of data");
    }

    [TestMethod]
    public void A_key_brought_in_is_private_sensitive_and_neither_local_nor_always_so()
    {
        AttributeSet made = Create(PrivateKey(), secrets: [CKA_VALUE]);

        Assert.IsTrue(made.Is(CKA_PRIVATE) && made.Is(CKA_SENSITIVE) && made.Is(CKA_SIGN));
        foreach (CKA type in new[] { CKA_EXTRACTABLE, CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_ALWAYS_AUTHENTICATE })
        {
            Assert.IsFalse(made.Is(type), type.ToString());
            Assert.IsNotNull(made.Find(type), type.ToString());
        }

        Assert.AreEqual(CK.CK_UNAVAILABLE_INFORMATION, made.Number(CKA_KEY_GEN_MECHANISM));
        Assert.IsNull(made.Find(CKA_VALUE), "secret values are none of the attributes");
        Assert.IsNull(made.Find(CKA_MODULUS), "no attribute of this type of key");
    }

    [TestMethod]
    public void A_public_key_is_told_the_bits_of_its_modulus()
    {
        ObjectAttribute[] template =
        [
            Of(CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), Of(CKA_KEY_TYPE, (ulong)CKK.CKK_RSA), new(CKA_PUBLIC_EXPONENT, new byte[] { 3 }),
            new(CKA_MODULUS, new byte[] { 0, 0x1f, 0xff }),
        ];

        Assert.AreEqual(13UL, Create(template).Number(CKA_MODULUS_BITS));
    }

    [TestMethod]
    [DataRow(CKO.CKO_DATA, CKA_CLASS)]
    [DataRow(CKO.CKO_CERTIFICATE, CKA_CERTIFICATE_TYPE)]
    [DataRow(CKO.CKO_CERTIFICATE, CKA_SUBJECT)]
    [DataRow(CKO.CKO_CERTIFICATE, CKA_VALUE)]
    [DataRow(CKO.CKO_PUBLIC_KEY, CKA_KEY_TYPE)]
    [DataRow(CKO.CKO_PUBLIC_KEY, CKA_EC_PARAMS)]
    [DataRow(CKO.CKO_PUBLIC_KEY, CKA_EC_POINT)]
    [DataRow(CKO.CKO_PRIVATE_KEY, CKA_KEY_TYPE)]
    [DataRow(CKO.CKO_PRIVATE_KEY, CKA_EC_PARAMS)]
    [DataRow(CKO.CKO_PRIVATE_KEY, CKA_VALUE)]
    [DataRow(CKO.CKO_SECRET_KEY, CKA_KEY_TYPE)]
    [DataRow(CKO.CKO_SECRET_KEY, CKA_VALUE)]
    public void What_must_be_given_must_be_given(CKO objectClass, CKA lacking)
    {
        (ObjectAttribute[] template, CKA[] secrets) = Whole(objectClass);
        _ = Create(template, secrets);

        Refuses(
            CKR.CKR_TEMPLATE_INCOMPLETE,
            () => Create([.. template.Where(attribute => attribute.Type != lacking)], [.. secrets.Where(type => type != lacking)]));
    }

    [TestMethod]
    [DataRow(CKA_UNIQUE_ID)]
    [DataRow(CKA_LOCAL)]
    [DataRow(CKA_ALWAYS_SENSITIVE)]
    [DataRow(CKA_NEVER_EXTRACTABLE)]
    [DataRow(CKA_KEY_GEN_MECHANISM)]
    public void What_the_token_gives_cannot_be_given(CKA type)
    {
        ObjectAttribute given = AttributeRow.Find(type)!.Kind switch
        {
            AttributeKind.Bool => Of(type, true),
            AttributeKind.Ulong => Of(type, 1UL),
            _ => new(type, new byte[] { 1 }),
        };

        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Create([.. PrivateKey(), given], [CKA_VALUE]));
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Generate(CKO.CKO_PRIVATE_KEY, [given]));
    }

    [TestMethod]
    public void A_modulus_has_its_bits_and_a_secret_key_its_length()
    {
        ObjectAttribute[] rsa =
        [
            Of(CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), Of(CKA_KEY_TYPE, (ulong)CKK.CKK_RSA), new(CKA_PUBLIC_EXPONENT, new byte[] { 3 }),
            new(CKA_MODULUS, new byte[] { 0x1f }), Of(CKA_MODULUS_BITS, 5UL),
        ];

        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Create(rsa));
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Create([.. SecretKey(), Of(CKA_VALUE_LEN, 16UL)], [CKA_VALUE]));
    }

    [TestMethod]
    [DataRow(0x80000042UL)]
    [DataRow(0x7fffffffUL)]
    [DataRow((ulong)CKA_ENCAPSULATE_TEMPLATE)]
    public void What_no_object_here_has_is_no_attribute(ulong type) =>
        Refuses(CKR.CKR_ATTRIBUTE_TYPE_INVALID, () => Create([.. Data(), new ObjectAttribute((CKA)type, new byte[] { 1 })]));

    [TestMethod]
    public void An_attribute_of_other_objects_is_a_contradiction()
    {
        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Create([.. Data(), Of(CKA_SIGN, true)]));
        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Create([.. SecretKey(), new ObjectAttribute(CKA_MODULUS, new byte[] { 1 })], [CKA_VALUE]));
        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Create([.. PrivateKey(), new ObjectAttribute(CKA_MODULUS, new byte[] { 1 })], [CKA_VALUE]));
        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Create(PrivateKey(), [CKA_VALUE, CKA_PRIME_1]));
    }

    [TestMethod]
    public void One_value_given_twice_counts_once_and_two_values_contradict()
    {
        Assert.AreEqual(Create(Data()).Count, Create([.. Data(), Of(CKA_TOKEN, false), Of(CKA_TOKEN, false)]).Count);

        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Create([.. Data(), Of(CKA_TOKEN, false), Of(CKA_TOKEN, true)]));
        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Create(PrivateKey(), [CKA_VALUE, CKA_VALUE]));
    }

    [TestMethod]
    public void Secret_values_and_no_others_come_as_secrets()
    {
        Refuses(CKR.CKR_ATTRIBUTE_VALUE_INVALID, () => Create([.. PrivateKey(), new ObjectAttribute(CKA_VALUE, new byte[] { 1 })]));
        Refuses(CKR.CKR_ATTRIBUTE_VALUE_INVALID, () => Create(Data(), [CKA_VALUE]));
    }

    [TestMethod]
    [DataRow(CKA_TOKEN, "")]
    [DataRow(CKA_TOKEN, "02")]
    [DataRow(CKA_TOKEN, "0001")]
    [DataRow(CKA_CERTIFICATE_CATEGORY, "00")]
    [DataRow(CKA_CERTIFICATE_CATEGORY, "0000000000000004")]
    [DataRow(CKA_CERTIFICATE_CATEGORY, "0100000000000000")]
    [DataRow(CKA_START_DATE, "3230323631")]
    [DataRow(CKA_START_DATE, "3230323631333031")]
    public void A_value_is_of_its_kind(CKA type, string value)
    {
        (ObjectAttribute[] template, _) = Whole(CKO.CKO_CERTIFICATE);
        ObjectAttribute given = new(type, Convert.FromHexString(value));

        Refuses(CKR.CKR_ATTRIBUTE_VALUE_INVALID, () => Create([.. template, given]));
    }

    [TestMethod]
    [DataRow(CKA_CERTIFICATE_CATEGORY, "0000000000000003")]
    [DataRow(CKA_START_DATE, "")]
    [DataRow(CKA_START_DATE, "3230323631323331")]
    public void A_value_at_the_edge_is_taken(CKA type, string value)
    {
        (ObjectAttribute[] template, _) = Whole(CKO.CKO_CERTIFICATE);
        byte[] bytes = Convert.FromHexString(value);

        Assert.AreSequenceEqual(bytes, Create([.. template, new(type, bytes)]).Find(type)!.Value.ToArray());
    }

    [TestMethod]
    [DataRow(CKO.CKO_MECHANISM)]
    [DataRow(CKO.CKO_HW_FEATURE)]
    [DataRow(CKO.CKO_PROFILE)]
    [DataRow(CKO.CKO_DOMAIN_PARAMETERS)]
    [DataRow(CKO.CKO_OTP_KEY)]
    [DataRow((CKO)0xce534353)]
    public void Of_other_classes_nobody_makes_objects(CKO objectClass) =>
        Refuses(CKR.CKR_ATTRIBUTE_VALUE_INVALID, () => Create([Of(CKA_CLASS, (ulong)objectClass)]));

    [TestMethod]
    public void Of_other_types_nobody_makes_keys_and_certificates()
    {
        Refuses(CKR.CKR_ATTRIBUTE_VALUE_INVALID, () => Create([Of(CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), Of(CKA_KEY_TYPE, (ulong)CKK.CKK_DSA)]));
        Refuses(CKR.CKR_ATTRIBUTE_VALUE_INVALID, () => Create([Of(CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), Of(CKA_KEY_TYPE, (ulong)CKK.CKK_AES)]));
        Refuses(CKR.CKR_ATTRIBUTE_VALUE_INVALID, () => Create([Of(CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), Of(CKA_KEY_TYPE, (ulong)CKK.CKK_EC)]));
        (ObjectAttribute[] certificate, _) = Whole(CKO.CKO_CERTIFICATE);
        Refuses(CKR.CKR_ATTRIBUTE_VALUE_INVALID, () => Create(Instead(certificate, Of(CKA_CERTIFICATE_TYPE, (ulong)CKC.CKC_WTLS))));
        Refuses(CKR.CKR_ATTRIBUTE_VALUE_INVALID, () => Create(Instead(certificate, new ObjectAttribute(CKA_VALUE, Array.Empty<byte>()))));
    }

    [TestMethod]
    public void Only_the_security_officer_trusts()
    {
        (ObjectAttribute[] template, _) = Whole(CKO.CKO_CERTIFICATE);
        ObjectAttribute[] trusted = [.. template, Of(CKA_TRUSTED, true)];

        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Create(trusted));
        Assert.IsTrue(ObjectRules.Create(new ObjectTemplate(trusted, []), bySecurityOfficer: true).Is(CKA_TRUSTED));
        Assert.IsFalse(Create([.. template, Of(CKA_TRUSTED, false)]).Is(CKA_TRUSTED));
    }

    [TestMethod]
    [DataRow(CKA_WRAP, CKA_DECRYPT)]
    [DataRow(CKA_UNWRAP, CKA_ENCRYPT)]
    public void No_key_both_transports_and_works_on_data(CKA one, CKA other)
    {
        _ = Create([.. SecretKey(), Of(one, true), Of(other, false)], [CKA_VALUE]);

        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Create([.. SecretKey(), Of(one, true), Of(other, true)], [CKA_VALUE]));
    }

    [TestMethod]
    public void Only_a_private_key_asks_for_a_PIN_each_time()
    {
        Assert.IsTrue(Create([.. PrivateKey(), Of(CKA_ALWAYS_AUTHENTICATE, true)], [CKA_VALUE]).Is(CKA_ALWAYS_AUTHENTICATE));

        Refuses(
            CKR.CKR_TEMPLATE_INCONSISTENT,
            () => Create([.. PrivateKey(), Of(CKA_ALWAYS_AUTHENTICATE, true), Of(CKA_PRIVATE, false)], [CKA_VALUE]));
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(true, true)]
    public void A_generated_key_remembers_how_it_began(bool sensitive, bool extractable)
    {
        AttributeSet made = Generate(CKO.CKO_PRIVATE_KEY, [Of(CKA_SENSITIVE, sensitive), Of(CKA_EXTRACTABLE, extractable)]);

        Assert.IsTrue(made.Is(CKA_LOCAL));
        Assert.AreEqual((ulong)CKM.CKM_EC_KEY_PAIR_GEN, made.Number(CKA_KEY_GEN_MECHANISM));
        Assert.AreEqual(CKK.CKK_EC, made.KeyType);
        Assert.AreEqual(sensitive, made.Is(CKA_ALWAYS_SENSITIVE));
        Assert.AreEqual(!extractable, made.Is(CKA_NEVER_EXTRACTABLE));
    }

    [TestMethod]
    public void Generation_wants_what_it_needs_and_takes_no_numbers_of_the_key()
    {
        Refuses(CKR.CKR_TEMPLATE_INCOMPLETE, () => Generate(CKO.CKO_PUBLIC_KEY, []));
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Generate(CKO.CKO_PUBLIC_KEY, [new(CKA_EC_PARAMS, P256), new(CKA_EC_POINT, Point)]));
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Generate(CKO.CKO_PRIVATE_KEY, [new(CKA_EC_PARAMS, P256)]));
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Generate(CKO.CKO_PRIVATE_KEY, [], CKA_VALUE));
        ObjectTemplate aes = new([Of(CKA_VALUE_LEN, 16UL)], [CKA_VALUE]);
        Refuses(
            CKR.CKR_ATTRIBUTE_READ_ONLY,
            () => ObjectRules.Generate(CKO.CKO_SECRET_KEY, CKM.CKM_AES_KEY_GEN, CKK.CKK_AES, aes, bySecurityOfficer: false));
    }

    [TestMethod]
    public void Generation_takes_class_and_type_where_they_are_right()
    {
        _ = Generate(CKO.CKO_PRIVATE_KEY, [Of(CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY), Of(CKA_KEY_TYPE, (ulong)CKK.CKK_EC)]);

        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Generate(CKO.CKO_PRIVATE_KEY, [Of(CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY)]));
        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Generate(CKO.CKO_PRIVATE_KEY, [Of(CKA_KEY_TYPE, (ulong)CKK.CKK_RSA)]));
        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Generate(CKO.CKO_PRIVATE_KEY, [new(CKA_CLASS, new byte[] { 3 })]));
    }

    internal static ObjectAttribute Of(CKA type, bool value) => new(type, AttributeSet.Bytes(value));

    internal static ObjectAttribute Of(CKA type, ulong value) => new(type, AttributeSet.Bytes(value));

    internal static void Refuses(CKR status, Action action) => Assert.AreEqual(status, Assert.ThrowsExactly<FaultException>(action).Status);

    internal static AttributeSet Create(ObjectAttribute[] template, params CKA[] secrets) =>
        ObjectRules.Create(new ObjectTemplate(template, secrets), bySecurityOfficer: false);

    /// <summary>A template that C_CreateObject takes.</summary>
    internal static (ObjectAttribute[] Template, CKA[] Secrets) Whole(CKO objectClass) => objectClass switch
    {
        CKO.CKO_DATA => (Data(), []),
        CKO.CKO_CERTIFICATE => (
            [
                Of(CKA_CLASS, (ulong)objectClass), Of(CKA_CERTIFICATE_TYPE, (ulong)CKC.CKC_X_509),
                new(CKA_SUBJECT, new byte[] { 0x30, 0 }), new(CKA_VALUE, new byte[] { 0x30, 0 }),
            ], []),
        CKO.CKO_PUBLIC_KEY => (
            [
                Of(CKA_CLASS, (ulong)objectClass), Of(CKA_KEY_TYPE, (ulong)CKK.CKK_EC), new(CKA_EC_PARAMS, P256), new(CKA_EC_POINT, Point),
            ], []),
        CKO.CKO_PRIVATE_KEY => (PrivateKey(), [CKA_VALUE]),
        _ => (SecretKey(), [CKA_VALUE]),
    };

    private static AttributeSet Generate(CKO objectClass, ObjectAttribute[] template, params CKA[] secrets) => ObjectRules.Generate(
        objectClass, CKM.CKM_EC_KEY_PAIR_GEN, CKK.CKK_EC, new ObjectTemplate(template, secrets), bySecurityOfficer: false);

    private static ObjectAttribute[] Instead(ObjectAttribute[] template, ObjectAttribute other) =>
        [.. template.Select(attribute => attribute.Type == other.Type ? other : attribute)];

    private static ObjectAttribute[] Data() => [Of(CKA_CLASS, (ulong)CKO.CKO_DATA)];

    private static ObjectAttribute[] PrivateKey() =>
        [Of(CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY), Of(CKA_KEY_TYPE, (ulong)CKK.CKK_EC), new(CKA_EC_PARAMS, P256)];

    private static ObjectAttribute[] SecretKey() => [Of(CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), Of(CKA_KEY_TYPE, (ulong)CKK.CKK_AES)];
}
