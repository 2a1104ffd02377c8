using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys;
using CodeSign.Cryptoki;

namespace CodeSign.Keys.Tests;

/// <summary>What enciphers keys: published answers, both ways, and what can't be deciphered.</summary>
[TestClass]
public sealed class KeyCipherTests
{
    private static readonly byte[] Kek = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static IEnumerable<object[]> Symmetric => CipherMechanism.All.Where(row => !row.IsAsymmetric).Select(row => new object[] { row.Mechanism });

    public static IEnumerable<object[]> Asymmetric => CipherMechanism.All.Where(row => row.IsAsymmetric).Select(row => new object[] { row.Mechanism });

    // RFC 3394 sections 4.1 to 4.6.
    [TestMethod]
    [DataRow(16, "00112233445566778899AABBCCDDEEFF", "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5")]
    [DataRow(24, "00112233445566778899AABBCCDDEEFF", "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D")]
    [DataRow(32, "00112233445566778899AABBCCDDEEFF", "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7")]
    [DataRow(24, "00112233445566778899AABBCCDDEEFF0001020304050607", "031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2")]
    [DataRow(32, "00112233445566778899AABBCCDDEEFF0001020304050607", "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1")]
    [DataRow(
        32, "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F", "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21")]
    public void Wraps_as_RFC_3394_says(int kekBytes, string plain, string wrapped) => Agrees(CKM.CKM_AES_KEY_WRAP, Kek[..kekBytes], plain, wrapped);

    // RFC 5649 section 6.
    [TestMethod]
    [DataRow("C37B7E6492584340BED12207808941155068F738", "138BDEAA9B8FA7FC61F97742E72248EE5AE6AE5360D1AE6A5F54F373FA543B6A")]
    [DataRow("466F7250617369", "AFBEB0F07DFBF5419200F2CCB50BB24F")]
    public void Wraps_as_RFC_5649_says(string plain, string wrapped) =>
        Agrees(CKM.CKM_AES_KEY_WRAP_KWP, Convert.FromHexString("5840DF6E29B02AF1AB493B705BF16EA1AE8338F4DCC176A8"), plain, wrapped);

    [TestMethod]
    [DynamicData(nameof(Symmetric))]
    public void Deciphers_what_it_enciphered_and_nothing_that_was_changed(CKM mechanism)
    {
        CipherMechanism row = CipherMechanism.Find(mechanism)!;
        foreach (int kekBytes in (int[])[16, 24, 32])
        {
            foreach (int bytes in (int[])[16, 24, 32, 48, 138, 1218])
            {
                if (row.Scheme == CipherScheme.AesKeyWrap && bytes % 8 > 0)
                {
                    continue;
                }

                byte[] plain = RandomNumberGenerator.GetBytes(bytes);
                byte[] kek = RandomNumberGenerator.GetBytes(kekBytes);
                CipherParameters parameters = ParametersOf(row);
                using SecretBytes enciphered = KeyCipher.Encipher(row, kek, parameters, plain);
                using SecretBytes again = KeyCipher.Decipher(row, kek, parameters, enciphered.Span);

                Assert.AreEqual(row.OutputBytes(bytes, kekBytes, 16), enciphered.Length);
                Assert.AreSequenceEqual(plain, again.Span[..bytes].ToArray());
                Assert.AreEqual(-1, again.Span[bytes..].IndexOfAnyExcept((byte)0));
                if (!row.IsMalleable)
                {
                    enciphered.Span[bytes / 2] ^= 1;
                    Refuses(CKR.CKR_ENCRYPTED_DATA_INVALID, () => KeyCipher.Decipher(row, kek, parameters, enciphered.Span));
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Asymmetric))]
    public void What_the_public_key_enciphers_its_private_key_deciphers(CKM mechanism)
    {
        CipherMechanism row = CipherMechanism.Find(mechanism)!;
        using RSA rsa = RSA.Create(2048);
        foreach ((HashKind hash, HashKind mask, byte[] label) in ((HashKind, HashKind, byte[])[])
            [(HashKind.Sha1, HashKind.Sha1, []), (HashKind.Sha256, HashKind.Sha256, []), (HashKind.Sha384, HashKind.Sha256, [1, 2, 3])])
        {
            CipherParameters parameters = new() { Hash = hash, MaskHash = mask, Label = label };
            byte[] plain = RandomNumberGenerator.GetBytes(row.Scheme == CipherScheme.RsaAesKeyWrap ? 1218 : 32);
            using SecretBytes enciphered = KeyCipher.Encipher(row, rsa.ExportSubjectPublicKeyInfo(), parameters, plain);
            using SecretBytes again = KeyCipher.Decipher(row, rsa.ExportPkcs8PrivateKey(), parameters, enciphered.Span);

            Assert.AreSequenceEqual(plain, again.Span.ToArray());
            Assert.AreEqual(row.OutputBytes(plain.Length, 256, 0), enciphered.Length);
        }
    }

    [TestMethod]
    public void Speaks_OAEP_as_others_do()
    {
        CipherMechanism row = CipherMechanism.Find(CKM.CKM_RSA_PKCS_OAEP)!;
        using RSA rsa = RSA.Create(2048);
        byte[] plain = RandomNumberGenerator.GetBytes(32);
        using SecretBytes theirs = KeyCipher.Decipher(
            row, rsa.ExportPkcs8PrivateKey(), new CipherParameters(), rsa.Encrypt(plain, RSAEncryptionPadding.OaepSHA256));
        using SecretBytes ours = KeyCipher.Encipher(row, rsa.ExportSubjectPublicKeyInfo(), new CipherParameters(), plain);

        Assert.AreSequenceEqual(plain, theirs.Span.ToArray());
        Assert.AreSequenceEqual(plain, rsa.Decrypt(ours.Span, RSAEncryptionPadding.OaepSHA256));
    }

    [TestMethod]
    [DataRow(CKM.CKM_RSA_PKCS_OAEP, 190, true)]
    [DataRow(CKM.CKM_RSA_PKCS_OAEP, 191, false)]
    [DataRow(CKM.CKM_RSA_PKCS, 245, true)]
    [DataRow(CKM.CKM_RSA_PKCS, 246, false)]
    [DataRow(CKM.CKM_RSA_AES_KEY_WRAP, 0, false)]
    public void An_RSA_key_takes_so_much_and_no_more(CKM mechanism, int bytes, bool fits)
    {
        using RSA rsa = RSA.Create(2048);
        byte[] info = rsa.ExportSubjectPublicKeyInfo();
        CipherMechanism row = CipherMechanism.Find(mechanism)!;
        if (fits)
        {
            using SecretBytes enciphered = KeyCipher.Encipher(row, info, new CipherParameters(), new byte[bytes]);
            Assert.AreEqual(256, enciphered.Length);
            return;
        }

        Refuses(CKR.CKR_DATA_LEN_RANGE, () => KeyCipher.Encipher(row, info, new CipherParameters(), new byte[bytes]));
    }

    // Manger 2001: which of OAEP's steps failed is told to nobody.
    [TestMethod]
    public void Every_failure_of_OAEP_is_the_same()
    {
        CipherMechanism row = CipherMechanism.Find(CKM.CKM_RSA_PKCS_OAEP)!;
        using RSA rsa = RSA.Create(2048);
        byte[] key = rsa.ExportPkcs8PrivateKey();
        byte[] first = rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA256);
        byte[] zero = new byte[256];
        byte[] large = [.. Enumerable.Repeat((byte)0xff, 256)];
        byte[] other = rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA1);
        byte[] pkcs1 = rsa.Encrypt(new byte[32], RSAEncryptionPadding.Pkcs1);
        first[9] ^= 1;

