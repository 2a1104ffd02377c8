using System.Globalization;
using System.Security.Cryptography;
using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>Every mechanism that OpenSC's pkcs11-tool has a name for, and its self-tests, in a token whose keys may do everything.</summary>
[TestClass]
public sealed class Pkcs11ToolMechanismTests : OwnTokenTests
{
    private const string Label = "own-policy";
    private static readonly string[] Hashes = ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512"];

    private Command Public => $"pkcs11-tool --module {Token.Module} --token-label {Label}";

    private Command Tool => $"{Public} --login --pin {Token.Pin}";

    [TestMethod]
    public void Hashes_with_every_digest()
    {
        Document();
        foreach (string hash in Hashes)
        {
            string mechanism = hash is "SHA1" ? "SHA-1" : hash;
            Bench.Run($"{Public} --hash -m {mechanism} -i data -o digest").Succeeds().Says(mechanism);
            Bench.Run($"openssl dgst -{OpenSslName(hash)} -binary -out expected data").Succeeds();
            Assert.AreSequenceEqual(Bench.Read("expected"), Bench.Read("digest"), mechanism);
        }
        Bench.Run($"{Public} --hash -m MD5 -i data -o digest").Fails().Says("C_DigestInit failed").Says("CKR_MECHANISM_INVALID");
    }

    [TestMethod]
    public void Signs_and_verifies_with_every_RSA_mechanism()
    {
        Generate("rsa:2048");
        Document();
        TamperedDocument();
        byte[] digest = SHA256.HashData(Bench.Read("data"));
        Bench.Write("digest", digest);
        Bench.Write("digestinfo", [.. Convert.FromHexString("3031300D060960864801650304020105000420"), .. digest]);
        Bench.Write("block", [.. new byte[256 - digest.Length], .. digest]);

        SignAndVerify($"-m RSA-X-509", "block");
        SignAndVerify($"-m RSA-PKCS", "digestinfo");
        foreach (int salt in new[] { 0, 20, 32, 222 })
        {
            SignAndVerify($"-m RSA-PKCS-PSS --hash-algorithm SHA256 --mgf MGF1-SHA256 --salt-len {salt}", "digest");
            Check($"-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt}", "sha256");
        }
        foreach (string hash in Hashes)
        {
            SignAndVerify($"-m {hash}-RSA-PKCS", "data");
            Check($"", OpenSslName(hash));
            SignAndVerify($"-m {hash}-RSA-PKCS-PSS", "data");
            Check($"-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest", OpenSslName(hash));
        }
        SignAndVerify($"-m SHA256-RSA-PKCS-PSS --mgf MGF1-SHA512 --salt-len 20", "data");
        Check($"-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20 -sigopt rsa_mgf1_md:sha512", "sha256");

        Bench.Run($"{Tool} --sign --id {Id} -m RSA-PKCS-PSS --hash-algorithm SHA256 --salt-len 223 -i digest -o s").Fails().Says("CKR_MECHANISM_PARAM_INVALID");
        foreach (string mechanism in new[] { "MD5-RSA-PKCS", "RSA-PKCS-OAEP", "RSA-9796" })
        {
            Bench.Run($"{Tool} --sign --id {Id} -m {mechanism} -i digest -o s").Fails().Says("C_SignInit failed").Says("CKR_MECHANISM_INVALID");
        }
        Bench.Run($"{Tool} --sign --id {Id} -m ECDSA -i digest -o s").Fails().Says("C_SignInit failed").Says("CKR_KEY_TYPE_INCONSISTENT");
    }

    [TestMethod]
    public void Signs_and_verifies_with_every_curve_mechanism()
    {
        Generate("EC:prime256v1");
        Document();
        TamperedDocument();
        Bench.Write("digest", SHA512.HashData(Bench.Read("data")));
        SignAndVerify($"-m ECDSA", "digest");
        SignAndVerify($"-m ECDSA --signature-format sequence", "digest");
        Check($"", "sha512");
        foreach (string hash in Hashes)
        {
            SignAndVerify($"-m ECDSA-{hash} --signature-format openssl", "data");
            Check($"", OpenSslName(hash));
        }
        SignAndVerify($"-m ECDSA-SHA256 --signature-format rs", "data");
        Assert.HasCount(64, Bench.Read("sig"));
        Bench.Run($"{Tool} --sign --id {Id} -m EDDSA -i data -o s").Fails().Says("C_SignInit failed").Says("CKR_KEY_TYPE_INCONSISTENT");
    }

