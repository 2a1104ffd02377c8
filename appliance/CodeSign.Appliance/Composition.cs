using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSign.Appliance.Administration;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Hosting;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Listener;
using CodeSign.Appliance.Requests;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Tls;
using CodeSign.Appliance.Transport;
using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance;

/// <summary>
/// The appliance without its doors, wired by hand from the inside out: store, backends, requests, protocol. The daemon puts
/// listeners in front of it; commands that work on an appliance that isn't running talk to it in this process.
/// </summary>
internal sealed class Composition : IAsyncDisposable
{
    private readonly List<IKeyBackend> _backends;
    private readonly ApplianceRequests _requests;

    [SuppressMessage("Reliability", "CA2000", Justification = "DisposeAsync ends the backends.")]
    private Composition(ApplianceOptions options, ApplianceStore store, RootKey root, DoorFacts doors, ILoggerFactory log)
    {
        Store = store;
        Root = root;
        _backends = [new SoftwareBackend(new SoftwareOptions(), TimeProvider.System)];
        _backends.AddRange(options.Hsms.Select(hsm => new PassThroughBackend(hsm.ToOptions(), TimeProvider.System)));
        ApplianceFacts facts = new()
        {
            Version = ProductVersion.Current,
            Started = TimeProvider.System.GetUtcNow(),
            Seal = SealKind.Of(ApplianceStore.ReadSeal(options.Database)),
            Authority = options.CertificateFile is null && store.Current.TlsAuthorities.TryGetValue(TlsAuthority.OwnId, out TlsAuthority? own)
                ? Convert.FromBase64String(own.Certificate)
                : default,
            Connections = () => doors.Connections(),
            TlsNotAfter = () => doors.TlsNotAfter(),
            Warnings = _ => doors.Warnings(),
        };
        _requests = new ApplianceRequests(
            store, root, new Backends(store, _backends), facts, TimeProvider.System, log.CreateLogger<Dispatcher>());
        Protocol = new TokenProtocol(
            _requests.Dispatcher, options.ClientCertificates == ClientCertificates.Required, log.CreateLogger<TokenProtocol>());
    }

    public ApplianceStore Store { get; }

    public RootKey Root { get; }

    /// <summary>What is spoken on every door.</summary>
    public TokenProtocol Protocol { get; }

    /// <summary>Opens the store of a data folder. The composition owns store and root key.</summary>
    /// <exception cref="StoreException">It can't be used.</exception>
    /// <exception cref="TamperedException">It was changed by hand.</exception>
    public static Composition Open(ApplianceOptions options, RootKey root, DoorFacts doors, ILoggerFactory log) =>
        Over(options, ApplianceStore.Open(options.Database, root, TimeProvider.System), root, doors, log);

    /// <summary>As <see cref="Open"/>, over a store that is open.</summary>
    public static Composition Over(
        ApplianceOptions options, ApplianceStore store, RootKey root, DoorFacts doors, ILoggerFactory log) =>
        new(options, store, root, doors, log);

    /// <summary>The appliance's own CA, or null when none was made.</summary>
    public OwnAuthority? OpenAuthority()
    {
        if (!Store.Current.TlsAuthorities.TryGetValue(TlsAuthority.OwnId, out TlsAuthority? authority))
        {
            return null;
        }

        using SecretBytes key = Store.OpenSecret(authority);
        return OwnAuthority.Open(Convert.FromBase64String(authority.Certificate), key);
    }

    /// <summary>Talks to it in this process, as the caller <c>local</c>. The conversation ends with the client.</summary>
    public LocalClient Talk()
    {
        (LocalPipe server, LocalPipe client) = LocalPipe.Pair();
        _ = Protocol.ServeLocalAsync(server, CancellationToken.None, CancellationToken.None);
        return new LocalClient(client, null);
    }

    /// <summary>Verdict on a client certificate that is within its validity: only a registered key is known, never a name.</summary>
    public PeerVerdict Judge(X509Certificate2 certificate)
    {
        string id = Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
        return Store.Current.ClientCertificates.ContainsKey(id) ? PeerVerdict.Valid : PeerVerdict.Unknown;
    }

    public async ValueTask DisposeAsync()
    {
        _requests.Dispose();
        foreach (IKeyBackend backend in _backends)
        {
            await backend.DisposeAsync();
        }

        await Store.DisposeAsync();
        Root.Dispose();
    }
}

/// <summary>What the doors tell status; they are built after the composition they open to.</summary>
internal sealed class DoorFacts
{
    public Func<int> Connections { get; set; } = () => 0;

    public Func<DateTimeOffset> TlsNotAfter { get; set; } = () => DateTimeOffset.MaxValue;

    public Func<IReadOnlyList<string>> Warnings { get; set; } = () => [];
}
