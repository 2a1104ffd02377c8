using CodeSign.Cryptoki.Templates;
using static CodeSign.Cryptoki.CKA;
using static CodeSign.Cryptoki.Tests.ObjectRulesTests;

namespace CodeSign.Cryptoki.Tests;

/// <summary>C_SetAttributeValue and C_CopyObject: what may become of an object (PKCS#11 v3.2 sections 4.1.2 and 4.1.3).</summary>
[TestClass]
public sealed class ObjectChangeRulesTests
{
    private static readonly byte[] Other = [9, 9];

    [TestMethod]
    [DataRow(CKO.CKO_DATA, CKA_LABEL, true)]
    [DataRow(CKO.CKO_DATA, CKA_VALUE, false)]
    [DataRow(CKO.CKO_DATA, CKA_APPLICATION, false)]
    [DataRow(CKO.CKO_DATA, CKA_OBJECT_ID, false)]
    [DataRow(CKO.CKO_DATA, CKA_UNIQUE_ID, false)]
    [DataRow(CKO.CKO_CERTIFICATE, CKA_ID, true)]
    [DataRow(CKO.CKO_CERTIFICATE, CKA_ISSUER, true)]
    [DataRow(CKO.CKO_CERTIFICATE, CKA_SERIAL_NUMBER, true)]
    [DataRow(CKO.CKO_CERTIFICATE, CKA_VALUE, false)]
    [DataRow(CKO.CKO_CERTIFICATE, CKA_SUBJECT, false)]
    [DataRow(CKO.CKO_PUBLIC_KEY, CKA_ID, true)]
    [DataRow(CKO.CKO_PUBLIC_KEY, CKA_SUBJECT, true)]
    [DataRow(CKO.CKO_PUBLIC_KEY, CKA_EC_POINT, false)]
    [DataRow(CKO.CKO_PUBLIC_KEY, CKA_EC_PARAMS, false)]
    public void An_attribute_changes_where_the_standard_says_so(CKO objectClass, CKA type, bool changes)
    {
        AttributeSet original = Made(objectClass).With(CKA_UNIQUE_ID, new byte[] { 1 });
        ObjectTemplate wish = new([new(type, Other)], []);

        if (changes)
        {
            Assert.AreSequenceEqual(Other, Set(original, wish).Find(type)!.Value.ToArray());
            Assert.AreSequenceEqual(Other, Copy(original, wish).Find(type)!.Value.ToArray());
            return;
        }

        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Set(original, wish));
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Copy(original, wish));
    }

    [TestMethod]
    [DataRow(CKA_TOKEN)]
    [DataRow(CKA_PRIVATE)]
    [DataRow(CKA_MODIFIABLE)]
    [DataRow(CKA_COPYABLE)]
    [DataRow(CKA_DESTROYABLE)]
    public void Some_things_are_decided_anew_by_a_copy_only(CKA type)
    {
        AttributeSet original = Made(CKO.CKO_DATA);
        ObjectTemplate wish = new([Of(type, !original.Is(type))], []);

        Assert.AreEqual(!original.Is(type), Copy(original, wish).Is(type));
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Set(original, wish));
    }

    [TestMethod]
    public void What_cannot_be_changed_cannot_be_set_to_what_it_is_either()
    {
        AttributeSet original = Made(CKO.CKO_PUBLIC_KEY).With(CKA_UNIQUE_ID, new byte[] { 1 });
        ObjectTemplate same = new([new(CKA_CLASS, original.Find(CKA_CLASS)!.Value)], []);
        ObjectTemplate sameId = new([new(CKA_UNIQUE_ID, new byte[] { 1 })], []);

        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Set(original, same));
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Copy(original, sameId));
        Assert.AreEqual(original.Class, Copy(original, same).Class);
    }

    [TestMethod]
    [DataRow(CKA_SENSITIVE, true)]
    [DataRow(CKA_WRAP_WITH_TRUSTED, true)]
    [DataRow(CKA_EXTRACTABLE, false)]
    public void One_way_attributes_go_one_way(CKA type, bool closed)
    {
        AttributeSet open = Made(CKO.CKO_PRIVATE_KEY).With(type, !closed);
        AttributeSet shut = open.With(type, closed);
        ObjectTemplate close = new([Of(type, closed)], []);
        ObjectTemplate reopen = new([Of(type, !closed)], []);

        Assert.AreEqual(closed, Set(open, close).Is(type));
        Assert.AreEqual(closed, Copy(open, close).Is(type));
        Assert.AreEqual(closed, Set(shut, close).Is(type), "to what it is, it may be set");
        Assert.AreEqual(!closed, Set(open, reopen).Is(type), "to what it is, it may be set");
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Set(shut, reopen));
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Copy(shut, reopen));
    }

    [TestMethod]
    public void What_a_key_was_once_it_stays_in_copies_and_changes()
    {
        AttributeSet open = Made(CKO.CKO_PRIVATE_KEY).With(CKA_SENSITIVE, value: false).With(CKA_EXTRACTABLE, value: true).With(CKA_LOCAL, value: true);
        ObjectTemplate close = new([Of(CKA_SENSITIVE, true), Of(CKA_EXTRACTABLE, false)], []);

        foreach (AttributeSet shut in new[] { Set(open, close), Copy(open, close) })
        {
            Assert.IsTrue(shut.Is(CKA_LOCAL) && shut.Is(CKA_SENSITIVE) && !shut.Is(CKA_EXTRACTABLE));
            Assert.IsFalse(shut.Is(CKA_ALWAYS_SENSITIVE) || shut.Is(CKA_NEVER_EXTRACTABLE));
        }
    }

    [TestMethod]
    public void The_values_of_a_key_are_not_changed()
    {
        ObjectTemplate wish = new([], [CKA_VALUE]);

        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Set(Made(CKO.CKO_SECRET_KEY), wish));
        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Copy(Made(CKO.CKO_SECRET_KEY), wish));
    }

    [TestMethod]
    public void What_forbids_it_is_not_changed_or_copied()
    {
        ObjectTemplate rename = new([new(CKA_LABEL, Other)], []);

        Refuses(CKR.CKR_ACTION_PROHIBITED, () => Set(Made(CKO.CKO_DATA).With(CKA_MODIFIABLE, value: false), rename));
        Refuses(CKR.CKR_ACTION_PROHIBITED, () => Copy(Made(CKO.CKO_DATA).With(CKA_COPYABLE, value: false), ObjectTemplate.Empty));
        Assert.AreEqual(2, Copy(Made(CKO.CKO_DATA).With(CKA_MODIFIABLE, value: false), rename).Find(CKA_LABEL)?.Length);
    }

    [TestMethod]
    public void A_copy_of_a_private_object_is_private()
    {
        AttributeSet original = Made(CKO.CKO_DATA).With(CKA_PRIVATE, value: true);

        Assert.IsTrue(Copy(original, ObjectTemplate.Empty).Is(CKA_PRIVATE));
        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Copy(original, new ObjectTemplate([Of(CKA_PRIVATE, false)], [])));
    }

    [TestMethod]
    public void Templates_for_changes_are_checked_like_those_for_making()
    {
        AttributeSet original = Made(CKO.CKO_DATA);
        ObjectTemplate unknown = new([new((CKA)0x80000042, Other)], []);
        ObjectTemplate alien = new([Of(CKA_SIGN, true)], []);
        ObjectTemplate malformed = new([new(CKA_PRIVATE, Other)], []);
        ObjectTemplate twice = new([new(CKA_LABEL, Other), new(CKA_LABEL, new byte[] { 1 })], []);

        foreach (Func<AttributeSet, ObjectTemplate, AttributeSet> change in new[] { Set, Copy })
        {
            Refuses(CKR.CKR_ATTRIBUTE_TYPE_INVALID, () => change(original, unknown));
            Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => change(original, alien));
            Refuses(CKR.CKR_ATTRIBUTE_VALUE_INVALID, () => change(original, malformed));
            Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => change(original, twice));
            Assert.AreSequenceEqual(original.ToArray(), change(original, ObjectTemplate.Empty).ToArray());
        }
    }

    [TestMethod]
    public void Trust_is_the_security_officers_to_give_and_is_not_copied()
    {
        AttributeSet certificate = Made(CKO.CKO_CERTIFICATE);
        ObjectTemplate trust = new([Of(CKA_TRUSTED, true)], []);
        ObjectTemplate rename = new([new(CKA_LABEL, Other)], []);

        Refuses(CKR.CKR_ATTRIBUTE_READ_ONLY, () => Set(certificate, trust));
        AttributeSet trusted = ObjectRules.Set(certificate, trust, bySecurityOfficer: true);
        Assert.IsTrue(trusted.Is(CKA_TRUSTED));
        Refuses(CKR.CKR_ACTION_PROHIBITED, () => Set(trusted, rename));
        Refuses(CKR.CKR_ACTION_PROHIBITED, () => Set(trusted, new ObjectTemplate([Of(CKA_TRUSTED, false)], [])));
        Assert.IsFalse(Copy(trusted, rename).Is(CKA_TRUSTED));
        Assert.IsTrue(ObjectRules.Copy(trusted, rename, bySecurityOfficer: true).Is(CKA_TRUSTED));
        Assert.IsFalse(ObjectRules.Set(trusted, new ObjectTemplate([Of(CKA_TRUSTED, false)], []), bySecurityOfficer: true).Is(CKA_TRUSTED));
    }

    [TestMethod]
    public void No_change_makes_a_key_that_transports_and_works_on_data()
    {
        AttributeSet wraps = Made(CKO.CKO_SECRET_KEY).With(CKA_WRAP, value: true);
        ObjectTemplate decrypt = new([Of(CKA_DECRYPT, true)], []);

        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Set(wraps, decrypt));
        Refuses(CKR.CKR_TEMPLATE_INCONSISTENT, () => Copy(wraps, decrypt));
    }

    [TestMethod]
    [DataRow(true, true, true)]
    [DataRow(true, false, true)]
    [DataRow(false, false, true)]
    [DataRow(false, true, false)]
    public void The_secrets_of_a_key_are_hidden_unless_it_is_open(bool sensitive, bool extractable, bool hidden)
    {
        AttributeSet key = Made(CKO.CKO_PRIVATE_KEY).With(CKA_SENSITIVE, sensitive).With(CKA_EXTRACTABLE, extractable);

        Assert.AreEqual(hidden, ObjectRules.IsHidden(key, CKA_VALUE));
        Assert.IsFalse(ObjectRules.IsHidden(key, CKA_EC_PARAMS));
        Assert.IsFalse(ObjectRules.IsHidden(key, (CKA)0x80000042));
    }

    private static AttributeSet Set(AttributeSet original, ObjectTemplate wish) => ObjectRules.Set(original, wish, bySecurityOfficer: false);

    private static AttributeSet Copy(AttributeSet original, ObjectTemplate wish) => ObjectRules.Copy(original, wish, bySecurityOfficer: false);

    private static AttributeSet Made(CKO objectClass)
    {
        (ObjectAttribute[] template, CKA[] secrets) = Whole(objectClass);
        return Create(template, secrets);
    }
}
