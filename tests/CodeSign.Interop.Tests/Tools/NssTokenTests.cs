using System.Security.Cryptography;
using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>NSS's tools on a token that is written to: keys generated in it and imported, certificates, deletions, its PIN, and what signs with them.</summary>
[TestClass]
public sealed class NssTokenTests : OwnTokenTests
{
    private const string Token1 = "own-objects";

    private static Command Certutil => $"certutil -d sql:db -h {Token1} -f pin";

    [TestInitialize]
    public void RegisterTheModule()
    {
        Directory.CreateDirectory(Bench.At("db"));
        Bench.Write("pin", Token.Pin + "\n");
        Bench.Write("noise", RandomNumberGenerator.GetBytes(64));
        Bench.Write("message", "What is signed here is real.\n");
        Bench.Run($"certutil -N -d sql:db --empty-password").Succeeds();
        Bench.Run($"modutil -dbdir sql:db -add codesign -libfile {Token.Module} -force").Succeeds();
    }

    [TestMethod]
    [DataRow("rsa", "-g", "2048")]
    [DataRow("rsa", "-g", "3072")]
    [DataRow("ec", "-q", "nistp256")]
    [DataRow("ec", "-q", "nistp384")]
    [DataRow("ec", "-q", "nistp521")]
    public void Certutil_generates_a_key_in_the_token_that_signs(string kind, string option, string value)
    {
        Issue(kind, option, value);

        Bench.Run($"{Certutil} -K").Succeeds().Says($"{Token1}:{Id}");
        Bench.Run($"{Certutil} -L").Succeeds().Says($"{Token1}:{Id}");
        Bench.Run($"{Certutil} -L -n {Token1}:{Id} -a -o back.pem").Succeeds();
        Bench.Run($"openssl x509 -in cert.pem -outform DER -out cert.der").Succeeds();
        Bench.Run($"openssl x509 -in back.pem -outform DER -out back.der").Succeeds();
        Assert.AreSequenceEqual(Bench.Read("cert.der"), Bench.Read("back.der"));
        SignCms();
        SignArchive();

        Bench.Run($"{Certutil} -F -n {Token1}:{Id}").Succeeds();
        Bench.Run($"{Certutil} -K").DoesNotSay($"{Token1}:{Id}");
    }

    [TestMethod]
    public void Pk12util_imports_a_key_and_its_certificate_and_exports_none()
    {
        Bench.Run($"openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=imported-{Id} -days 10").Succeeds();
        Bench.Run($"""
            openssl pkcs12 -export -in cert.pem -inkey key.pem -name {Id} -out key.p12 -passout pass:changeit -keypbe AES-256-CBC -certpbe AES-256-CBC
            """).Succeeds();
        Bench.Write("password", "changeit\n");

        Bench.Run($"pk12util -d sql:db -h {Token1} -i key.p12 -k pin -w password").Succeeds().Says("IMPORT SUCCESSFUL");
        Bench.Run($"{Certutil} -K").Succeeds().Says(Id);
        Bench.Run($"certutil -R -d sql:db -h {Token1} -f pin -k {Token1}:{Id} -s CN=again -Z SHA256 -a -o again.pem").Succeeds();
        Bench.Run($"openssl req -in again.pem -verify -noout").Succeeds();
        Bench.Run($"pk12util -d sql:db -h {Token1} -o out.p12 -n {Token1}:{Id} -k pin -w password").Fails().Says("Unable to export");
        Bench.Run($"{Certutil} -F -n {Token1}:{Id}").Succeeds();
    }

    [TestMethod]
    public void Certutil_says_that_a_key_is_not_made()
    {
        Bench.Run($"{Certutil} -R -k rsa -g 1024 -s CN=x -z noise -a -o request.pem").Fails();
        Bench.Run($"certutil -d sql:db -h {Token.Label} -f pin -R -k ec -q nistp256 -s CN=x -z noise -a -o request.pem").Fails();
        Assert.IsFalse(File.Exists(Bench.At("request.pem")) && Bench.Read("request.pem").Length > 0);
    }

