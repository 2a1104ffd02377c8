namespace CodeSign.Client;

/// <summary>The machine words of failures that happen on this side of the connection.</summary>
public static class ClientReason
{
    /// <summary>The configuration, or a file it names, is missing, unreadable or wrong.</summary>
    public const string Configuration = "client.configuration";

    /// <summary>The configuration names a grant file that isn't there: nobody logged in.</summary>
    public const string NotLoggedIn = "client.not_logged_in";

    /// <summary>The server's name has no address.</summary>
    public const string NameResolution = "client.name";

    /// <summary>Nothing accepts connections there.</summary>
    public const string Unreachable = "client.unreachable";

    /// <summary>The server didn't answer in time.</summary>
    public const string Timeout = "client.timeout";

    /// <summary>The connection broke before the answer came.</summary>
    public const string Disconnected = "client.disconnected";

    /// <summary>The TLS handshake failed: version, cipher suite, alert.</summary>
    public const string Tls = "client.tls";

    /// <summary>The server's certificate doesn't lead to the trusted CA.</summary>
    public const string Untrusted = "client.untrusted";

    /// <summary>A certificate of the server isn't valid now.</summary>
    public const string CertificateExpired = "client.certificate_expired";

    /// <summary>The server's certificate is for other names.</summary>
    public const string WrongHost = "client.wrong_host";

    /// <summary>The server doesn't speak codesign/1.</summary>
    public const string Protocol = "client.protocol";

    /// <summary>The client object was closed.</summary>
    public const string Closed = "client.closed";
}
