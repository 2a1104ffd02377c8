using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>Hosts on a machine where nothing is configured: the module initialises, and shows no token.</summary>
[TestClass]
public sealed class LonelyHostTests : HostContract
{
    internal override Workbench CreateBench() => HostProgram.WithoutAppliance();

    [TestMethod]
    public void Says_in_one_sentence_why_there_is_no_token()
    {
        using Workbench bench = CreateBench();
        bench.Set("CODESIGN_TRACE", bench.At("trace"));
        bench.Run($"{HostProgram.PathOf("basic")}").Succeeds();

        string trace = bench.ReadText("trace");
        Assert.Contains("/nonexistent/client.conf", trace);
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(bench.At("trace")));
    }

    [TestMethod]
    public void Prints_nothing_unless_asked()
    {
        using Workbench bench = CreateBench();
        Assert.AreEqual("", bench.Run($"{HostProgram.PathOf("basic")}").Succeeds().All);
    }

    [TestMethod]
    public void Says_so_where_nothing_listens()
    {
        using Workbench bench = CreateBench();
        string configuration = bench.Write("client.conf", $"server = 127.0.0.1:{Workbench.FreePort()}\nca = {bench.Write("ca.pem", AnyCertificate)}\n");
        bench.Set("CODESIGN_CONFIG", configuration).Set("CODESIGN_GRANT", "csg_none").Set("CODESIGN_TRACE", "stderr");

        bench.Run($"{HostProgram.PathOf("basic")}").Succeeds().Says("127.0.0.1");
    }

    private static string AnyCertificate
    {
        get
        {
            using System.Security.Cryptography.ECDsa key =
                System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
            System.Security.Cryptography.X509Certificates.CertificateRequest request =
                new("CN=Nobody", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1)).ExportCertificatePem();
        }
    }
}
