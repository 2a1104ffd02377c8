namespace CodeSign.Cryptoki.Tests;

[TestClass]
public sealed class MechanismTableTests
{
    [TestMethod]
    public void Every_signing_mechanism_is_found_under_its_number() =>
        Assert.IsTrue(SignatureMechanism.All.All(row => ReferenceEquals(row, SignatureMechanism.Find(row.Mechanism))));

    [TestMethod]
    public void Every_signing_mechanism_names_its_hash()
    {
        foreach (SignatureMechanism row in SignatureMechanism.All.Where(row => row.HashesFirst))
        {
            string hash = DigestMechanism.Of(row.Hash).Name.Replace("-", "_", StringComparison.Ordinal).ToUpperInvariant();

            // "SHA3_256" holds no "SHA256": a hash can't stand for another.
            Assert.Contains(hash, row.Mechanism.ToString(), StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void Every_signing_mechanism_fits_an_algorithm()
    {
        foreach (SignatureMechanism row in SignatureMechanism.All)
        {
            KeyAlgorithm[] algorithms = [.. KeyAlgorithm.All.Where(key => key.KeyType == row.KeyType)];

            Assert.AreEqual(row.KeyBitsMin, (ulong)algorithms.Min(key => key.Bits), row.Mechanism.ToString());
            Assert.AreEqual(row.KeyBitsMax, (ulong)algorithms.Max(key => key.Bits), row.Mechanism.ToString());
            Assert.AreEqual(CKF.CKF_SIGN | CKF.CKF_VERIFY, row.Flags & (CKF.CKF_SIGN | CKF.CKF_VERIFY));
        }
    }

    [TestMethod]
    public void Every_hash_has_a_row()
    {
        foreach (HashKind hash in Enum.GetValues<HashKind>().Where(hash => hash != HashKind.None))
        {
            DigestMechanism row = DigestMechanism.Of(hash);

            Assert.AreEqual(hash, row.Hash);
            Assert.AreSame(row, DigestMechanism.Find(row.Mechanism));
            Assert.AreSame(row, DigestMechanism.Find(row.Name));
            Assert.EndsWith(row.Mechanism.ToString()["CKM_".Length..].Replace("SHA_1", "SHA1", StringComparison.Ordinal), row.Mgf.ToString(), StringComparison.Ordinal);
        }

        Assert.HasCount(Enum.GetValues<HashKind>().Length - 1, DigestMechanism.All);
        Assert.HasCount(DigestMechanism.All.Count, DigestMechanism.All.Select(row => row.Oid).Distinct());
    }

    [TestMethod]
    public void No_hash_has_no_row()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => DigestMechanism.Of(HashKind.None));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => DigestMechanism.Of((HashKind)10));
        Assert.IsNull(DigestMechanism.Find(CKM.CKM_MD5));
        Assert.IsNull(DigestMechanism.Find("SHA256"));
    }

    [TestMethod]
    public void Every_key_type_has_a_mechanism_that_makes_it()
    {
        foreach (KeyAlgorithm key in KeyAlgorithm.All)
        {
            KeyPairMechanism row = KeyPairMechanism.Of(key.KeyType);

            Assert.IsTrue((ulong)key.Bits >= row.KeyBitsMin && (ulong)key.Bits <= row.KeyBitsMax, key.Name);
            Assert.AreSame(key, KeyAlgorithm.Find(key.Name));
        }

        Assert.HasCount(KeyPairMechanism.All.Count, KeyAlgorithm.All.Select(key => key.KeyType).Distinct());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => KeyPairMechanism.Of(CKK.CKK_DSA));
    }
}
