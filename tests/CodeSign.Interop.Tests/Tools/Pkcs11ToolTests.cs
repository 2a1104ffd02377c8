using System.Security.Cryptography;
using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>OpenSC's pkcs11-tool.</summary>
[TestClass]
public sealed class Pkcs11ToolTests : ToolTests
{
    private Command Tool => $"pkcs11-tool --module {Token.Module} --token-label {Token.Label}";

    private static Command For(Token token) => $"pkcs11-tool --module {token.Module} --token-label {token.Label} --login --pin {token.Pin}";

    [TestMethod]
    public void Lists_slots_mechanisms_and_objects()
    {
        Bench.Run($"pkcs11-tool --module {Token.Module} -L").Succeeds().Says(Token.Label);
        Bench.Run($"pkcs11-tool --module {Token.Module} -I").Succeeds();
        Bench.Run($"{Tool} -M").Succeeds().Says("ECDSA, keySize").Says("RSA-PKCS-PSS, keySize").Says("SHA256-RSA-PKCS, keySize");
        ToolRun objects = Bench.Run($"{For(Token)} -O").Succeeds();
        objects.Says("Private Key Object").Says("Public Key Object").Says("Certificate Object").Says("sensitive").Says("never extractable");
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(HsmRsa3072)]
    public void Signs_with_RSA(string name)
    {
        SigningKey key = Key(name);
        byte[] data = File.ReadAllBytes(Document());
        byte[] digest = SHA256.HashData(data);
        byte[] prefix = Convert.FromHexString("3031300D060960864801650304020105000420");
        Bench.Write("digestinfo", [.. prefix, .. digest]);
        Bench.Write("digest", digest);
        Command pss = $"-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";

        Sign(key, $"-m RSA-PKCS -i digestinfo");
        Verify(key, $"", "sha256");
        foreach (string hash in new[] { "SHA256", "SHA384", "SHA512" })
        {
            Sign(key, $"-m {hash}-RSA-PKCS -i data");
            Verify(key, $"", hash);
            Sign(key, $"-m {hash}-RSA-PKCS-PSS -i data");
            Verify(key, pss, hash);
        }
        Sign(key, $"-m RSA-PKCS-PSS --hash-algorithm SHA256 --mgf MGF1-SHA256 --salt-len 32 -i digest");
        Verify(key, pss, "sha256");
    }

    [TestMethod]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    [DataRow(HsmP256)]
    public void Signs_with_ECDSA(string name)
    {
        SigningKey key = Key(name);
        Bench.Write("digest", SHA256.HashData(File.ReadAllBytes(Document())));

        Sign(key, $"-m ECDSA --signature-format openssl -i digest");
        Verify(key, $"", "sha256");
        Sign(key, $"-m ECDSA -i digest");
        int field = name switch { P384 => 48, P521 => 66, _ => 32 };
        Assert.HasCount(2 * field, Bench.Read("sig"));
    }

    [TestMethod]
    public void Signs_with_Ed25519()
    {
        SigningKey key = Key(Ed25519);
        Bench.Write("data", "short enough for one C_Sign of pkcs11-tool");
        SignAndVerifyEdwards(key);
        if (Subject.Current.IsOurs)
        {
            // More than 1 KiB goes in parts, which SoftHSM2 refuses for EdDSA.
            Document();
            SignAndVerifyEdwards(key);
        }
    }

    [TestMethod]
    public void Refuses_a_wrong_PIN()
    {
        SigningKey key = Key(Rsa2048);
        Document();
        Bench.Run($"{Tool} --login --pin {Token.WrongPin} --sign --id {key.Id} -m SHA256-RSA-PKCS -i data -o sig").Fails().Says("CKR_PIN_INCORRECT");
        Assert.IsFalse(File.Exists(Bench.At("sig")) && Bench.Read("sig").Length > 0);
    }

    [TestMethod]
    public void Reads_public_objects_without_a_PIN()
    {
        SigningKey key = Key(P256);
        Bench.Run($"{Tool} --read-object --type cert --id {key.Id} -o c.der").Succeeds();
        Bench.Run($"{Tool} --read-object --type pubkey --id {key.Id} -o k.der").Succeeds();
        Bench.Run($"openssl pkey -pubin -inform DER -in k.der -out k.pem").Succeeds();
        Assert.AreEqual(File.ReadAllText(key.PublicKey), Bench.ReadText("k.pem"));
    }

    [TestMethod]
    public void Initializes_from_two_threads_at_once()
    {
        OnlyOurs("SoftHSM2 crashes here now and then");
        Bench.Run($"{For(Token)} --test-threads ILGISLT0 --test-threads ILGISLT0 -O").Succeeds().DoesNotSay("failed");
        Bench.Run($"{For(Token)} --test-threads INGISLT0 --test-threads INGISLT0 -O").Succeeds().DoesNotSay("failed");
    }

    [TestMethod]
    public void Initializes_again_in_a_forked_child()
    {
        OnlyOurs("SoftHSM2 says CKR_CRYPTOKI_ALREADY_INITIALIZED in the child");
        Bench.Run($"{For(Token)} --test-fork").Succeeds().DoesNotSay("failed");
    }

    private void SignAndVerifyEdwards(SigningKey key)
    {
        Bench.Tamper("data", "tampered", 10);
        Sign(key, $"-m EDDSA -i data");
        Bench.Run($"openssl pkeyutl -verify -pubin -inkey {key.PublicKey} -rawin -in data -sigfile sig")
            .Succeeds().Says("Signature Verified Successfully");
        Bench.Run($"openssl pkeyutl -verify -pubin -inkey {key.PublicKey} -rawin -in tampered -sigfile sig").Fails();
    }

    private static void OnlyOurs(string why)
    {
        if (!Subject.Current.IsOurs)
        {
            Assert.Inconclusive(why);
        }
    }

    private void Sign(SigningKey key, Command how) =>
        Bench.Run($"{For(key.Token)} --sign --id {key.Id} {how} -o sig").Succeeds();

    private void Verify(SigningKey key, Command options, string hash)
    {
        if (!File.Exists(Bench.At("tampered")))
        {
            TamperedDocument();
        }
        Bench.Run($"openssl dgst -{hash} {options} -verify {key.PublicKey} -signature sig data").Succeeds().Says("Verified OK");
        Bench.Run($"openssl dgst -{hash} {options} -verify {key.PublicKey} -signature sig tampered").Fails();
    }
}
