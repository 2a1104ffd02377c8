using System.Security.Cryptography;
using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>openssl with libp11's engine.</summary>
[TestClass]
public sealed class OpenSslTests : ToolTests
{
    private static Command Engine => $"-engine pkcs11 -keyform engine";

    [TestInitialize]
    public void PointTheEngineAtTheModule() => Bench.Set("PKCS11_MODULE_PATH", Token.Module);

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    [DataRow(HsmRsa3072)]
    [DataRow(HsmP256)]
    public void Dgst_and_pkeyutl_sign(string name)
    {
        SigningKey key = Key(name);
        Document();
        TamperedDocument();
        Bench.Write("digest", SHA256.HashData(Bench.Read("data")));

        Bench.Run($"openssl dgst {Engine} -sha256 -sign {key.UriWithPin} -out sig data").Succeeds();
        Verify(key, $"");
        Bench.Run($"openssl pkeyutl -sign {Engine} -inkey {key.UriWithPin} -pkeyopt digest:sha256 -in digest -out sig").Succeeds();
        Verify(key, $"");
        if (key.IsRsa)
        {
            Command pss = $"-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
            Bench.Run($"openssl dgst {Engine} -sha256 {pss} -sign {key.UriWithPin} -out sig data").Succeeds();
            Verify(key, pss);
        }
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    public void Cms_signs(string name)
    {
        SigningKey key = Key(name);
        Document();
        TamperedDocument();
        Command sign = $"openssl cms -sign {Engine} -inkey {key.UriWithPin} -signer {key.Certificate} -md {key.Hash} -binary -in data";
        Command verify = $"openssl cms -verify -inform DER -in s.p7 -binary -CAfile {key.Certificate} -purpose any -out out";

        // PSS here means the largest salt that fits: 222 bytes for RSA-2048 and SHA-256.
        foreach (Command options in key.IsRsa ? new Command[] { $"", $"-keyopt rsa_padding_mode:pss" } : [$""])
        {
            Bench.Run($"{sign} {options} -outform DER -out s.p7").Succeeds();
            Bench.Run($"{verify} -content data").Succeeds().Says("Verification successful");
            Bench.Run($"{verify} -content tampered").Fails();
        }
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(HsmRsa3072)]
    [DataRow(HsmP256)]
    public void Req_x509_and_ca_issue(string name)
    {
        SigningKey key = Key(name);
        Bench.Write("ca.cnf", """
            [ca]
            default_ca = demo
            [demo]
            database = index.txt
            serial = serial
            new_certs_dir = .
            default_md = sha256
            default_days = 10
            default_crl_days = 10
            policy = any
            [any]
            commonName = supplied

            """);
        Bench.Write("index.txt", "");
        Bench.Write("serial", "01\n");
        Bench.Run($"openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -subj /CN=leaf -out leaf.csr").Succeeds();

        Bench.Run($"openssl req -new {Engine} -key {key.UriWithPin} -subj /CN=x -out c.csr").Succeeds();
        Bench.Run($"openssl req -in c.csr -verify -noout").Succeeds().Says("verify OK");
        Bench.Run($"""
            openssl req -x509 -new {Engine} -key {key.UriWithPin} -subj /CN=CA -days 30
            -addext keyUsage=critical,keyCertSign,cRLSign -out ca.crt
            """).Succeeds();
        // This command wants its own name for the key's form.
        Bench.Run($"""
            openssl x509 -req -engine pkcs11 -CAkeyform engine -CAkey {key.UriWithPin} -CA ca.crt -in leaf.csr -CAcreateserial -out leaf.crt
            """).Succeeds();
        Bench.Run($"openssl verify -CAfile ca.crt leaf.crt").Succeeds();
        Command ca = $"openssl ca -batch -config ca.cnf {Engine} -keyfile {key.UriWithPin} -cert ca.crt";
        Bench.Run($"{ca} -in leaf.csr -out leaf2.crt").Succeeds();
        Bench.Run($"openssl verify -CAfile ca.crt leaf2.crt").Succeeds();
        Bench.Run($"{ca} -gencrl -out ca.crl").Succeeds();
        Bench.Run($"openssl crl -in ca.crl -CAfile ca.crt -noout").Succeeds().Says("verify OK");
    }

    [TestMethod]
    [DataRow(Rsa2048, "-tls1_3")]
    [DataRow(Rsa2048, "-tls1_2")]
    [DataRow(P256, "-tls1_3")]
    [DataRow(P384, "-tls1_2")]
    public void S_server_and_s_client_authenticate(string name, string version)
    {
        SigningKey key = Key(name);
        int port = Workbench.FreePort();
        Bench.Run($"""
            openssl req -x509 -new {Engine} -key {key.UriWithPin} -subj /CN=localhost -days 3
            -addext subjectAltName=DNS:localhost -out tls.crt
            """).Succeeds();
        Bench.Launch($"""
            openssl s_server {Engine} -key {key.UriWithPin} -cert tls.crt -CAfile tls.crt -accept 127.0.0.1:{port}
            -Verify 1 -verify_return_error {version} -www
            """).Says("ACCEPT");
        Command client = $"openssl s_client -connect 127.0.0.1:{port} -CAfile tls.crt -verify_return_error -servername localhost -ign_eof {version}";

        Bench.Run($"{client} {Engine} -key {key.UriWithPin} -cert tls.crt", "GET / HTTP/1.0\r\n\r\n")
            .Says("Verify return code: 0 (ok)").Says("HTTP/1.0 200 ok");
        Bench.Run(client, "GET / HTTP/1.0\r\n\r\n").DoesNotSay("200 ok");
    }

    [TestMethod]
    public void Takes_module_and_PIN_in_every_way_it_knows()
    {
        SigningKey key = Key(P256);
        Document();
        TamperedDocument();
        string pin = Bench.Write("pin", Token.Pin);

        Bench.Run($"openssl dgst {Engine} -sha256 -passin pass:{Token.Pin} -sign {key.Uri} -out sig data").Succeeds();
        Verify(key, $"");
        Bench.Run($"openssl dgst {Engine} -sha256 -sign {key.Uri};pin-source=file:{pin} -out sig data").Succeeds();
        Verify(key, $"");
        Bench.Run($"openssl dgst {Engine} -sha256 -sign pkcs11:token={Token.Label};id={Percent(key.Id)};type=private;pin-value={Token.Pin} -out sig data").Succeeds();
        Verify(key, $"");
        string configuration = Bench.Write("openssl.cnf", $"""
            openssl_conf = start
            [start]
            engines = engines
            [engines]
            pkcs11 = pkcs11_engine
            [pkcs11_engine]
            engine_id = pkcs11
            MODULE_PATH = {Token.Module}
            PIN = {Token.Pin}
            init = 0

            """);
        Bench.Set("PKCS11_MODULE_PATH", "").Set("OPENSSL_CONF", configuration);
        Bench.Run($"openssl dgst {Engine} -sha256 -sign {key.Uri} -out sig data").Succeeds();
        Verify(key, $"");
    }

    [TestMethod]
    public void Refuses_a_wrong_PIN()
    {
        SigningKey key = Key(Rsa2048);
        Document();
        Bench.Run($"openssl dgst {Engine} -sha256 -sign {key.UriWithWrongPin} -out sig data").Fails();
        Assert.IsFalse(File.Exists(Bench.At("sig")) && Bench.Read("sig").Length > 0);
    }

    private static string Percent(string hex) => string.Concat(hex.Chunk(2).Select(pair => $"%{new string(pair)}"));

    private void Verify(SigningKey key, Command options)
    {
        Bench.Run($"openssl dgst -sha256 {options} -verify {key.PublicKey} -signature sig data").Succeeds().Says("Verified OK");
        Bench.Run($"openssl dgst -sha256 {options} -verify {key.PublicKey} -signature sig tampered").Fails();
    }
}
