using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Tls;
using CodeSign.Tests;

namespace CodeSign.Appliance.Tests;

[TestClass]
public sealed class GivenCertificateTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private readonly string _folder = Directory.CreateTempSubdirectory("codesign-tls-").FullName;

    private string CertificateFile => Path.Combine(_folder, "tls.pem");

    private string KeyFile => Path.Combine(_folder, "tls.key");

    [TestCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("rsa:2048")]
    [DataRow("ec:P-256")]
    [DataRow("ec:P-384")]
    [DataRow("ec:P-521")]
    public void Serves_rsa_and_nist_curves(string kind)
    {
        OpenSsl(kind);

        using X509Certificate2 leaf = new GivenCertificate(CertificateFile, KeyFile).Load(Now).Leaf;

        Assert.IsTrue(leaf.HasPrivateKey);
    }

    [TestMethod]
    [DataRow("rsa:1024")]
    [DataRow("ec:secp256k1")]
    [DataRow("ed25519")]
    [DataRow("ed448")]
    public void Refuses_other_keys(string kind)
    {
        OpenSsl(kind);

        ConfigurationException refusal = Assert.ThrowsExactly<ConfigurationException>(() => Load());

        Assert.Contains("neither RSA of 2048 bits or more nor P-256, P-384 or P-521", refusal.Message);
    }

    [TestMethod]
    public void Refuses_an_expired_one()
    {
        Write(Now.AddDays(-10), Now.AddDays(-1));

        Assert.Contains("expired on", Assert.ThrowsExactly<ConfigurationException>(() => Load()).Message);
    }

    [TestMethod]
    public void Refuses_another_certificates_key()
    {
        Write(Now.AddDays(-1), Now.AddDays(100));
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(KeyFile, other.ExportPkcs8PrivateKeyPem());

        Assert.Contains("is not the unencrypted PEM key of", Assert.ThrowsExactly<ConfigurationException>(() => Load()).Message);
    }

    [TestMethod]
    public void Refuses_files_that_are_not_there_or_hold_something_else()
    {
        Assert.Contains("can't be read", Assert.ThrowsExactly<ConfigurationException>(() => Load()).Message);
        File.WriteAllText(CertificateFile, "hello");
        Assert.Contains("holds no PEM certificate", Assert.ThrowsExactly<ConfigurationException>(() => Load()).Message);
    }

    [TestMethod]
    public void Is_due_when_a_file_changes()
    {
        Write(Now.AddDays(-1), Now.AddDays(100));
        GivenCertificate source = new(CertificateFile, KeyFile);
        TlsCertificate shown = source.Load(Now);
        using X509Certificate2 leaf = shown.Leaf;
        Assert.IsFalse(source.IsDue(shown, Now));

        File.SetLastWriteTimeUtc(CertificateFile, Now.UtcDateTime.AddMinutes(1));

        Assert.IsTrue(source.IsDue(shown, Now));
    }

    [TestMethod]
    public void Warns_thirty_days_before_it_expires()
    {
        Write(Now.AddDays(-1), Now.AddDays(31));
        GivenCertificate source = new(CertificateFile, KeyFile);
        TlsCertificate shown = source.Load(Now);
        using X509Certificate2 leaf = shown.Leaf;

        Assert.IsEmpty(source.Warnings(shown, Now));
        Assert.Contains("expires on", source.Warnings(shown, Now.AddDays(2)).Single());
        Assert.Contains("expired on", source.Warnings(shown, Now.AddDays(32)).Single());
    }

    [TestMethod]
    public void Warns_of_a_key_others_may_read()
    {
        Write(Now.AddDays(-1), Now.AddDays(100));
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        GivenCertificate source = new(CertificateFile, KeyFile);
        TlsCertificate shown = source.Load(Now);
        using X509Certificate2 leaf = shown.Leaf;

        Assert.Contains("chmod 600", source.Warnings(shown, Now).Single());
    }

    [TestMethod]
    public void One_that_cannot_be_used_leaves_the_old_one_in_place()
    {
        Write(Now.AddDays(-1), Now.AddDays(100));
        using TlsIdentity tls = new(
            new GivenCertificate(CertificateFile, KeyFile), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        int changes = 0;
        tls.Changed = () => changes++;
        DateTimeOffset before = tls.NotAfter;

        File.WriteAllText(KeyFile, "not a key");
        tls.Reload();
        Assert.AreEqual(before, tls.NotAfter);
        Assert.AreEqual(0, changes);

        Write(Now.AddDays(-1), Now.AddDays(200));
        tls.Reload();
        Assert.IsGreaterThan(before, tls.NotAfter);
        Assert.IsGreaterThan(0, changes, "Once, or twice where the look that every identity takes at its start came late.");
    }

    private void Load()
    {
        using X509Certificate2 leaf = new GivenCertificate(CertificateFile, KeyFile).Load(Now).Leaf;
    }

    private void Write(DateTimeOffset from, DateTimeOffset to)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 made = new CertificateRequest("CN=given", key, HashAlgorithmName.SHA256).CreateSelfSigned(from, to);
        File.WriteAllText(CertificateFile, made.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private void OpenSsl(string kind)
    {
        string[] words = kind.Split(':');
        string[] key = words[0] switch
        {
            "rsa" => ["-newkey", kind],
            "ec" => ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + words[1]],
            _ => ["-newkey", kind],
        };
        using ToolProcess openssl = ToolProcess.Start(
            ApplianceProcess.CommandOf(
                ["openssl", "req", "-x509", "-nodes", .. key, "-subj", "/CN=given", "-keyout", KeyFile, "-out", CertificateFile]),
            _folder,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = ToolProcess.SearchPath });
        Assert.AreEqual(0, openssl.WaitForExit(TimeSpan.FromSeconds(60)).ExitCode);
    }
}
