namespace CodeSign.Cryptoki.Tests;

[TestClass]
public sealed class AttributeTableTests
{
    [TestMethod]
    public void Every_attribute_has_a_row()
    {
        foreach (CKA attribute in Enum.GetValues<CKA>())
        {
            Assert.IsNotNull(AttributeRow.Find(attribute), attribute.ToString());
        }

        Assert.HasCount(Enum.GetValues<CKA>().Length, AttributeRow.All);
    }

    [TestMethod]
    public void Every_row_is_whole()
    {
        foreach (AttributeRow row in AttributeRow.All)
        {
            string name = row.Attribute.ToString();
            Assert.AreNotEqual(ObjectClasses.None, row.Classes, name);
            Assert.AreEqual(row.Supported, row.WhyNot is null, name);
            Assert.IsTrue(row.WhyNot is null || row.WhyNot.EndsWith('.'), name);
            int together = row.Uses.Sum(use => System.Numerics.BitOperations.PopCount((uint)use.Classes));
            Assert.AreEqual(System.Numerics.BitOperations.PopCount((uint)row.Classes), together, $"{name} stands in one class twice");
        }
    }

    [TestMethod]
    public void No_row_both_demands_and_forbids()
    {
        foreach (AttributeRules rules in AttributeRow.All.SelectMany(row => row.Uses).Select(use => use.Rules))
        {
            Assert.IsFalse(Both(rules, AttributeRules.RequiredOnCreate, AttributeRules.ForbiddenOnCreate));
            Assert.IsFalse(Both(rules, AttributeRules.RequiredOnGenerate, AttributeRules.ForbiddenOnGenerate));
            Assert.IsFalse(Both(rules, AttributeRules.RequiredOnUnwrap, AttributeRules.ForbiddenOnUnwrap));
            Assert.IsFalse(Both(rules, AttributeRules.StaysTrue, AttributeRules.StaysFalse));
            Assert.IsFalse(Both(rules, AttributeRules.Sensitive, AttributeRules.Settable));
        }
    }

    [TestMethod]
    public void Arrays_carry_the_array_bit()
    {
        foreach (AttributeRow row in AttributeRow.All.Where(row => ((ulong)row.Attribute & CKF.CKF_ARRAY_ATTRIBUTE) != 0))
        {
            Assert.IsTrue(row.Kind is AttributeKind.Template or AttributeKind.UlongArray, row.Attribute.ToString());
        }

        Assert.IsTrue(AttributeRow.All.Where(row => row.Kind == AttributeKind.Template)
            .All(row => ((ulong)row.Attribute & CKF.CKF_ARRAY_ATTRIBUTE) != 0));
    }

    [TestMethod]
    [DataRow(CKA.CKA_VALUE)]
    [DataRow(CKA.CKA_PRIVATE_EXPONENT)]
    [DataRow(CKA.CKA_PRIME_1)]
    [DataRow(CKA.CKA_PRIME_2)]
    [DataRow(CKA.CKA_EXPONENT_1)]
    [DataRow(CKA.CKA_EXPONENT_2)]
    [DataRow(CKA.CKA_COEFFICIENT)]
    [DataRow(CKA.CKA_SEED)]
    public void Private_values_are_sensitive(CKA attribute) =>
        Assert.IsTrue(AttributeRow.Find(attribute)!.RulesFor(CKO.CKO_PRIVATE_KEY).HasFlag(AttributeRules.Sensitive));

    [TestMethod]
    public void A_value_is_ruled_by_its_class()
    {
        AttributeRow value = AttributeRow.Find(CKA.CKA_VALUE)!;

        Assert.AreEqual(AttributeRules.RequiredOnCreate, value.RulesFor(CKO.CKO_CERTIFICATE));
        Assert.AreEqual(AttributeRules.None, value.RulesFor(CKO.CKO_DATA));
        Assert.IsTrue(value.StandsIn(CKO.CKO_DATA));
        Assert.IsFalse(value.StandsIn(CKO.CKO_MECHANISM));
        Assert.IsFalse(value.StandsIn(CKO.CKO_NSS_TRUST));
    }

    [TestMethod]
    public void Every_class_is_in_a_set()
    {
        CKO[] classes = [.. Enum.GetValues<CKO>().Where(value => value < CKO.CKO_VENDOR_DEFINED)];

        Assert.IsTrue(classes.All(value => AttributeRow.ClassOf(value) != ObjectClasses.None));
        Assert.AreEqual(ObjectClasses.All, classes.Aggregate(ObjectClasses.None, (all, value) => all | AttributeRow.ClassOf(value)));
    }

    private static bool Both(AttributeRules rules, AttributeRules one, AttributeRules other) => rules.HasFlag(one) && rules.HasFlag(other);
}
