using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>GnuTLS' p11tool and certtool. Every signature is asked for twice: once with no buffer, for its size.</summary>
[TestClass]
public sealed class GnuTlsTests : ToolTests
{
    private const string Template = "cn = \"Demo\"\nexpiration_days = 30\nsigning_key\ncode_signing_key\n";

    [TestMethod]
    public void P11tool_lists_tokens_and_objects()
    {
        Bench.Set("GNUTLS_PIN", Token.Pin);
        Bench.Run($"p11tool --provider {Token.Module} --list-tokens").Succeeds().Says($"token={Token.Label}");
        ToolRun all = Bench.Run($"p11tool --provider {Token.Module} --login --list-all pkcs11:token={Token.Label}").Succeeds();
        all.Says("object=rsa2048;type=private").Says("object=p256;type=cert").Says("object=p384;type=public");
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    public void P11tool_signs_and_verifies(string name)
    {
        SigningKey key = Key(name);
        Bench.Set("GNUTLS_PIN", key.Token.Pin);
        Bench.Run($"{TestSign(key)} {key.Token.Uri(name, "private")}").Succeeds().Says("ok");
        if (key.IsRsa)
        {
            Bench.Run($"{TestSign(key)} --sign-params RSA-PSS --hash SHA256 {key.Token.Uri(name, "private")}").Succeeds().Says("ok");
        }
    }

    [TestMethod]
    public void P11tool_signs_with_Ed25519()
    {
        SigningKey key = Key(Ed25519);
        Bench.Set("GNUTLS_PIN", key.Token.Pin);
        ToolRun run = Bench.Run($"{TestSign(key)} --hash SHA512 {key.Token.Uri(Ed25519, "private")}").Says("Signing using EdDSA-Ed25519... ok");
        if (Subject.Current.IsOurs)
        {
            // SoftHSM2 gives the public point in a form that GnuTLS can't read.
            run.Succeeds();
        }
    }

    [TestMethod]
    public void P11tool_exports_a_certificate_without_a_PIN()
    {
        SigningKey key = Key(P256);
        Bench.Run($"p11tool --provider {Token.Module} --export {key.CertificateUri} --outfile c.pem").Succeeds();
        Bench.Run($"openssl x509 -in c.pem -outform DER -out c.der").Succeeds();
        Bench.Run($"openssl x509 -in {key.Certificate} -outform DER -out expected.der").Succeeds();
        Assert.AreSequenceEqual(Bench.Read("expected.der"), Bench.Read("c.der"));
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    [DataRow(HsmP256)]
    public void Certtool_makes_requests_certificates_and_signed_data(string name)
    {
        SigningKey key = Key(name);
        Bench.Set("GNUTLS_PIN", key.Token.Pin);
        Bench.Write("template", Template);
        Document();
        Command tool = $"certtool --provider {key.Token.Module} --load-privkey {key.Uri}";

        Bench.Run($"{tool} --generate-request --template template --outfile c.csr").Succeeds();
        Bench.Run($"openssl req -in c.csr -verify -noout").Succeeds().Says("verify OK");
        Bench.Run($"{tool} --generate-self-signed --template template --outfile c.pem").Succeeds();
        Bench.Run($"openssl verify -check_ss_sig -CAfile c.pem c.pem").Succeeds();
        Bench.Run($"{tool} --p7-sign --load-certificate {key.Certificate} --infile data --outfile c.p7").Succeeds();
        Command verify = $"openssl cms -verify -inform PEM -purpose any -CAfile {key.Certificate} -out out";
        Bench.Run($"{verify} -in c.p7").Succeeds().Says("Verification successful");
        Assert.AreSequenceEqual(Bench.Read("data"), Bench.Read("out"));

        byte[] signed = Convert.FromBase64String(string.Concat(Bench.ReadText("c.p7").Split('\n').Where(l => !l.StartsWith('-'))));
        signed[signed.AsSpan().IndexOf("What is signed"u8)] ^= 1;
        Bench.Write("tampered.p7", $"-----BEGIN PKCS7-----\n{Convert.ToBase64String(signed, Base64FormattingOptions.InsertLineBreaks)}\n-----END PKCS7-----\n");
        Bench.Run($"{verify} -in tampered.p7").Fails();
    }

    [TestMethod]
    public void Refuses_a_wrong_PIN()
    {
        SigningKey key = Key(Rsa2048);
        Bench.Set("GNUTLS_PIN", Token.WrongPin);
        Bench.Write("template", Template);
        Bench.Run($"certtool --provider {Token.Module} --load-privkey {key.Uri} --generate-request --template template --outfile c.csr")
            .Fails().DoesNotSay("locked");
        Assert.IsFalse(File.Exists(Bench.At("c.csr")) && Bench.Read("c.csr").Length > 0);
    }

    private static Command TestSign(SigningKey key) => $"p11tool --provider {key.Token.Module} --login --test-sign";
}
