using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>Authenticode signatures by osslsigncode.</summary>
[TestClass]
public sealed class OsslsigncodeTests : ToolTests
{
    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    [DataRow(HsmRsa3072)]
    [DataRow(HsmP256)]
    public void Signs_a_Windows_program(string name)
    {
        SigningKey key = Key(name);
        Inputs.WindowsProgram(Bench, "a.exe");
        SignAndVerify(key, "a.exe", "b.exe");

        Bench.Tamper("b.exe", "tampered.exe", 0x500);
        Verify(key, "tampered.exe").Fails();
    }

    [TestMethod]
    public void Takes_the_certificate_from_the_token()
    {
        SigningKey key = Key(P256);
        Inputs.WindowsProgram(Bench, "a.exe");
        Bench.Run($"""
            osslsigncode sign -pkcs11module {Token.Module} -pkcs11cert {key.CertificateUri} -key {key.Uri} -pass {Token.Pin}
            -h sha256 -in a.exe -out b.exe
            """).Succeeds();
        Verify(key, "b.exe").Succeeds().Says("Succeeded");
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(P384)]
    public void Signs_an_installer_and_a_cabinet(string name)
    {
        SigningKey key = Key(name);
        Inputs.WindowsInstaller(Bench, "a.msi");
        Inputs.Cabinet(Bench, "a.cab");

        SignAndVerify(key, "a.msi", "b.msi");
        SignAndVerify(key, "a.cab", "b.cab");
        Bench.Tamper("b.cab", "tampered.cab", 0x80);
        Verify(key, "tampered.cab").Fails();
    }

    [TestMethod]
    [DataRow(Rsa3072)]
    [DataRow(P256)]
    public void Signs_scripts_and_packages_where_its_version_can(string name)
    {
        SigningKey key = Key(name);
        Bench.Write("a.ps1", "Write-Output 'signed'\r\n");
        Inputs.AppxPackage(Bench, "a.appx");
        if (Bench.Run($"osslsigncode --version").All.Contains("osslsigncode 2.5", StringComparison.Ordinal))
        {
            // Debian 12's own version knows neither; it must say so rather than sign something else.
            Bench.Run(Sign(key, "a.ps1", "b.ps1")).Fails();
            return;
        }
        SignAndVerify(key, "a.ps1", "b.ps1");
        SignAndVerify(key, "a.appx", "b.appx");
    }

    [TestMethod]
    public void Refuses_a_wrong_PIN()
    {
        SigningKey key = Key(Rsa2048);
        Inputs.WindowsProgram(Bench, "a.exe");
        Bench.Run($"""
            osslsigncode sign -pkcs11module {Token.Module} -certs {key.Certificate} -key {key.UriWithWrongPin} -h sha256 -in a.exe -out b.exe
            """).Fails();
        Assert.IsFalse(File.Exists(Bench.At("b.exe")));
    }

    private static Command Sign(SigningKey key, string source, string target) => $"""
        osslsigncode sign -pkcs11module {key.Token.Module} -certs {key.Certificate} -key {key.UriWithPin} -h {key.Hash}
        -n Demo -i https://example.test/ -in {source} -out {target}
        """;

    private ToolRun Verify(SigningKey key, string file) =>
        Bench.Run($"osslsigncode verify -CAfile {key.Certificate} -TSA-CAfile {key.Certificate} -in {file}");

    private void SignAndVerify(SigningKey key, string source, string target)
    {
        Bench.Run(Sign(key, source, target)).Succeeds();
        Verify(key, target).Succeeds().Says("Signature verification: ok");
    }
}
