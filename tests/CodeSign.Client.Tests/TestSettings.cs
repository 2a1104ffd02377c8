using System.Text;

namespace CodeSign.Client.Tests;

internal static class TestSettings
{
    public static ClientSettings For(TestCertificates certificates, params TestServer[] servers) => new()
    {
        Servers = [.. servers.Select(server => new ServerAddress("localhost", server.Port))],
        CaFile = "ca.pem",
        CaPem = Encoding.UTF8.GetBytes(certificates.AuthorityPem),
        Grant = new ClientSecret("the grant"u8),
        FilesAreRead = true,
        ConnectTimeoutMs = 10_000,
        AnswerTimeoutMs = 10_000,
    };

    public static ApplianceException Refused(Action action)
    {
        ApplianceException refusal = Assert.ThrowsExactly<ApplianceException>(action);
        Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);
        return refusal;
    }
}
