using CodeSign.Appliance.Governance;
using CodeSign.Cryptoki;

namespace CodeSign.Governance.Tests;

[TestClass]
public sealed class KeyStrengthTests
{
    [TestMethod]
    [DataRow("rsa2048", 112)]
    [DataRow("rsa3072", 128)]
    [DataRow("rsa4096", 152)]
    [DataRow("p256", 128)]
    [DataRow("p384", 192)]
    [DataRow("p521", 256)]
    [DataRow("ed25519", 128)]
    [DataRow("ed448", 224)]
    [DataRow("x25519", 128)]
    [DataRow("ml-dsa-44", 128)]
    [DataRow("ml-dsa-65", 192)]
    [DataRow("ml-dsa-87", 256)]
    [DataRow("slh-dsa-sha2-128s", 128)]
    [DataRow("slh-dsa-shake-192f", 192)]
    [DataRow("slh-dsa-sha2-256f", 256)]
    public void A_key_pair_is_so_strong(string algorithm, int bits) => Assert.AreEqual(bits, KeyStrength.Of(KeyAlgorithm.Find(algorithm)!));

    [TestMethod]
    public void Every_algorithm_has_a_strength_that_a_key_can_have() =>
        Assert.IsTrue(KeyAlgorithm.All.All(row => KeyStrength.Of(row) is >= 112 and <= KeyStrength.Most));

    [TestMethod]
    [DataRow(1, 8)]
    [DataRow(16, 128)]
    [DataRow(32, 256)]
    [DataRow(4096, 256)]
    public void A_secret_key_is_as_strong_as_it_is_long_and_no_stronger_than_there_is(int bytes, int bits) => Assert.AreEqual(bits, KeyStrength.OfSecret(bytes));

    [TestMethod]
    [DataRow(112, 112)]
    [DataRow(128, 256)]
    [DataRow(152, 256)]
    public void An_RSA_key_of_128_bits_carries_any(int strength, int carries) => Assert.AreEqual(carries, KeyStrength.CarriedByRsa(strength));
}