        string[] said = [.. ((byte[][])[first, zero, large, other, pkcs1]).Select(given =>
        {
            FaultException fault = Assert.ThrowsExactly<FaultException>(() => KeyCipher.Decipher(row, key, new CipherParameters(), given));
            return $"{fault.Status} {fault.Reason} {fault.Message}";
        })];

        Assert.ContainsSingle(said.Distinct());
    }

    [TestMethod]
    [DataRow(CKM.CKM_AES_GCM, 11)]
    [DataRow(CKM.CKM_AES_GCM, 65)]
    [DataRow(CKM.CKM_AES_CBC, 0)]
    [DataRow(CKM.CKM_AES_CBC_PAD, 15)]
    [DataRow(CKM.CKM_AES_KEY_WRAP, 4)]
    [DataRow(CKM.CKM_AES_KEY_WRAP_KWP, 8)]
    public void An_initial_value_has_its_length(CKM mechanism, int bytes) => Refuses(
        CKR.CKR_MECHANISM_PARAM_INVALID,
        () => KeyCipher.Encipher(CipherMechanism.Find(mechanism)!, Kek, new CipherParameters { Iv = new byte[bytes] }, new byte[32]));

    private static CipherParameters ParametersOf(CipherMechanism row) => row.Scheme switch
    {
        CipherScheme.AesGcm => new CipherParameters { Iv = RandomNumberGenerator.GetBytes(12), AssociatedData = new byte[] { 1, 2, 3 } },
        CipherScheme.AesCbc or CipherScheme.AesCbcPadded => new CipherParameters { Iv = RandomNumberGenerator.GetBytes(16) },
        _ => new CipherParameters(),
    };

    private static void Agrees(CKM mechanism, byte[] kek, string plain, string wrapped)
    {
        CipherMechanism row = CipherMechanism.Find(mechanism)!;
        using SecretBytes enciphered = KeyCipher.Encipher(row, kek, new CipherParameters(), Convert.FromHexString(plain));
        using SecretBytes again = KeyCipher.Decipher(row, kek, new CipherParameters(), enciphered.Span);

        Assert.AreEqual(wrapped, Convert.ToHexString(enciphered.Span));
        Assert.AreEqual(plain, Convert.ToHexString(again.Span));
    }

    private static void Refuses(CKR status, Func<SecretBytes> work) => Assert.AreEqual(status, Assert.ThrowsExactly<FaultException>(() => work().Dispose()).Status);
}
