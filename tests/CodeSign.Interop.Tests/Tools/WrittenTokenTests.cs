using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>Tools that write to a token: keys generated in it and brought in, certificates, data, changes and ends.</summary>
[TestClass]
public sealed class WrittenTokenTests : OwnTokenTests
{
    private const string Uri = "pkcs11:token=scratch";

    private Command OpenSc => $"pkcs11-tool --module {Token.Module} --token-label {Scratch} --login --pin {Token.Pin}";

    private Command GnuTls => $"p11tool --batch --provider {Token.Module} --login --set-pin {Token.Pin}";

    [TestMethod]
    [DataRow("rsa:2048", "SHA256-RSA-PKCS", "sha256")]
    [DataRow("rsa:3072", "SHA256-RSA-PKCS", "sha256")]
    [DataRow("rsa:4096", "SHA512-RSA-PKCS", "sha512")]
    [DataRow("EC:prime256v1", "ECDSA-SHA256", "sha256")]
    [DataRow("EC:secp384r1", "ECDSA-SHA384", "sha384")]
    [DataRow("EC:secp521r1", "ECDSA-SHA512", "sha512")]
    [DataRow("EC:secp256k1", "ECDSA-SHA256", "sha256")]
    [DataRow("EC:brainpoolP256r1", "ECDSA-SHA256", "sha256")]
    [DataRow("EC:brainpoolP384r1", "ECDSA-SHA384", "sha384")]
    [DataRow("EC:brainpoolP512r1", "ECDSA-SHA512", "sha512")]
    public void OpenSC_generates_a_pair_that_signs(string type, string mechanism, string hash)
    {
        ToolRun made = Bench.Run($"{OpenSc} --keypairgen --key-type {type} --id {Id} --label made").Succeeds().Says("never extractable, local");
        Document();
        Bench.Run($"{OpenSc} --sign --id {Id} -m {mechanism} --signature-format openssl -i data -o sig").Succeeds();
        if (type.StartsWith("rsa", StringComparison.Ordinal))
        {
            Bench.Run($"{OpenSc} --read-object --type pubkey --id {Id} -o key.der").Succeeds();
        }
        else
        {
            // It writes out points of 256 bits only, but shows all.
            Bench.Write("key.der", PublicKey(made));
        }
        Bench.Run($"openssl dgst -{hash} -verify key.der -keyform DER -signature sig data").Succeeds().Says("Verified OK");

        Bench.Run($"{OpenSc} --delete-object --type privkey --id {Id}").Succeeds();
        Bench.Run($"{OpenSc} --delete-object --type pubkey --id {Id}").Succeeds();
        Bench.Run($"{OpenSc} --sign --id {Id} -m {mechanism} -i data -o sig").Fails();
    }

    [TestMethod]
    public void OpenSC_generates_an_Edwards_pair_by_the_curves_name()
    {
        Bench.Run($"{OpenSc} --keypairgen --key-type EC:edwards25519 --id {Id} --label made").Succeeds();
        Bench.Write("data", "short enough for one C_Sign of pkcs11-tool");
        Bench.Run($"{OpenSc} --sign --id {Id} -m EDDSA -i data -o sig").Succeeds();
        Assert.HasCount(64, Bench.Read("sig"));
    }

    [TestMethod]
    public void OpenSC_writes_reads_and_deletes_data()
    {
        Bench.Write("note", "what was noted");
        Bench.Run($"{OpenSc} --write-object note --type data --label {Id} --application-label tests").Succeeds();
        Bench.Run($"{OpenSc} --read-object --type data --label {Id} -o back").Succeeds();
        Assert.AreEqual("what was noted", Bench.ReadText("back"));
        Bench.Run($"{OpenSc} --delete-object --type data --label {Id}").Succeeds();
        Bench.Run($"{OpenSc} --read-object --type data --label {Id} -o back").Fails();
    }

    [TestMethod]
    [DataRow("rsa:2048")]
    [DataRow("EC -pkeyopt ec_paramgen_curve:P-256")]
    public void OpenSC_brings_in_a_key_with_its_certificate(string type)
    {
        MakeKey(type);
        Bench.Run($"openssl x509 -in cert.pem -outform DER -out cert.der").Succeeds();
        Bench.Run($"openssl pkey -in key.pem -outform DER -out key.der").Succeeds();
        Bench.Run($"{OpenSc} --write-object cert.der --type cert --id {Id} --label brought").Succeeds();
        Bench.Run($"{OpenSc} --write-object key.der --type privkey --id {Id} --label brought --usage-sign").Succeeds().DoesNotSay("local");
        Bench.Run($"{OpenSc} --write-object pub.der --type pubkey --id {Id} --label brought").Succeeds();
        Document();
        string mechanism = type.StartsWith("rsa", StringComparison.Ordinal) ? "SHA256-RSA-PKCS" : "ECDSA-SHA256";
        Bench.Run($"{OpenSc} --sign --id {Id} -m {mechanism} --signature-format openssl -i data -o sig").Succeeds();
        Bench.Run($"openssl dgst -sha256 -verify pub.der -keyform DER -signature sig data").Succeeds().Says("Verified OK");
    }

    [TestMethod]
    public void GnuTLS_generates_and_tests_a_pair()
    {
        Bench.Run($"{GnuTls} --generate-ecc --curve secp256r1 --id {Id} --label made-{Id} --outfile pub.pem {Uri}").Succeeds();
        Bench.Run($"{GnuTls} --test-sign {Uri};id={Percent(Id)};type=private").Succeeds().Says("ok");
        Bench.Run($"{GnuTls} --delete {Uri};id={Percent(Id)};type=private").Succeeds();
    }

