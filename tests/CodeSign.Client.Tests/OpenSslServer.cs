using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSign.Client.Tests;

/// <summary>OpenSSL's own TLS server: says by an alert that it doesn't like a client's certificate, where .NET's hangs up without a word.</summary>
internal sealed class OpenSslServer : IDisposable
{
    private const string Accepting = "ACCEPT 127.0.0.1:";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("openssl-server-");
    private readonly Process _process;

    public OpenSslServer(X509Certificate2 certificate)
    {
        string file = Path.Combine(_folder.FullName, "server.pem");
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        _process = Process.Start(new ProcessStartInfo(
            "openssl",
            ["s_server", "-accept", "127.0.0.1:0", "-cert", file, "-tls1_3", "-alpn", "codesign/1", "-Verify", "1", "-verify_return_error"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string? line;
        while ((line = _process.StandardOutput.ReadLine()) is not null && Port == 0)
        {
            if (line.StartsWith(Accepting, StringComparison.Ordinal))
            {
                Port = int.Parse(line[Accepting.Length..], CultureInfo.InvariantCulture);
                break;
            }
        }
    }

    public int Port { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
