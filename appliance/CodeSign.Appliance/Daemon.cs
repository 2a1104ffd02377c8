using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CodeSign.Appliance.Administration;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Health;
using CodeSign.Appliance.Hosting;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Tls;
using CodeSign.Appliance.Transport;
using CodeSign.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance;

/// <summary>The running appliance: opens everything, serves until it is told to stop, finishes what is in flight, closes everything.</summary>
internal sealed partial class Daemon(ApplianceOptions options, Unsealing unsealing, ILoggerFactory log)
{
    private readonly ILogger _log = log.CreateLogger<Daemon>();

    /// <summary>Returns when it was told to stop and all is closed.</summary>
    /// <param name="hardening">What could not be had: one sentence each.</param>
    public async Task RunAsync(IReadOnlyList<string> hardening)
    {
        foreach (string refused in hardening)
        {
            LogHardening(refused);
        }

        using DataFolderLock folder = DataFolderLock.Acquire(options.Folder);
        DoorFacts doors = new();
        await using Composition composition = Composition.Open(options, unsealing.Unseal(options), doors, log);
        using OwnAuthority? authority = composition.OpenAuthority();
        using TlsIdentity tls = new(Source(authority), TimeProvider.System, log.CreateLogger<TlsIdentity>());
        WriteProbe probe = new(options.Folder, TimeProvider.System);
        await using ITransport transport = Transports.Create(
            options.Transport, TransportOptions(composition, tls), composition.Protocol.ServeAsync, TimeProvider.System, log);
        await using HealthListener? health = options.Https is null ? null : new HealthListener(
            options.Https, tls, probe, ProductVersion.Current, authority?.Certificate.ExportCertificatePem(), log);
        await using AdminSocket admin = new(options.AdminSocket, composition.Protocol, log.CreateLogger<AdminSocket>());
        tls.Changed = () => transport.UseCertificate(tls.Context);
        doors.Connections = () => transport.Connections;
        doors.TlsNotAfter = () => tls.NotAfter;
        doors.Warnings = () => [.. tls.Warnings, .. probe.LastProblem() is { } problem ? [problem] : Array.Empty<string>()];

        using Signals signals = new(tls.Reload);
        await StartAsync(transport, health, admin, signals.Stop);
        await signals.WaitAsync();
        await StopAsync(transport, health, admin);
    }

    private async Task StartAsync(ITransport transport, HealthListener? health, AdminSocket admin, CancellationToken stop)
    {
        await ListenAsync(() => transport.StartAsync(stop), "listen", options.Listen);
        await ListenAsync(() => health?.StartAsync(stop) ?? Task.CompletedTask, "https", options.Https);
        admin.Start();
        WriteEndpoints(transport.Endpoint, health?.Endpoint);
        LogReady(ProductVersion.Current, transport.Endpoint, health?.Endpoint);
        ServiceNotification.Ready($"Listening on {transport.Endpoint}");
    }

    /// <exception cref="ConfigurationException">The address can't be listened on; which, and what to do.</exception>
    private static async Task ListenAsync(Func<Task> start, string setting, IPEndPoint? endpoint)
    {
        try
        {
            await start();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
        {
            throw new ConfigurationException($"Another process listens on {endpoint}: stop it, or set another '{setting} = ADDRESS:PORT' in the configuration.");
        }
        catch (SocketException e)
        {
            throw new ConfigurationException($"Nothing can listen on {endpoint} ({e.Message}): set another '{setting} = ADDRESS:PORT' in the configuration.");
        }
    }

    private async Task StopAsync(ITransport transport, HealthListener? health, AdminSocket admin)
    {
        ServiceNotification.Stopping();
        LogStopping(options.Grace.TotalSeconds);
        File.Delete(options.EndpointsFile);
        await Task.WhenAll(
            transport.StopAsync(options.Grace),
            health?.StopAsync(options.Grace) ?? Task.CompletedTask,
            admin.StopAsync(options.Grace));
        LogStopped();
    }

    /// <summary>Where the listeners' certificate comes from.</summary>
    /// <exception cref="ConfigurationException">There is none.</exception>
    private CertificateSource Source(OwnAuthority? authority)
    {
        if (options.CertificateFile is not null)
        {
            return new GivenCertificate(options.CertificateFile, options.CertificateKeyFile!);
        }

        return authority is not null
            ? new OwnCertificates(authority, options.HostNames)
            : throw new ConfigurationException("The appliance has no CA of its own: set tls_certificate and tls_key.");
    }

    private TransportOptions TransportOptions(Composition composition, TlsIdentity tls) => new()
    {
        Endpoint = options.Listen,
        Alpn = ProtocolLimits.Alpn,
        Certificate = tls.Context,
        ClientCertificates = options.ClientCertificates,
        JudgePeer = composition.Judge,
        HandshakeTimeout = options.HandshakeTimeout,
        ConnectionsMax = options.ConnectionsMax,
        UnauthenticatedMax = options.UnauthenticatedMax,
    };

    /// <summary>Tells whoever may read the data folder where the listeners are: with port 0 nobody knows beforehand.</summary>
    private void WriteEndpoints(IPEndPoint listen, IPEndPoint? https)
    {
        string draft = options.EndpointsFile + ".new";
        using (FileStream file = new(draft, FileMode.Create))
        using (Utf8JsonWriter json = new(file))
        {
            json.WriteStartObject();
            json.WriteString("listen", listen.ToString());
            if (https is not null)
            {
                json.WriteString("https", https.ToString());
            }

            json.WriteNumber("pid", System.Environment.ProcessId);
            json.WriteEndObject();
        }

        File.Move(draft, options.EndpointsFile, overwrite: true);
    }

    [LoggerMessage(1, LogLevel.Information, "codesignd {Version} is ready: codesign/1 on {Endpoint}, HTTPS on {Https}")]
    private partial void LogReady(string version, IPEndPoint endpoint, IPEndPoint? https);

    [LoggerMessage(2, LogLevel.Information, "Stopping: requests in flight have {Seconds} seconds to finish")]
    private partial void LogStopping(double seconds);

    [LoggerMessage(3, LogLevel.Information, "Stopped")]
    private partial void LogStopped();

    [LoggerMessage(4, LogLevel.Warning, "{Hardening}")]
    private partial void LogHardening(string hardening);
}
