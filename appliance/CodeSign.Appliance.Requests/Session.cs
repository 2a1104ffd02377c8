using System.Net;

namespace CodeSign.Appliance.Requests;

/// <summary>
/// One connection as the requests see it: where it comes from and who is behind it. It holds no state that a signature needs;
/// what a PIN proved travels in the ticket of each request.
/// </summary>
public sealed class Session
{
    private Caller? _caller;

    /// <summary>A connection that came over TLS.</summary>
    /// <param name="remote">The peer's address.</param>
    /// <param name="certificateId">Hex SHA-256 of the public key info of the client certificate it showed, or null.</param>
    /// <param name="certificateFault">Why the certificate it showed can't serve (<c>tls.certificate_expired</c>, …), or null.</param>
    /// <param name="authenticated">Called once, when the peer has proved who it is.</param>
    public Session(IPAddress remote, string? certificateId, string? certificateFault, Action authenticated)
    {
        ArgumentNullException.ThrowIfNull(remote);
        Remote = remote.ToString();
        Network = Login.AddressTurns.NetworkOf(Remote);
        CertificateId = certificateId;
        CertificateFault = certificateFault;
        OnAuthenticated = authenticated;
    }

    private Session()
    {
        Remote = "local";
        Network = Remote;
        OnAuthenticated = () => { };
        _caller = Caller.Local;
    }

    public string Remote { get; }

    /// <summary>What its peer can't easily choose of its address: wrong PINs are counted by it.</summary>
    internal string Network { get; }

    public string? CertificateId { get; }

    public string? CertificateFault { get; }

    /// <summary>Who is behind it; null before hello.</summary>
    public Caller? Caller => Volatile.Read(ref _caller);

    /// <summary>True once hello was answered.</summary>
    public bool Greeted { get; internal set; }

    /// <summary>Set when the conversation must end after the answer under way (a refused certificate).</summary>
    public bool MustClose { get; internal set; }

    /// <summary>The ticket seen last, verified: a client sends the same one with every request.</summary>
    internal Login.VerifiedTicket? LastTicket { get; set; }

    private Action OnAuthenticated { get; }

    /// <summary>The session of the 0600 socket on the server itself.</summary>
    public static Session OverLocalSocket() => new();

    internal void Authenticate(Caller caller)
    {
        Volatile.Write(ref _caller, caller);
        OnAuthenticated();
    }
}