    [TestMethod]
    public void GnuTLS_brings_in_a_key_and_a_certificate()
    {
        MakeKey("rsa:2048");
        Bench.Run($"{GnuTls} --write --load-privkey key.pem --load-certificate cert.pem --id {Id} --label brought-{Id} {Uri}").Succeeds();
        Bench.Run($"{GnuTls} --export {Uri};object=brought-{Id};type=cert --outfile back.pem").Succeeds();
        Bench.Run($"openssl x509 -in back.pem -noout -fingerprint").Succeeds().Says(Bench.Run($"openssl x509 -in cert.pem -noout -fingerprint").Output.Trim());
        Bench.Run($"{GnuTls} --test-sign {Uri};object=brought-{Id};type=private").Succeeds().Says("ok");
    }

    [TestMethod]
    public void NSS_generates_keys_and_certifies_them_in_the_token()
    {
        Bench.Write("pin", Token.Pin);
        Bench.Write("noise", RandomNumberGenerator.GetBytes(64));
        Directory.CreateDirectory(Bench.At("db"));
        Bench.Run($"certutil -N -d sql:db --empty-password").Succeeds();
        Bench.Run($"modutil -dbdir sql:db -add codesign -libfile {Token.Module} -force").Succeeds();
        Bench.Run($"certutil -G -d sql:db -h {Scratch} -k ec -q nistp256 -f pin -z noise").Succeeds();
        Bench.Run($"certutil -S -d sql:db -h {Scratch} -n nss-{Id} -s CN=nss -x -t ,, -k rsa -g 2048 -f pin -z noise -m 5").Succeeds();
        Bench.Run($"certutil -K -d sql:db -h {Scratch} -f pin").Succeeds().Says($"{Scratch}:nss-{Id}");
        Bench.Run($"certutil -D -d sql:db -h {Scratch} -n {Scratch}:nss-{Id} -f pin").Succeeds();
    }

    [TestMethod]
    [DataRow("RSA -keysize 2048", "SHA256withRSA")]
    [DataRow("EC -groupname secp256r1", "SHA256withECDSA")]
    public void Java_writes_to_the_token_as_to_a_key_store(string kind, string signature)
    {
        ToolRun slots = Bench.Run($"pkcs11-tool --module {Token.Module} -L").Succeeds();
        string[] lines = slots.Output.Split('\n');
        int label = Array.FindIndex(lines, line => line.Contains("token label", StringComparison.Ordinal) && line.EndsWith(Scratch, StringComparison.Ordinal));
        string slot = Array.FindLast(lines[..label], line => line.StartsWith("Slot ", StringComparison.Ordinal))!.Split(' ')[1];
        Bench.Write("java.cfg", $"name=cs\nlibrary={Token.Module}\nslotListIndex={slot}\n");
        Command keytool =
            $"keytool -keystore NONE -storetype PKCS11 -providerClass sun.security.pkcs11.SunPKCS11 -providerArg java.cfg -storepass {Token.Pin}";
        string[] words = kind.Split(' ');

        Bench.Run($"{keytool} -genkeypair -alias java-{Id} -keyalg {words[0]} {words[1]} {words[2]} -dname CN=java").Succeeds().Says(signature);
        Bench.Run($"{keytool} -list -alias java-{Id}").Succeeds().Says("PrivateKeyEntry");
        Bench.Run($"{keytool} -certreq -alias java-{Id} -file request.pem").Succeeds();
        Bench.Run($"openssl req -in request.pem -noout -verify").Succeeds();
        Bench.Run($"{keytool} -delete -alias java-{Id}").Succeeds();
        Bench.Run($"{keytool} -list -alias java-{Id}").Fails();
    }

    [TestMethod]
    public void A_project_that_wants_no_objects_says_so()
    {
        Bench.Set("CODESIGN_TRACE", Bench.At("trace"));
        Bench.Run($"pkcs11-tool --module {Token.Module} --token-label {Token.Label} --login --pin {Token.Pin} --keypairgen --key-type EC:prime256v1 --id {Id}")
            .Fails();
        Assert.Contains("--objects true", Bench.ReadText("trace"));
    }

    /// <summary>The SubjectPublicKeyInfo of what pkcs11-tool shows of an EC key.</summary>
    private static byte[] PublicKey(ToolRun shown)
    {
        byte[] Shown(string name) =>
            Convert.FromHexString(shown.Output.Split('\n').Single(line => line.Contains(name, StringComparison.Ordinal)).Split(':')[1].Trim().Split(' ')[0]);
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.10045.2.1");
                writer.WriteEncodedValue(Shown("EC_PARAMS:"));
            }
            writer.WriteBitString(AsnDecoder.ReadOctetString(Shown("EC_POINT:"), AsnEncodingRules.DER, out _));
        }
        return writer.Encode();
    }

    private void MakeKey(string type)
    {
        string[] words = type.Split(' ');
        Command key = words.Length == 1 ? (Command)$"-newkey {words[0]}" : $"-newkey {words[0]} {words[1]} {words[2]}";
        Bench.Run($"openssl req -x509 {key} -nodes -keyout key.pem -out cert.pem -subj /CN=brought -days 10").Succeeds();
        Bench.Run($"openssl pkey -in key.pem -pubout -outform DER -out pub.der").Succeeds();
    }
}
