using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>Mozilla's NSS: modutil, certutil, poppler's pdfsig, and pesign, which share its databases.</summary>
[TestClass]
public sealed class NssTests : ToolTests
{
    private string Database => $"sql:{Bench.At("db")}";

    [TestInitialize]
    public void RegisterTheModule()
    {
        Directory.CreateDirectory(Bench.At("db"));
        Bench.Write("pin", Token.Pin + "\n");
        Bench.Run($"certutil -N -d {Database} --empty-password").Succeeds();
        Bench.Run($"modutil -dbdir {Database} -add codesign -libfile {Token.Module} -force").Succeeds();
    }

    [TestMethod]
    public void Modutil_and_certutil_list_token_keys_and_certificates()
    {
        Bench.Run($"modutil -dbdir {Database} -list").Succeeds().Says("codesign").Says($"token: {Token.Label}");
        Bench.Run($"certutil -K -d {Database} -h {Token.Label} -f pin").Succeeds().Says("rsa2048").Says("p256");
        Bench.Run($"certutil -L -d {Database} -h {Token.Label} -f pin").Succeeds().Says($"{Token.Label}:p384");
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
    public void Certutil_makes_a_certificate_request(string name)
    {
        SigningKey key = Key(name);
        Bench.Run($"certutil -R -d {Database} -h {Token.Label} -k {key.Id} -s CN=x -Z SHA256 -f pin -a -o c.csr").Succeeds();
        Bench.Run($"openssl req -in c.csr -verify -noout").Succeeds().Says("verify OK");
        Bench.Run($"openssl req -in c.csr -pubkey -noout -out c.pub").Succeeds();
        Assert.AreEqual(File.ReadAllText(key.PublicKey), Bench.ReadText("c.pub"));
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    public void Pdfsig_signs_a_PDF(string name)
    {
        SigningKey key = Key(name);
        Inputs.Pdf(Bench, "a.pdf");
        // It logs in to every token there is and knows the password of one.
        Bench.Set(Subject.Current.MainAlone);
        ToolRun sign = Bench.Run($"pdfsig -nssdir {Database} -nss-pwd {Token.Pin} -nick {Token.Label}:{name} -add-signature a.pdf b.pdf");
        if (Subject.Current.IsOurs)
        {
            // It shuts NSS down in a destructor, where SoftHSM2 crashes after the work is done.
            sign.Succeeds();
        }
        // Verified by a database that has never heard of the module.
        Directory.CreateDirectory(Bench.At("verify"));
        Bench.Run($"certutil -N -d sql:{Bench.At("verify")} --empty-password").Succeeds();
        Bench.Run($"certutil -A -d sql:{Bench.At("verify")} -n signer -t CT,C,C -a -i {key.Certificate}").Succeeds();
        Bench.Run($"pdfsig -nssdir sql:{Bench.At("verify")} b.pdf").Says("Signature is Valid").Says("Total document signed");

        Bench.Tamper("b.pdf", "tampered.pdf", Inputs.PdfTextOffset(Bench.Read("b.pdf")));
        Bench.Run($"pdfsig -nssdir sql:{Bench.At("verify")} tampered.pdf").DoesNotSay("Signature is Valid").Says("Digest Mismatch");
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    public void Pesign_signs_an_EFI_program(string name)
    {
        SigningKey key = Key(name);
        Inputs.EfiProgram(Bench, "a.efi");
        Bench.Run(Pesign(name, Token.Pin)).Succeeds();
        Bench.Run($"sbverify --cert {key.Certificate} b.efi").Succeeds().Says("Signature verification OK");
        Bench.Tamper("b.efi", "tampered.efi", 0x500);
        Bench.Run($"sbverify --cert {key.Certificate} tampered.efi").Fails();
    }

    [TestMethod]
    public void Certutil_refuses_a_wrong_PIN()
    {
        SigningKey key = Key(Rsa2048);
        Bench.Write("wrong", Token.WrongPin + "\n");
        Bench.Run($"certutil -R -d {Database} -h {Token.Label} -k {key.Id} -s CN=x -Z SHA256 -f wrong -a -o c.csr").Fails();
        Assert.IsFalse(File.Exists(Bench.At("c.csr")) && Bench.Read("c.csr").Length > 0);
    }

    [TestMethod]
    public void Pesign_refuses_a_wrong_PIN()
    {
        Inputs.EfiProgram(Bench, "a.efi");
        Bench.Run(Pesign(Rsa2048, Token.WrongPin)).Fails();
        Assert.IsFalse(File.Exists(Bench.At("b.efi")) && Bench.Read("b.efi").Length > 0);
    }

    // It reads the PIN from a terminal only.
    private Command Pesign(string name, string pin) => $"""
        python3 {Repository.PathOf("fixtures/files/answer_prompt.py")} {pin} pesign -s -f -n {Bench.At("db")} -t {Token.Label} -c {name} -i a.efi -o b.efi
        """;
}
