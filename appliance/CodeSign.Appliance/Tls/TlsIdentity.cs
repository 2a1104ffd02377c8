using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using CodeSign.Appliance.Configuration;
using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance.Tls;

/// <summary>
/// The certificate the listeners show now. It looks for a newer one every minute and when told to, and keeps the one it has when
/// the newer one can't be used.
/// </summary>
internal sealed partial class TlsIdentity : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly CertificateSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private TlsCertificate _certificate;
    private string _lastFailure = "";
    private DateTimeOffset _warned;

    /// <exception cref="ConfigurationException">There is no certificate that can be used.</exception>
    public TlsIdentity(CertificateSource source, TimeProvider time, ILogger log)
    {
        _source = source;
        _time = time;
        _log = log;
        _certificate = source.Load(time.GetUtcNow());
        Context = ContextOf(_certificate);
        _timer = time.CreateTimer(_ => Look(force: false), null, TimeSpan.Zero, LookEvery);
    }

    /// <summary>Told when <see cref="Context"/> is another one.</summary>
    public Action Changed { get; set; } = () => { };

    public SslStreamCertificateContext Context { get; private set; }

    public DateTimeOffset NotAfter
    {
        get
        {
            lock (_lock)
            {
                return _certificate.NotAfter;
            }
        }
    }

    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_lock)
            {
                return [.. _source.Warnings(_certificate, _time.GetUtcNow())];
            }
        }
    }

    /// <summary>Loads it again even if nothing seems to have changed.</summary>
    public void Reload() => Look(force: true);

    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            _certificate.Leaf.Dispose();
        }
    }

    private static SslStreamCertificateContext ContextOf(TlsCertificate certificate) =>
        SslStreamCertificateContext.Create(certificate.Leaf, certificate.Intermediates, offline: true);

    [SuppressMessage("Design", "CA1031", Justification = "Called by a timer: whatever is wrong with the new certificate, the old one stays and the daemon lives.")]
    private void Look(bool force)
    {
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            try
            {
                if (force || _source.IsDue(_certificate, now))
                {
                    // The old one isn't disposed: handshakes may still be using it.
                    _certificate = _source.Load(now);
                    Context = ContextOf(_certificate);
                    _lastFailure = "";
                    LogLoaded(_certificate.Leaf.Subject, _certificate.NotAfter);
                    Changed();
                }
            }
            catch (Exception e)
            {
                if (force || !string.Equals(_lastFailure, e.Message, StringComparison.Ordinal))
                {
                    _lastFailure = e.Message;
                    LogKept(e.Message);
                }
            }

            Warn(now);
        }
    }

    private void Warn(DateTimeOffset now)
    {
        if (now - _warned < TimeSpan.FromDays(1))
        {
            return;
        }

        foreach (string warning in _source.Warnings(_certificate, now))
        {
            _warned = now;
            LogWarning(warning);
        }
    }

    [LoggerMessage(100, LogLevel.Information, "The listeners show the certificate of {Subject}, good until {NotAfter:O}")]
    private partial void LogLoaded(string subject, DateTimeOffset notAfter);

    [LoggerMessage(101, LogLevel.Error, "The TLS certificate stays as it was: {Problem}")]
    private partial void LogKept(string problem);

    [LoggerMessage(102, LogLevel.Warning, "{Warning}")]
    private partial void LogWarning(string warning);
}
