using System.Diagnostics;
using System.Net;
using System.Text.Json;
using CodeSign.Tests;

namespace CodeSign.Appliance.Tests;

/// <summary>A data folder of codesignd and the daemon on it, as processes of their own on free ports of 127.0.0.1.</summary>
internal sealed class ApplianceProcess : IDisposable
{
    public const string Passphrase = "correct horse battery staple";
    public const string Password = "a long enough password";
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _home = Directory.CreateTempSubdirectory("csd-").FullName;
    private ToolProcess? _daemon;

    public ApplianceProcess()
    {
        File.WriteAllText(PassphraseFile, Passphrase + "\n");
        File.WriteAllText(PasswordFile, Password + "\n");
    }

    public string Home => _home;

    public string Folder => Path.Combine(_home, "data");

    public string PassphraseFile => Path.Combine(_home, "passphrase");

    public string PasswordFile => Path.Combine(_home, "password");

    public string EndpointsFile => Path.Combine(Folder, "endpoints.json");

    public int Pid => _daemon!.Id;

    public bool IsRunning => _daemon is { HasExited: false };

    public IPEndPoint Listen => Endpoint("listen");

    public IPEndPoint Https => Endpoint("https");

    /// <summary>Any command, to its end.</summary>
    public static ToolRun Run(params string[] arguments)
    {
        using ToolProcess process = Start(arguments);
        process.EndInput(null);
        return process.WaitForExit(Patience);
    }

    public ToolRun Init(params string[] more) => Run(
    [
        "init", "--data", Folder, "--passphrase-file", PassphraseFile, "--password-file", PasswordFile,
        "--listen", "127.0.0.1:0", "--https", "127.0.0.1:0", .. more,
    ]);

    /// <summary>A command on the data folder, with its passphrase at hand.</summary>
    public ToolRun On(params string[] arguments) => Run([.. arguments, "--data", Folder, "--passphrase-file", PassphraseFile]);

    /// <summary>Starts the daemon and returns when it is ready.</summary>
    public void StartDaemon(params string[] more)
    {
        _daemon = Start(["run", "--data", Folder, "--passphrase-file", PassphraseFile, .. more]);
        Until(() => File.Exists(EndpointsFile) || _daemon.HasExited, "the daemon is ready");
        Assert.IsFalse(_daemon.HasExited, _daemon.Report().ToString());
    }

    /// <summary>Starts the daemon as systemd does: secrets as credentials, and a socket that hears when it is ready.</summary>
    public void StartService(string credentials, string notifySocket) =>
        _daemon = Start(["run", "--data", Folder], ("CREDENTIALS_DIRECTORY", credentials), ("NOTIFY_SOCKET", notifySocket));

    /// <summary>SIGTERM, and what it said until its end.</summary>
    public ToolRun StopDaemon()
    {
        Signal("TERM");
        return _daemon!.WaitForExit(Patience);
    }

    public void Signal(string name)
    {
        using Process kill = Process.Start("/bin/kill", ["-" + name, Pid.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public string DaemonOutput() => _daemon!.Report().ToString();

    /// <summary>A client that trusts the appliance's own CA, and nothing else.</summary>
    public HttpClient Http() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions =
        {
            CertificateChainPolicy = new System.Security.Cryptography.X509Certificates.X509ChainPolicy
            {
                TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
                CustomTrustStore =
                {
                    System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(
                        Path.Combine(Folder, "ca.pem")),
                },
            },
        },
    })
    {
        BaseAddress = new Uri($"https://{Https}"),
    };

    public static void Until(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        using ManualResetEventSlim never = new(false);
        while (!condition())
        {
            Assert.IsLessThan(Patience, Stopwatch.GetElapsedTime(start), $"In vain waited until {what}.");
            never.Wait(20);
        }
    }

    public void Dispose()
    {
        _daemon?.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    /// <summary>A command line of these arguments, whatever is in them.</summary>
    public static Command CommandOf(params IEnumerable<string> arguments)
    {
        Command command = new(0, 0);
        foreach (string argument in arguments)
        {
            command.AppendLiteral(" ");
            command.AppendFormatted(argument);
        }

        return command;
    }

    private static ToolProcess Start(string[] arguments, params (string Name, string Value)[] environment)
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal) { ["PATH"] = ToolProcess.SearchPath };
        foreach ((string name, string value) in environment)
        {
            variables[name] = value;
        }

        return ToolProcess.Start(
            CommandOf(["dotnet", Path.Combine(AppContext.BaseDirectory, "codesignd.dll"), .. arguments]), "/", variables);
    }

    private IPEndPoint Endpoint(string name)
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(EndpointsFile));
        return IPEndPoint.Parse(file.RootElement.GetProperty(name).GetString()!);
    }
}
