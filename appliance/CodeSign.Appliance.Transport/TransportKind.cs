namespace CodeSign.Appliance.Transport;

/// <summary>What a listener is made of.</summary>
public enum TransportKind
{
    /// <summary>.NET's sockets and TLS by themselves.</summary>
    Sockets,

    /// <summary>Those within Kestrel.</summary>
    Kestrel,
}
