using CodeSign.Appliance.Custody;

namespace CodeSign.Custody.Tests;

[TestClass]
public sealed class RootKeyTests
{
    [TestMethod]
    public void Gives_the_same_key_for_the_same_purpose_and_another_for_another()
    {
        using RootKey root = RootKey.Create();
        using SecretBytes grant = root.Derive("grant", 32);
        using SecretBytes again = root.Derive("grant", 32);
        using SecretBytes ticket = root.Derive("ticket", 32);

        Assert.IsTrue(grant.FixedTimeEquals(again.Span));
        Assert.IsFalse(grant.FixedTimeEquals(ticket.Span));
    }

    [TestMethod]
    public void Derivation_has_not_changed()
    {
        // What is in old databases was made with these keys.
        byte[] bytes = [.. Enumerable.Range(0, RootKey.Bytes).Select(i => (byte)i)];
        using RootKey root = RootKey.Of(bytes);
        using SecretBytes derived = root.Derive("grant", 16);

        // Made once by: openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt hexkey:00…1f -kdfopt salt:"CodeSign root key v1" -kdfopt info:grant HKDF
        Assert.AreEqual("5BCC8EEFFD00204CC8545B326496AA28", Convert.ToHexString(derived.Span));
    }

    [TestMethod]
    public void Two_root_keys_differ()
    {
        using RootKey one = RootKey.Create();
        using RootKey other = RootKey.Create();
        Assert.IsFalse(one.Span.SequenceEqual(other.Span));
    }

    [TestMethod]
    [DataRow(31)]
    [DataRow(33)]
    public void Refuses_a_root_key_of_another_length(int length) =>
        Assert.ThrowsExactly<ArgumentException>(() => RootKey.Of(new byte[length]));
}
