namespace CodeSign.Cryptoki.Tests;

[TestClass]
public sealed class DigestInfoTests
{
    public static IEnumerable<HashKind> Hashes { get; } = [.. DigestMechanism.All.Select(row => row.Hash)];

    // RFC 8017 section 9.2, note 1, and the CSOR arcs of SHA-3.
    [TestMethod]
    [DataRow(HashKind.Sha1, "3021300906052b0e03021a05000414")]
    [DataRow(HashKind.Sha224, "302d300d06096086480165030402040500041c")]
    [DataRow(HashKind.Sha256, "3031300d060960864801650304020105000420")]
    [DataRow(HashKind.Sha384, "3041300d060960864801650304020205000430")]
    [DataRow(HashKind.Sha512, "3051300d060960864801650304020305000440")]
    [DataRow(HashKind.Sha3_224, "302d300d06096086480165030402070500041c")]
    [DataRow(HashKind.Sha3_256, "3031300d060960864801650304020805000420")]
    [DataRow(HashKind.Sha3_384, "3041300d060960864801650304020905000430")]
    [DataRow(HashKind.Sha3_512, "3051300d060960864801650304020a05000440")]
    public void Begins_as_the_standard_says(HashKind hash, string prefix)
    {
        byte[] encoded = Whole(hash);

        Assert.AreEqual(prefix, Convert.ToHexStringLower(encoded[..^DigestMechanism.Of(hash).DigestBytes]));
    }

    [TestMethod]
    [DynamicData(nameof(Hashes))]
    public void Round_trips(HashKind hash)
    {
        byte[] encoded = Whole(hash);

        Assert.IsTrue(DigestInfo.TryParse(encoded, out HashKind read, out ReadOnlySpan<byte> digest));
        Assert.AreEqual(hash, read);
        Assert.AreEqual(Convert.ToHexString(Digest(hash)), Convert.ToHexString(digest));
    }

    [TestMethod]
    [DynamicData(nameof(Hashes))]
    public void Refuses_a_digest_one_byte_shorter_or_longer(HashKind hash)
    {
        byte[] digest = Digest(hash);

        Assert.ThrowsExactly<ArgumentException>(() => DigestInfo.Encode(hash, digest.AsSpan(1)));
        Assert.ThrowsExactly<ArgumentException>(() => DigestInfo.Encode(hash, [.. digest, 0]));
        Refuses(Whole(hash)[..^1]);
        Refuses([.. Whole(hash), 0]);
    }

    [TestMethod]
    [DynamicData(nameof(Hashes))]
    public void Refuses_absent_parameters(HashKind hash)
    {
        byte[] encoded = Whole(hash);
        int parameters = encoded.AsSpan().IndexOf<byte>([5, 0, 4]);
        byte[] without = [.. encoded[..parameters], .. encoded[(parameters + 2)..]];
        without[1] -= 2;
        without[3] -= 2;

        Refuses(without);
    }

    [TestMethod]
    [DynamicData(nameof(Hashes))]
    public void Refuses_every_other_byte_before_the_digest(HashKind hash)
    {
        byte[] encoded = Whole(hash);
        for (int at = 0; at < encoded.Length - DigestMechanism.Of(hash).DigestBytes; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. encoded];
                changed[at] ^= (byte)(1 << bit);

                // A changed last arc may name another hash of the same length: that is canonical again, under its own name.
                Assert.IsTrue(!DigestInfo.TryParse(changed, out HashKind read, out _) || read != hash, $"byte {at}, bit {bit}");
            }
        }
    }

    [TestMethod]
    public void Refuses_long_form_lengths()
    {
        byte[] encoded = Whole(HashKind.Sha256);

        Refuses([0x30, 0x81, .. encoded[1..]]);
        Refuses([.. encoded[..17], 4, 0x81, .. encoded[18..]]);
    }

    [TestMethod]
    public void Refuses_a_bare_digest_and_nothing()
    {
        Refuses(Digest(HashKind.Sha256));
        Refuses([]);
    }

    private static byte[] Digest(HashKind hash) => [.. Enumerable.Range(1, DigestMechanism.Of(hash).DigestBytes).Select(i => (byte)i)];

    private static byte[] Whole(HashKind hash) => DigestInfo.Encode(hash, Digest(hash));

    private static void Refuses(byte[] encoded)
    {
        Assert.IsFalse(DigestInfo.TryParse(encoded, out HashKind hash, out ReadOnlySpan<byte> digest));
        Assert.AreEqual(HashKind.None, hash);
        Assert.IsTrue(digest.IsEmpty);
    }
}
