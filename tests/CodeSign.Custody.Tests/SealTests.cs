using System.Text;
using CodeSign.Appliance.Custody;

namespace CodeSign.Custody.Tests;

[TestClass]
public sealed class SealTests
{
    private static readonly Argon2 Cheap = new(64, 1, 2);

    [TestMethod]
    public void A_passphrase_gives_the_root_key_back()
    {
        using RootKey root = RootKey.Create();
        using SecretBytes passphrase = new("correct horse battery staple"u8);
        byte[] protectedKey = new PassphraseSeal(passphrase).Protect(root);

        using RootKey back = new PassphraseSeal(passphrase).Unprotect(protectedKey);
        Assert.IsTrue(root.Span.SequenceEqual(back.Span));
        Assert.AreEqual(SealKind.Passphrase, SealKind.Of(protectedKey));
    }

    [TestMethod]
    public void A_wrong_passphrase_is_told_in_one_sentence()
    {
        using RootKey root = RootKey.Create();
        using SecretBytes right = new("right"u8);
        using SecretBytes wrong = new("wrong"u8);
        byte[] protectedKey = new PassphraseSeal(right, Cheap).Protect(root);

        SealException e = Assert.ThrowsExactly<SealException>(() => new PassphraseSeal(wrong, Cheap).Unprotect(protectedKey));
        Assert.Contains("passphrase is wrong", e.Message);
    }

    [TestMethod]
    public void Every_changed_bit_of_a_sealed_root_key_is_refused()
    {
        using RootKey root = RootKey.Create();
        using SecretBytes passphrase = new("p"u8);
        PassphraseSeal seal = new(passphrase, Cheap);
        byte[] protectedKey = seal.Protect(root);
        for (int i = 0; i < protectedKey.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. protectedKey];
                changed[i] ^= (byte)(1 << bit);
                if (CostBytes(changed) is > 256 * 1024)
                {
                    continue;  // an expensive but permitted parameter: its refusal is by the tag, as for the others
                }

                Assert.ThrowsExactly<SealException>(() => seal.Unprotect(changed), $"byte {i}, bit {bit}");
            }
        }
    }

    [TestMethod]
    public void Every_truncated_sealed_root_key_is_refused()
    {
        using RootKey root = RootKey.Create();
        using SecretBytes passphrase = new("p"u8);
        using KeyFileSeal keyFile = new(SecretBytes.Random(32));
        PassphraseSeal seal = new(passphrase, Cheap);
        byte[] byPassphrase = seal.Protect(root);
        byte[] byKeyFile = keyFile.Protect(root);
        for (int length = 0; length < byPassphrase.Length; length++)
        {
            Assert.ThrowsExactly<SealException>(() => seal.Unprotect(byPassphrase.AsSpan(..length)));
        }

        for (int length = 0; length < byKeyFile.Length; length++)
        {
            Assert.ThrowsExactly<SealException>(() => keyFile.Unprotect(byKeyFile.AsSpan(..length)));
        }
    }

    [TestMethod]
    [DataRow(1, true)]
    [DataRow(PassphraseSeal.PassphraseBytesMax, true)]
    [DataRow(0, false)]
    [DataRow(PassphraseSeal.PassphraseBytesMax + 1, false)]
    public void Takes_passphrases_up_to_the_limit(int length, bool taken)
    {
        using SecretBytes passphrase = new(length);
        if (taken)
        {
            _ = new PassphraseSeal(passphrase);
        }
        else
        {
            Assert.ThrowsExactly<SealException>(() => new PassphraseSeal(passphrase));
        }
    }

    [TestMethod]
    public void A_key_file_may_be_raw_hex_or_base64()
    {
        using RootKey root = RootKey.Create();
        byte[] key = [.. Enumerable.Range(100, 40).Select(i => (byte)i)];
        using KeyFileSeal raw = new(new SecretBytes(key));
        byte[] protectedKey = raw.Protect(root);
        string[] texts =
        [
            Convert.ToHexString(key), Convert.ToHexStringLower(key) + "\n", "  " + Convert.ToBase64String(key) + "\r\n",
        ];
        foreach (string text in texts)
        {
            using KeyFileSeal seal = new(new SecretBytes(Encoding.ASCII.GetBytes(text)));
            using RootKey back = seal.Unprotect(protectedKey);
            Assert.IsTrue(root.Span.SequenceEqual(back.Span), text);
        }

        Assert.AreEqual(SealKind.KeyFile, SealKind.Of(protectedKey));
    }

    [TestMethod]
    [DataRow(KeyFileSeal.KeyBytesMin, true)]
    [DataRow(KeyFileSeal.FileBytesMax, true)]
    [DataRow(0, false)]
    [DataRow(KeyFileSeal.KeyBytesMin - 1, false)]
    [DataRow(KeyFileSeal.FileBytesMax + 1, false)]
    public void Takes_key_files_within_the_limits(int length, bool taken)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [.. Enumerable.Repeat((byte)0x80, length)]);
            if (taken)
            {
                KeyFileSeal.Read(path).Dispose();
            }
            else
            {
                Assert.ThrowsExactly<SealException>(() => KeyFileSeal.Read(path));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void A_wrong_or_missing_key_file_is_told_in_one_sentence()
    {
        using RootKey root = RootKey.Create();
        using KeyFileSeal right = new(SecretBytes.Random(32));
        using KeyFileSeal wrong = new(SecretBytes.Random(32));
        byte[] protectedKey = right.Protect(root);

        SealException e = Assert.ThrowsExactly<SealException>(() => wrong.Unprotect(protectedKey));
        Assert.Contains("not the one", e.Message);
        e = Assert.ThrowsExactly<SealException>(() => KeyFileSeal.Read("/nowhere/key"));
        Assert.Contains("/nowhere/key", e.Message);
    }

    [TestMethod]
    public void One_kind_of_seal_says_when_the_other_is_wanted()
    {
        using RootKey root = RootKey.Create();
        using SecretBytes passphrase = new("p"u8);
        PassphraseSeal byPassphrase = new(passphrase, Cheap);
        using KeyFileSeal byKeyFile = new(SecretBytes.Random(32));

        SealException e = Assert.ThrowsExactly<SealException>(() => byPassphrase.Unprotect(byKeyFile.Protect(root)));
        Assert.Contains("key file", e.Message);
        e = Assert.ThrowsExactly<SealException>(() => byKeyFile.Unprotect(byPassphrase.Protect(root)));
        Assert.Contains("passphrase", e.Message);
    }

    private static int CostBytes(byte[] protectedKey) =>
        System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(protectedKey.AsSpan(ProtectedKey.PrefixBytes));
}
