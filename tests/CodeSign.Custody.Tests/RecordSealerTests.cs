using System.Security.Cryptography;
using CodeSign.Appliance.Custody;

namespace CodeSign.Custody.Tests;

[TestClass]
public sealed class RecordSealerTests
{
    private static readonly RecordPath Path = new("keys", "0011", "secret");

    private readonly RootKey _root = RootKey.Create();

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2400)]
    [DataRow(100_000)]
    public void Round_trips(int length)
    {
        using RecordSealer sealer = new(_root);
        byte[] plain = RandomNumberGenerator.GetBytes(length);
        byte[] record = sealer.Seal(Path, plain);

        using SecretBytes back = sealer.Open(Path, record);
        Assert.IsTrue(back.FixedTimeEquals(plain));
        Assert.HasCount(length + RecordSealer.OverheadBytes, record);
    }

    [TestMethod]
    [DataRow("keyz", "0011", "secret")]
    [DataRow("keys", "0012", "secret")]
    [DataRow("keys", "0011", "body")]
    [DataRow("key", "s0011", "secret")]
    [DataRow("keys", "001", "1secret")]
    public void A_record_moved_elsewhere_does_not_open(string table, string id, string column)
    {
        using RecordSealer sealer = new(_root);
        byte[] record = sealer.Seal(Path, [1, 2, 3]);
        Assert.Throws<CryptographicException>(() => sealer.Open(new(table, id, column), record));
    }

    [TestMethod]
    public void Every_changed_bit_is_refused()
    {
        using RecordSealer sealer = new(_root, generation: 3);
        byte[] record = sealer.Seal(Path, [1, 2, 3]);
        for (int i = 0; i < record.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. record];
                changed[i] ^= (byte)(1 << bit);
                Assert.Throws<CryptographicException>(() => sealer.Open(Path, changed), $"byte {i}, bit {bit}");
            }
        }
    }

    [TestMethod]
    public void Every_truncated_record_is_refused()
    {
        using RecordSealer sealer = new(_root);
        byte[] record = sealer.Seal(Path, [1, 2, 3]);
        for (int length = 0; length < record.Length; length++)
        {
            Assert.Throws<CryptographicException>(() => sealer.Open(Path, record.AsSpan(..length)));
        }
    }

    [TestMethod]
    public void A_newer_key_encryption_key_opens_older_records_and_not_the_reverse()
    {
        using RecordSealer first = new(_root, generation: 1);
        using RecordSealer second = new(_root, generation: 2);
        using SecretBytes back = second.Open(Path, first.Seal(Path, [7]));
        Assert.IsTrue(back.FixedTimeEquals([7]));
        Assert.Throws<CryptographicException>(() => first.Open(Path, second.Seal(Path, [7])));
    }

    [TestMethod]
    public void Another_root_key_opens_nothing()
    {
        using RecordSealer sealer = new(_root);
        using RootKey other = RootKey.Create();
        using RecordSealer stranger = new(other);
        Assert.Throws<CryptographicException>(() => stranger.Open(Path, sealer.Seal(Path, [1])));
    }

    [TestMethod]
    public void Two_records_of_the_same_plaintext_have_nothing_in_common()
    {
        using RecordSealer sealer = new(_root);
        byte[] one = sealer.Seal(Path, new byte[64]);
        byte[] other = sealer.Seal(Path, new byte[64]);
        Assert.IsFalse(one.AsSpan(5).SequenceEqual(other.AsSpan(5)));
        Assert.IsFalse(one.AsSpan(^80..).SequenceEqual(other.AsSpan(^80..)));
    }

    [TestMethod]
    public void Many_threads_may_seal_and_open()
    {
        using RecordSealer sealer = new(_root);
        Parallel.For(0, 2000, i =>
        {
            RecordPath path = new("keys", i.ToString(System.Globalization.CultureInfo.InvariantCulture), "secret");
            using SecretBytes back = sealer.Open(path, sealer.Seal(path, [(byte)(i % 256)]));
            Assert.IsTrue(back.FixedTimeEquals([(byte)(i % 256)]));
        });
    }

    [TestCleanup]
    public void Cleanup() => _root.Dispose();
}