    [TestMethod]
    [DataRow("small")]
    [DataRow("data")]
    public void Signs_and_verifies_with_EdDSA(string input)
    {
        Generate("EC:edwards25519");
        Document();
        Bench.Write("small", "less than the tool reads at once");
        SignAndVerify($"-m EDDSA", input);
    }

    [TestMethod]
    public void Refuses_what_policy_forbids_by_the_mechanisms_number()
    {
        Command tool = $"pkcs11-tool --module {Token.Module} --token-label {Token.Label} --login --pin {Token.Pin}";
        string key = Key(Rsa2048).Id;
        Document();
        Bench.Write("block", new byte[256]);
        Bench.Run($"{tool} --sign --id {key} -m SHA1-RSA-PKCS -i data -o sig").Fails().Says("CKR_MECHANISM_INVALID");
        Bench.Run($"{tool} --sign --id {key} -m RSA-X-509 -i block -o sig").Fails().Says("CKR_MECHANISM_INVALID");
        Assert.IsFalse(File.Exists(Bench.At("sig")) && Bench.Read("sig").Length > 0);
    }

    [TestMethod]
    public void Tests_the_token_without_an_error()
    {
        Generate("rsa:2048");
        Bench.Run($"{Tool} --test --allow-sw").Succeeds().Says("No errors").Says("all 4 digest functions seem to work").Says("all 4 signature functions seem to work");
        // Without software mechanisms, which all of ours are to it, it verifies only.
        Bench.Run($"{Tool} --test").Succeeds().Says("No errors");
    }

    [TestMethod]
    public void Tests_key_pairs_of_curves() =>
        Bench.Run($"{Tool} --session-rw --test-ec --key-type EC:prime256v1 --id {Id}").Succeeds().Says("==> OK");

    [TestMethod]
    public void Tests_as_Mozilla_makes_a_certificate_request()
    {
        Bench.Run($"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -outform DER -out cert.der -subj /CN=mozilla").Succeeds();
        ToolRun run = Bench.Run($"{Tool} --session-rw --moz-cert cert.der --key-type RSA:2048 --id {Id} --label {Id}").Succeeds();
        run.Says("Signing the certificate request").Says("Put a cert on the card").Says("==> OK, successful!");
    }

    [TestMethod]
    public void Tests_from_threads_and_children()
    {
        foreach (string steps in new[] { "ILGISLT0", "INGISLT0" })
        {
            Bench.Run($"{Tool} --test-threads {steps} --test-threads {steps} --test-threads {steps} -O --type data").Succeeds().DoesNotSay("failed");
        }
        Bench.Run($"{Tool} --use-locking --test-fork -O --type data").Succeeds().DoesNotSay("failed");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(5000)]
    public void Makes_random_bytes(int count)
    {
        Bench.Run($"{Public} --generate-random {count} -o random").Succeeds();
        Assert.HasCount(count, Bench.Read("random"));
    }

    private static string OpenSslName(string hash) => hash.ToLower(CultureInfo.InvariantCulture);

    private void Generate(string type)
    {
        Bench.Run($"{Tool} --keypairgen --key-type {type} --id {Id} --label {Id}").Succeeds();
        Bench.Run($"{Tool} --read-object --type pubkey --id {Id} -o key.der");
    }

    private void SignAndVerify(Command how, string input)
    {
        Bench.Tamper(input, "other", 10);
        Bench.Run($"{Tool} --sign --id {Id} {how} -i {input} -o sig").Succeeds();
        Bench.Run($"{Public} --verify --id {Id} {how} -i {input} --signature-file sig").Succeeds().Says("Signature is valid");
        Bench.Run($"{Public} --verify --id {Id} {how} -i other --signature-file sig").Says("Invalid signature");
    }

    /// <summary>Asks openssl, which knows nothing of the token.</summary>
    private void Check(Command options, string hash)
    {
        Bench.Run($"openssl dgst -{hash} {options} -keyform DER -verify key.der -signature sig data").Succeeds().Says("Verified OK");
        Bench.Run($"openssl dgst -{hash} {options} -keyform DER -verify key.der -signature sig tampered").Fails();
    }
}
