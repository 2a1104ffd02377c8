using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>Every command of GnuTLS' p11tool that writes to a token, initialises it or shows what is in it.</summary>
[TestClass]
public sealed class P11ToolTests : OwnTokenTests
{
    private const string Label = "own-gnutls";
    private const string Objects = "pkcs11:token=own-objects";
    private const string Own = "pkcs11:token=own-gnutls";

    private static string SoPin => ((ApplianceSubject)Subject.Current).SoPin;

    private Command Public => $"p11tool --batch --provider {Token.Module}";

    private Command Tool => $"{Public} --login --set-pin {Token.Pin}";

    private string Mine => $"{Objects};object={Id}";

    [TestMethod]
    public void Initialises_the_token_and_both_PINs()
    {
        const string fresh = "fresh-4711";
        Bench.Run($"{Public} --initialize --label {Label} --set-so-pin not-{SoPin} {Own}").Fails().Says("Error in provided PIN");
        Bench.Run($"{Public} --initialize --label {Label} --set-so-pin {SoPin} {Own}").Succeeds().Says("done");
        Bench.Run($"{Tool} --list-privkeys {Own}").Fails();
        Bench.Run($"{Public} --initialize-pin --set-so-pin {SoPin} --set-pin short {Own}").Fails().Says("Error in provided PIN");
        Bench.Run($"{Public} --initialize-pin --set-so-pin {SoPin} --set-pin {Token.Pin} {Own}").Succeeds();
        Bench.Run($"{Tool} --list-privkeys {Own}").Says("No matching objects found");

        Bench.Set("GNUTLS_NEW_SO_PIN", fresh);
        Bench.Run($"{Public} --initialize-so-pin --set-so-pin {SoPin} {Own}").Succeeds();
        Bench.Run($"{Public} --initialize-pin --set-so-pin {SoPin} --set-pin {Token.Pin} {Own}").Fails();
        Bench.Set("GNUTLS_NEW_SO_PIN", SoPin);
        Bench.Run($"{Public} --initialize-so-pin --set-so-pin {fresh} {Own}").Succeeds();
        Bench.Run($"{Public} --initialize-pin --set-so-pin {SoPin} --set-pin {Token.Pin} {Own}").Succeeds();
    }

    [TestMethod]
    public void Shows_tokens_and_mechanisms()
    {
        Bench.Run($"{Public} --list-tokens").Succeeds().Says("Flags: RNG, Requires login").Says($"Label: {Label}");
        Bench.Run($"{Public} --list-token-urls").Succeeds().Says("manufacturer=CodeSign").Says($"token={Label}");
        Bench.Run($"{Public} --list-mechanisms {Own}").Succeeds().Says("CKM_RSA_PKCS keysize range (2048, 4096) sign verify").Says("CKM_ECDSA");
        Bench.Run($"{Public} --generate-random 40 --outfile random {Own}").Succeeds();
        Assert.HasCount(40, Bench.Read("random"));
    }

    [TestMethod]
    [DataRow("rsa", "--bits", "2048", "RSA-SHA256")]
    [DataRow("rsa", "--bits", "3072", "RSA-SHA384")]
    [DataRow("rsa", "--sec-param", "medium", "RSA-SHA256")]
    [DataRow("ecdsa", "--curve", "secp256r1", "ECDSA-SHA256")]
    [DataRow("ecdsa", "--curve", "secp384r1", "ECDSA-SHA384")]
    [DataRow("ecdsa", "--curve", "secp521r1", "ECDSA-SHA512")]
    public void Generates_a_pair_and_tests_it(string kind, string option, string value, string signature)
    {
        Bench.Run($"{Tool} --generate-privkey {kind} {option} {value} --label {Id} --id {Id} --mark-sign --outfile made.pem {Objects}").Succeeds();
        Bench.Run($"{Tool} --test-sign --hash {signature.Split('-')[1]} {Mine};type=private").Succeeds()
            .Says($"Signing using {signature}... ok").Says("Verifying against public key in the token... ok");
        if (kind is "rsa")
        {
            Bench.Run($"{Tool} --test-sign --sign-params RSA-PSS --hash SHA256 {Mine};type=private").Succeeds().Says("RSA-PSS-SHA256... ok");
        }

        Bench.Run($"{Tool} --export-pubkey {Mine};type=private --outfile exported.pem").Succeeds();
        Bench.Run($"{Public} --export {Mine};type=public --outfile public.pem").Succeeds();
        foreach (string written in new[] { "made.pem", "exported.pem", "public.pem" })
        {
            Bench.Run($"openssl pkey -pubin -in {written} -outform DER -out {written}.der").Succeeds();
            Assert.AreSequenceEqual(Bench.Read("made.pem.der"), Bench.Read($"{written}.der"), written);
        }

        Bench.Run($"{Tool} --info {Mine};type=private").Succeeds().Says("CKA_PRIVATE; CKA_NEVER_EXTRACTABLE; CKA_SENSITIVE");
        Bench.Run($"{Tool} --export {Mine};type=private").Fails();
        Bench.Run($"{Tool} --delete {Mine};type=private").Succeeds().Says("1 objects deleted");
        Bench.Run($"{Tool} --delete {Mine};type=private").Fails();
    }

