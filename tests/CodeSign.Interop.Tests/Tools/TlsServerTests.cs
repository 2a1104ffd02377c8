using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>TLS servers whose key is in the token, and curl as a client that has its own there.</summary>
[TestClass]
public sealed class TlsServerTests : ToolTests
{
    private const string Answer = "served with a key of the token";

    [TestInitialize]
    public void PointTheEngineAtTheModule() => Bench.Set("PKCS11_MODULE_PATH", Token.Module);

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(P256)]
    public void Nginx_serves_from_forked_workers_and_after_a_reload(string name)
    {
        SigningKey key = Key(name);
        int port = Workbench.FreePort();
        MakeCertificate(key);
        Bench.Write("html/index.html", Answer);
        // Workers get none of nginx's environment; ours keeps what it read, SoftHSM2 must be told again.
        string environment = Subject.Current.IsOurs ? "" : "env SOFTHSM2_CONF;";
        string user = string.Equals(Environment.UserName, "root", StringComparison.Ordinal) ? "user root;" : "";
        Bench.Write("nginx.conf", $$"""
            {{user}}
            {{environment}}
            env PKCS11_MODULE_PATH;
            daemon off;
            worker_processes 2;
            pid {{Bench.At("nginx.pid")}};
            error_log stderr info;
            ssl_engine pkcs11;
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path {{Bench.At("t1")}}; proxy_temp_path {{Bench.At("t2")}}; fastcgi_temp_path {{Bench.At("t3")}};
              uwsgi_temp_path {{Bench.At("t4")}}; scgi_temp_path {{Bench.At("t5")}};
              server {
                listen 127.0.0.1:{{port}} ssl;
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_certificate {{Bench.At("tls.crt")}};
                ssl_certificate_key "engine:pkcs11:{{key.UriWithPin}}";
                ssl_client_certificate {{Bench.At("tls.crt")}};
                ssl_verify_client on;
                root {{Bench.At("html")}};
              }
            }

            """);
        BackgroundTool server = Bench.Launch($"nginx -e stderr -p {Bench.Folder} -c {Bench.At("nginx.conf")}").Listens(port);

        FetchWithAndWithoutCertificate(key, port, "400 No required SSL certificate");
        int started = CountWorkers(server);
        Bench.Run($"kill -HUP {server.Id}").Succeeds();
        server.WaitUntil("start new workers", () => CountWorkers(server) > started);
        FetchWithAndWithoutCertificate(key, port, "400 No required SSL certificate");
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(P256)]
    public void Apache_serves(string name)
    {
        SigningKey key = Key(name);
        int port = Workbench.FreePort();
        MakeCertificate(key);
        Bench.Write("html/index.html", Answer);
        const string Modules = "/usr/lib/apache2/modules";
        Bench.Write("apache.conf", $"""
            ServerRoot {Bench.Folder}
            ServerName localhost
            PidFile {Bench.At("apache.pid")}
            ErrorLog /dev/stderr
            LoadModule mpm_prefork_module {Modules}/mod_mpm_prefork.so
            LoadModule authz_core_module {Modules}/mod_authz_core.so
            LoadModule dir_module {Modules}/mod_dir.so
            LoadModule ssl_module {Modules}/mod_ssl.so
            Mutex file:{Bench.Folder}
            SSLCryptoDevice pkcs11
            Listen 127.0.0.1:{port}
            DocumentRoot {Bench.At("html")}
            DirectoryIndex index.html
            <VirtualHost *:{port}>
              SSLEngine on
              SSLCertificateFile {Bench.At("tls.crt")}
              SSLCertificateKeyFile "{key.UriWithPin}"
              SSLCACertificateFile {Bench.At("tls.crt")}
              SSLVerifyClient require
            </VirtualHost>

            """);
        Bench.Launch($"apache2 -X -f {Bench.At("apache.conf")}").Listens(port);
        FetchWithAndWithoutCertificate(key, port, refusal: null);
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(P256)]
    public void Stunnel_serves(string name)
    {
        SigningKey key = Key(name);
        int port = Workbench.FreePort();
        int inner = Workbench.FreePort();
        MakeCertificate(key);
        Bench.Write("html/index.html", Answer);
        Bench.Launch($"python3 -m http.server {inner} --bind 127.0.0.1 --directory html").Listens(inner);
        Bench.Write("stunnel.conf", $"""
            foreground = yes
            pid =
            engine = pkcs11
            engineCtrl = MODULE_PATH:{Token.Module}
            engineCtrl = PIN:{Token.Pin}
            [service]
            accept = 127.0.0.1:{port}
            connect = 127.0.0.1:{inner}
            engineId = pkcs11
            cert = {Bench.At("tls.crt")}
            key = {key.Uri}
            CAfile = {Bench.At("tls.crt")}
            verifyChain = yes

            """);
        Bench.Launch($"stunnel4 stunnel.conf").Listens(port);
        FetchWithAndWithoutCertificate(key, port, refusal: null);
    }

    [TestMethod]
    public void Curl_refuses_a_wrong_PIN()
    {
        SigningKey key = Key(P256);
        int port = Workbench.FreePort();
        MakeCertificate(key);
        Bench.Launch($"openssl s_server -engine pkcs11 -keyform engine -key {key.UriWithPin} -cert tls.crt -accept 127.0.0.1:{port} -www")
            .Says("ACCEPT");
        Bench.Run($"{Curl(port)} --engine pkcs11 --key-type ENG --key {key.UriWithWrongPin} --cert tls.crt").Fails();
    }

    private static int CountWorkers(BackgroundTool nginx) => nginx.Said.Split("start worker process ").Length - 1;

    private static Command Curl(int port) => $"curl -sS --cacert tls.crt https://localhost:{port}/ --resolve localhost:{port}:127.0.0.1";

    private void FetchWithAndWithoutCertificate(SigningKey key, int port, string? refusal)
    {
        foreach (Command version in new Command[] { $"--tlsv1.3", $"--tls-max 1.2" })
        {
            Bench.Run($"{Curl(port)} {version} --engine pkcs11 --key-type ENG --key {key.UriWithPin} --cert tls.crt").Succeeds().Says(Answer);
        }
        ToolRun uncertified = Bench.Run(Curl(port)).DoesNotSay(Answer);
        if (refusal is null)
        {
            // With TLS 1.3 the client may see the alert, or only that the connection is gone.
            uncertified.Fails();
        }
        else
        {
            uncertified.Says(refusal);
        }
    }

    /// <summary>A certificate for TLS over the token's key: the one it comes with is for code only.</summary>
    private void MakeCertificate(SigningKey key) => Bench.Run($"""
        openssl req -x509 -new -engine pkcs11 -keyform engine -key {key.UriWithPin} -subj /CN=localhost -days 3 -out tls.crt
        -addext subjectAltName=DNS:localhost
        """).Succeeds();
}
