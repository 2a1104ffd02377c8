using CodeSign.Cryptoki.Templates;

namespace CodeSign.Cryptoki.Tests;

[TestClass]
public sealed class AttributeBytesTests
{
    private const string Golden = "000000000000001100000003aabbcc" + "000000000000010200000000";

    [TestMethod]
    public void The_bytes_have_not_changed()
    {
        byte[] bytes = new byte[(2 * AttributeBytes.HeaderBytes) + 3];
        Span<byte> rest = AttributeBytes.Write(bytes, CKA.CKA_VALUE, [0xaa, 0xbb, 0xcc]);
        Assert.IsTrue(AttributeBytes.Write(rest, CKA.CKA_ID, []).IsEmpty);

        Assert.AreEqual(Golden, Convert.ToHexStringLower(bytes));
    }

    [TestMethod]
    public void Reads_what_it_writes()
    {
        ReadOnlySpan<byte> bytes = Convert.FromHexString(Golden);
        Assert.IsTrue(AttributeBytes.TryRead(bytes, out CKA type, out int length));
        Assert.AreEqual((CKA.CKA_VALUE, 3), (type, length));
        Assert.IsTrue(AttributeBytes.TryRead(bytes[(AttributeBytes.HeaderBytes + length)..], out type, out length));
        Assert.AreEqual((CKA.CKA_ID, 0), (type, length));
    }

    [TestMethod]
    [DataRow("", false)]
    [DataRow("0000000000000011000000", false)]
    [DataRow("000000000000001100000000", true)]
    [DataRow("000000000000001100000001", false)]
    [DataRow("00000000000000110000000100", true)]
    [DataRow("0000000000000011ffffffff00", false)]
    [DataRow("0000000000000011fffffff400", false)]
    [DataRow("00000000000000117fffffff00", false)]
    public void Takes_no_length_beyond_the_bytes(string hex, bool isThere) =>
        Assert.AreEqual(isThere, AttributeBytes.TryRead(Convert.FromHexString(hex), out _, out _));

    [TestMethod]
    public void Writes_nothing_beyond_its_room() =>
        Assert.ThrowsExactly<ArgumentException>(() => _ = AttributeBytes.Write(new byte[AttributeBytes.HeaderBytes + 1], CKA.CKA_VALUE, [1, 2]).Length);
}