    [TestMethod]
    public void Certutil_deletes_an_orphaned_key_and_modutil_changes_the_PIN()
    {
        Command certutil = $"certutil -d sql:db -h own-nss -f pin";
        Bench.Run($"{certutil} -R -k rsa --pss -g 2048 -s CN=pss -z noise -a -o request.pem").Succeeds();
        Bench.Run($"openssl req -in request.pem -verify -noout -text").Succeeds().Says("rsassaPss");
        string listed = Bench.Run($"{certutil} -K").Succeeds().Says("(orphan)").Output.Split('\n').Single(line => line.StartsWith('<'));
        Bench.Run($"{certutil} -F -k {listed.Split(' ').First(word => word.Length == 40)}").Succeeds();
        Bench.Run($"{certutil} -K").DoesNotSay("orphan");

        Bench.Run($"modutil -dbdir sql:db -list codesign").Succeeds().Says("CodeSign project own-nss").Says("Login Type: Login required");
        Bench.Run($"modutil -dbdir sql:db -rawlist").Succeeds().Says(Token.Module);
        Bench.Run($"modutil -dbdir sql:db -disable codesign -force").Succeeds();
        Bench.Run($"modutil -dbdir sql:db -enable codesign -force").Succeeds();
        Bench.Run($"modutil -dbdir sql:db -default codesign -mechanisms RSA -force").Succeeds();

        Bench.Write("other", "another-4711\n");
        Bench.Run($"modutil -dbdir sql:db -changepw own-nss -pwfile other -newpwfile pin -force").Fails();
        Bench.Run($"modutil -dbdir sql:db -changepw own-nss -pwfile pin -newpwfile other -force").Succeeds().Says("changed successfully");
        Bench.Run($"modutil -dbdir sql:db -changepw own-nss -pwfile other -newpwfile pin -force").Succeeds();
        Bench.Run($"modutil -dbdir sql:db -delete codesign -force").Succeeds();
    }

    /// <summary>A key of the token, certified for mail and code by a CA that the database trusts, under the nickname of this test.</summary>
    private void Issue(string kind, string option, string value)
    {
        Bench.Run($"""
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca-{Id} -days 10
            -addext keyUsage=critical,keyCertSign
            """).Succeeds();
        Bench.Run($"certutil -A -d sql:db -n ca -t CT,C,C -a -i ca.pem").Succeeds();
        Bench.Run($"{Certutil} -R -k {kind} {option} {value} -s CN={Id} -z noise -Z SHA256 -a -o request.pem").Succeeds();
        Bench.Write("extensions", """
            extendedKeyUsage=emailProtection,codeSigning
            keyUsage=digitalSignature,keyEncipherment,keyAgreement
            subjectAltName=email:signer@example.org
            nsCertType=objsign,email

            """);
        Bench.Run($"openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -out cert.pem -days 5 -extfile extensions").Succeeds();
        Bench.Run($"{Certutil} -A -n {Id} -t ,, -a -i cert.pem").Succeeds();
    }

    private void SignCms()
    {
        Bench.Run($"cmsutil -S -d sql:db -N {Token1}:{Id} -f pin -i message -o signed.p7 -H SHA256 -G").Succeeds();
        Bench.Run($"openssl cms -verify -inform DER -in signed.p7 -CAfile ca.pem -out out").Succeeds();
        Assert.AreEqual("What is signed here is real.\n", Bench.ReadText("out"));
        Bench.Run($"p7sign -d sql:db -k {Token1}:{Id} -f pin -i message -o signed.p7b").Succeeds();
    }

    private void SignArchive()
    {
        Bench.Write("tree/file.txt", "content\n");
        Bench.Run($"signtool -d sql:db -k {Token1}:{Id} -p {Token.Pin} -Z a.jar tree").Succeeds().Says("signed successfully");
        Bench.Run($"signtool -d sql:db -v a.jar").Succeeds().Says("has passed crypto verification");
    }
}
