using System.Diagnostics.CodeAnalysis;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.P11.Objects;
using CodeSign.P11.Sessions;
using CodeSign.P11.Tokens;
using CodeSign.P11.Native;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.P11;

/// <summary>
/// What lives between C_Initialize and C_Finalize. The only state of the process, because PKCS#11's functions have no object they
/// belong to; everything hangs on this one, so C_Finalize drops it whole while other threads finish with what they hold.
/// </summary>
internal sealed class Module : IDisposable
{
    public const string Manufacturer = "CodeSign";
    public const string Description = "CodeSign appliance client";
    public const byte VersionMajor = 0;
    public const byte VersionMinor = 1;

    private static volatile Module? _current;

    private readonly KeptSettings _kept;
    private readonly ApplianceClient? _client;
    private Claimed? _claimed;
    private volatile bool _hasSessionSecrets;
    private readonly object _ending = new();
    private bool _hasEnded;

    private Module(KeptSettings kept, Trace trace)
    {
        _kept = kept;
        Trace = trace;
        Quirks = new Quirks(kept.Settings, Trace);
        Objects = new ObjectCache(kept.Settings?.RawEdwardsPoints ?? false);
        Tokens = new TokenTable(this);
        if (kept.Settings is not null)
        {
            _client = new ApplianceClient(kept.Settings, new ClientHooks
            {
                Trace = Trace.IsOn ? Trace.Write : null,
                DescriptorOpened = Host.DescriptorOpened,
                DescriptorClosing = Host.DescriptorClosing,
                ClientName = $"libcodesign-p11 {VersionMajor}.{VersionMinor}",
            });
        }
    }

    /// <summary>Null before C_Initialize and after C_Finalize.</summary>
    public static Module? Current => _current;

    /// <summary>The module of this call.</summary>
    /// <exception cref="FaultException">CKR_CRYPTOKI_NOT_INITIALIZED: C_Finalize came in between.</exception>
    public static Module Required => _current
        ?? throw new FaultException(CKR.CKR_CRYPTOKI_NOT_INITIALIZED, "module.finalized", "C_Finalize was called.");

    public Trace Trace { get; }

    public Quirks Quirks { get; }

    public TokenTable Tokens { get; }

    public SessionTable Sessions { get; } = new();

    public ObjectCache Objects { get; }

    public PinMemory PinMemory { get; } = new();

    public SavedDigests SavedDigests { get; } = new();

    /// <summary>Names this process to the appliance, as the owner of session objects it keeps for it; new in a forked child.</summary>
    public ByteString Application { get; } = DrawApplication();

    /// <summary>True once the appliance keeps session objects for this process.</summary>
    public bool HasSessionSecrets
    {
        get => _hasSessionSecrets;
        set => _hasSessionSecrets = value;
    }

    /// <summary>Null where the configuration is wrong.</summary>
    public ClientSettings? Settings => _kept.Settings;

    /// <summary>The appliance.</summary>
    /// <exception cref="ApplianceException">client.configuration: there are no settings.</exception>
    public ApplianceClient Client => _client
        ?? throw new ApplianceException(CKR.CKR_DEVICE_ERROR, ClientReason.Configuration, _kept.Problem ?? "There is no configuration.");

    /// <summary>What this process says of itself; the same for every signature.</summary>
    public Claimed Claimed => _claimed ??= Claims.Collect(_kept.Settings!);

    /// <summary>C_Initialize, under the shim's lock.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "There is no module yet that an entry could trace by.")]
    public static CKR Initialize()
    {
        Trace? trace = null;
        try
        {
            KeptSettings kept = KeptSettings.Obtain();
            trace = new Trace(kept.TraceDestination);
            Module module = new(kept, trace);
            if (kept.Problem is { } problem)
            {
                trace.Write($"There are no tokens: {problem}");
            }

            _current = module;
            return CKR.CKR_OK;
        }
        catch (Exception exception)
        {
            return Boundary.MapInitialize(exception, trace);
        }
    }

    /// <summary>C_Finalize, under the shim's lock, which then wipes what it kept.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "C_Finalize ends the module whatever happens; nothing is left to report to.")]
    public static CKR End()
    {
        Module? module = Interlocked.Exchange(ref _current, null);
        if (module is null)
        {
            return CKR.CKR_CRYPTOKI_NOT_INITIALIZED;
        }

        try
        {
            module.Dispose();
        }
        catch (Exception exception)
        {
            module.Trace.Write($"C_Finalize: {exception.GetType().Name}: {exception.Message}");
        }

        return CKR.CKR_OK;
    }

    /// <summary>Waits until C_Finalize, or so long; true where it was called.</summary>
    public bool EndsWithin(int milliseconds)
    {
        lock (_ending)
        {
            if (!_hasEnded)
            {
                Monitor.Wait(_ending, milliseconds);
            }

            return _hasEnded;
        }
    }

    public void Dispose()
    {
        lock (_ending)
        {
            _hasEnded = true;
            Monitor.PulseAll(_ending);
        }

        EndSessionSecrets();
        Sessions.Clear();
        Tokens.ForgetLogins();
        PinMemory.Dispose();
        _client?.Dispose();
        Settings?.Grant?.Dispose();
        Settings?.KeyPem?.Dispose();
    }

    private static ByteString DrawApplication()
    {
        byte[] name = new byte[ProtocolLimits.ApplicationIdBytes];
        LibC.FillRandom(name);
        return ByteString.CopyFrom(name);
    }

    private void EndSessionSecrets()
    {
        if (!HasSessionSecrets)
        {
            return;
        }

        try
        {
            Client.EndApplication(new EndApplicationRequest { Application = Application });
        }
        catch (Exception away) when (away is ApplianceException or FaultException)
        {
            Trace.Write($"The appliance keeps this process's session objects for some time: {away.Message}");
        }
    }
}
