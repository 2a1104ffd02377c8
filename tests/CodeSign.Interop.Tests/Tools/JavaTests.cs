using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>keytool, jarsigner and apksigner over SunPKCS11, which signs in parts and never finalizes.</summary>
[TestClass]
public sealed class JavaTests : ToolTests
{
    private Command Store => $"""
        -keystore NONE -storetype PKCS11 -storepass {Token.Pin} -providerClass sun.security.pkcs11.SunPKCS11 -providerArg {Bench.At("p11.cfg")}
        """;

    [TestInitialize]
    public void Configure() =>
        Bench.Write("p11.cfg", $"name = CodeSign\nlibrary = {Token.Module}\nslotListIndex = {Token.SlotIndex}\n");

    [TestMethod]
    public void Keytool_lists_every_key_with_its_certificate()
    {
        ToolRun list = Bench.Run($"keytool -list {Store}").Succeeds();
        foreach (string name in Subject.SoftwareKeys.Concat(Subject.HsmKeys).Where(n => Subject.Current.IsOurs || Subject.Current.Key(n).Token == Token))
        {
            list.Says($"{name}, PrivateKeyEntry");
        }
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    [DataRow(HsmRsa3072)]
    [DataRow(HsmP256)]
    public void Jarsigner_signs_a_JAR(string name)
    {
        SigningKey key = Key(name);
        Inputs.Jar(Bench, "a.jar");
        Bench.Run($"keytool -importcert -noprompt -alias c -file {key.Certificate} -keystore trust.p12 -storetype PKCS12 -storepass changeit")
            .Succeeds();
        foreach (Command algorithm in key.Name is Rsa2048 ? new Command[] { $"", $"-sigalg RSASSA-PSS" } : [$""])
        {
            Bench.Run($"jarsigner {Store} {algorithm} -signedjar b.jar a.jar {name}").Succeeds();
            Verify("b.jar").Succeeds().Says("jar verified.");
        }

        Inputs.ChangeZipEntry(Bench, "b.jar", "tampered.jar", "demo/Hello.txt");
        Verify("tampered.jar").Fails();
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(P256)]
    [DataRow(HsmRsa3072)]
    [DataRow(HsmP256)]
    public void Keytool_makes_a_certificate_request(string name)
    {
        Bench.Run($"keytool -certreq -alias {name} {Store} -file c.csr").Succeeds();
        Bench.Run($"openssl req -in c.csr -verify -noout").Succeeds().Says("verify OK");
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(P256)]
    [DataRow(P384)]
    public void Apksigner_signs_an_APK(string name)
    {
        SigningKey key = Key(name);
        Inputs.Apk(Bench, "a.apk");
        Bench.Run($"""
            apksigner -J-add-exports=jdk.crypto.cryptoki/sun.security.pkcs11=ALL-UNNAMED sign
            --provider-class sun.security.pkcs11.SunPKCS11 --provider-arg {Bench.At("p11.cfg")} --ks NONE --ks-type PKCS11
            --ks-pass pass:{Token.Pin} --ks-key-alias {name} --min-sdk-version 24 --out b.apk a.apk
            """).Succeeds();
        string fingerprint = Bench.Run($"openssl x509 -in {key.Certificate} -noout -fingerprint -sha256").Succeeds()
            .Output.Split('=')[1].Trim().Replace(":", "", StringComparison.Ordinal);
        Command verify = $"apksigner verify --verbose --print-certs --min-sdk-version 24";
        Bench.Run($"{verify} b.apk").Succeeds().Says(fingerprint);

        Bench.Tamper("b.apk", "tampered.apk", 60);
        Bench.Run($"{verify} tampered.apk").Fails();
    }

    [TestMethod]
    public void A_program_writes_to_the_key_store_and_tries_every_service()
    {
        if (Subject.Current is not ApplianceSubject ours)
        {
            Assert.Inconclusive("SoftHSM2 has no empty token here.");
            return;
        }
        Bench.Write("p11.cfg", $"name = CodeSign\nlibrary = {Token.Module}\nslotListIndex = {ours.Another("own-java").SlotIndex}\n");
        foreach (string alias in new[] { "rsa", "ec" })
        {
            Command kind = alias is "rsa" ? (Command)$"RSA -keysize 2048" : $"EC -groupname secp256r1";
            Bench.Run($"keytool -genkeypair -alias {alias} -keyalg {kind} -dname CN={alias} -keystore k.p12 -storetype PKCS12 -storepass changeit").Succeeds();
        }
        ToolRun walk = Bench.Run($"java {Repository.PathOf("fixtures/files/KeyStoreWalk.java")} p11.cfg {Token.Pin} k.p12").Succeeds();
        walk.Says("Signature SHA512withECDSA: ok").Says("Signature RSASSA-PSS: ok").Says("MessageDigest SHA3-256: ok").Says("KeyStore emptied: ok");
    }

    [TestMethod]
    public void Refuses_a_wrong_PIN()
    {
        Inputs.Jar(Bench, "a.jar");
        Bench.Run($"""
            jarsigner -keystore NONE -storetype PKCS11 -storepass {Token.WrongPin} -providerClass sun.security.pkcs11.SunPKCS11
            -providerArg {Bench.At("p11.cfg")} -signedjar b.jar a.jar rsa2048
            """).Fails();
        Assert.IsFalse(File.Exists(Bench.At("b.jar")));
    }

    private ToolRun Verify(string jar) => Bench.Run($"jarsigner -verify -strict -keystore trust.p12 -storepass changeit {jar}");
}