    [TestMethod]
    [DataRow("rsa", "--bits", "1024")]
    [DataRow("rsa", "--bits", "8192")]
    [DataRow("ecdsa", "--curve", "secp192r1")]
    [DataRow("dsa", "--bits", "2048")]
    public void Says_that_a_pair_is_not_made(string kind, string option, string value)
    {
        Bench.Run($"{Tool} --generate-privkey {kind} {option} {value} --label {Id} --outfile made.pem {Objects}").Fails().Says("Error in pkcs11_generate");
        Bench.Run($"{Tool} --list-privkeys {Mine}").Says("No matching objects found");
    }

    [TestMethod]
    public void Writes_keys_of_every_kind_it_reads()
    {
        foreach (string type in new[] { "rsa:2048", "p256", "ed25519" })
        {
            Command generate = type switch
            {
                "p256" => $"-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
                "ed25519" => $"-algorithm ed25519",
                _ => $"-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            };
            Bench.Run($"openssl genpkey {generate} -out key.pem").Succeeds();
            Bench.Run($"openssl pkey -in key.pem -pubout -out pub.pem").Succeeds();
            Bench.Run($"{Tool} --write --load-privkey key.pem --load-pubkey pub.pem --label {Id}-{type} --id {Id} --mark-sign {Objects}").Succeeds();
            string hash = type is "ed25519" ? "SHA512" : "SHA256";
            Bench.Run($"{Tool} --test-sign --hash {hash} {Objects};object={Id}-{type};type=private").Succeeds().Says("public key in the token... ok");
            Bench.Run($"{Tool} --info {Objects};object={Id}-{type};type=private").Succeeds().Says("CKA_SENSITIVE").DoesNotSay("CKA_NEVER_EXTRACTABLE");
        }
        Bench.Run($"{Tool} --write --secret-key 000102030405060708090a0b0c0d0e0f --label {Id} --id {Id} {Objects}").Succeeds();
        Bench.Run($"{Tool} --info {Mine};type=secret-key").Succeeds().Says("Secret key");
        Bench.Run($"{Tool} --export {Mine};type=secret-key").Fails();
        Bench.Run($"{Tool} --delete {Mine};type=secret-key").Succeeds().Says("1 objects deleted");
    }

    [TestMethod]
    public void Writes_certificates_and_exports_their_chain()
    {
        MakeChain();
        Command ca = $"--write --load-certificate ca.pem --label {Id}-ca --id {Id}";
        // It takes for an issuer what is trusted alone.
        Bench.Run($"{Public} --so-login --set-so-pin {SoPin} {ca} --mark-ca --mark-trusted {Objects}").Succeeds();
        Bench.Run($"{Public} --info {Objects};object={Id}-ca;type=cert").Succeeds().Says("CKA_CERTIFICATE_CATEGORY=CA");
        Bench.Run($"{Tool} --write --load-certificate leaf.pem --load-privkey leaf.key --label {Id} --id {Id}01 {Objects}").Succeeds();
        // Written together with its private key, a certificate is made private too.
        Bench.Run($"{Tool} --export-chain {Mine};type=cert --outfile chain.pem").Succeeds();
        Assert.HasCount(3, Bench.ReadText("chain.pem").Split("-----BEGIN CERTIFICATE"));
        Bench.Run($"{Tool} --export {Mine};type=cert --outder --outfile leaf.der").Succeeds();
        Bench.Run($"openssl x509 -in leaf.pem -outform DER -out expected.der").Succeeds();
        Assert.AreSequenceEqual(Bench.Read("expected.der"), Bench.Read("leaf.der"));
        Bench.Run($"{Public} --export-stapled {Mine};type=cert").Fails();
        Bench.Run($"{Tool} --list-certs {Objects}").Succeeds().Says($"object={Id};type=cert");

        Bench.Run($"{Tool} --write --load-certificate ca.pem --label {Id}-hidden --id {Id}02 --mark-private {Objects}").Succeeds();
        Bench.Run($"{Public} --list-all-certs {Objects}").Succeeds().Says($"object={Id}-ca").DoesNotSay($"{Id}-hidden");
        Bench.Run($"{Tool} --list-all-certs {Objects}").Succeeds().Says($"{Id}-hidden");
    }

    [TestMethod]
    public void Lets_the_SO_alone_say_what_is_trusted()
    {
        MakeChain();
        Command ca = $"--write --load-certificate ca.pem --label {Id} --id {Id} --mark-trusted {Objects}";
        Bench.Run($"{Tool} {ca}").Fails().Says("security officer");
        Bench.Run($"{Public} --so-login --set-so-pin {SoPin} {ca}").Succeeds();
        Bench.Run($"{Tool} --list-all-trusted {Objects}").Succeeds().Says(Id).Says("CKA_TRUSTED");
        Bench.Run($"{Tool} --export {Mine};type=cert --outfile back.pem").Succeeds();
    }

    [TestMethod]
    public void Signs_with_a_key_that_wants_the_PIN_each_time()
    {
        Bench.Run($"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem").Succeeds();
        Bench.Run($"{Tool} --write --load-privkey key.pem --label {Id} --id {Id} --mark-sign --mark-always-authenticate {Objects}").Succeeds();
        Bench.Run($"{Tool} --info {Mine};type=private").Succeeds().Says("CKA_ALWAYS_AUTH");
        Bench.Run($"{Tool} --test-sign {Mine};type=private").Succeeds().Says("RSA-SHA256... ok");
    }

    [TestMethod]
    public void Changes_ids_and_labels()
    {
        Bench.Run($"{Tool} --generate-privkey ecdsa --curve secp256r1 --label {Id} --id {Id} --outfile made.pem {Objects}").Succeeds();
        foreach (string type in new[] { "private", "public" })
        {
            Bench.Run($"{Tool} --set-id {Id}ff {Mine};type={type}").Succeeds();
            Bench.Run($"{Tool} --set-label {Id}-renamed {Objects};id={Percent(Id)}%ff;type={type}").Succeeds();
            Bench.Run($"{Tool} --info {Objects};object={Id}-renamed;type={type}").Succeeds().Says(":ff");
        }
        Bench.Run($"{Tool} --only-urls --list-all {Objects};object={Id}-renamed").Succeeds().Says("type=private").Says("type=public");
        Bench.Run($"{Tool} --only-urls --detailed-url --list-all {Objects};object={Id}-renamed").Succeeds().Says("library-manufacturer=CodeSign");
        Bench.Run($"{Tool} --delete {Objects};object={Id}-renamed").Succeeds().Says("2 objects deleted");
    }

    [TestMethod]
    public void Is_refused_what_csctl_made_and_what_transports_keys()
    {
        string made = $"pkcs11:token={Token.Label};object={P256};type=private";
        Bench.Run($"{Tool} --delete {made}").Says("0 objects deleted");
        Bench.Run($"{Tool} --set-label other {made}").Fails();
        Bench.Run($"{Tool} --test-sign {made}").Succeeds();
        Bench.Set("CODESIGN_TRACE", Bench.At("trace"));
        // Keys leave this token wrapped.
        Bench.Run($"{Tool} --generate-privkey rsa --bits 2048 --label {Id} --mark-wrap --outfile made.pem {Objects}").Fails();
        Assert.Contains("CKR_TEMPLATE_INCONSISTENT", Bench.ReadText("trace"));
    }

    private void MakeChain()
    {
        Bench.Run($"""
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 10
            -addext basicConstraints=critical,CA:TRUE
            """).Succeeds();
        Bench.Run($"openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf").Succeeds();
        Bench.Run($"openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -out leaf.pem -days 5").Succeeds();
    }
}
