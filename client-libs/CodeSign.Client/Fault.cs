using System.Globalization;
using CodeSign.Client.Sockets;
using CodeSign.Cryptoki;
using CodeSign.Wire;

namespace CodeSign.Client;

/// <summary>
/// Every failure of this side, each with its sentence: what is wrong and what to do. A server is named as the user wrote it.
/// </summary>
internal static class Fault
{
    /// <summary>What <see cref="File"/> calls it.</summary>
    public const string CaFile = "CA file";

    public static ApplianceException Configuration(string sentence, Exception? cause = null) =>
        new(CKR.CKR_GENERAL_ERROR, ClientReason.Configuration, sentence, cause: cause);

    public static ApplianceException NotLoggedIn(string grantFile) => new(
        CKR.CKR_USER_NOT_LOGGED_IN,
        ClientReason.NotLoggedIn,
        $"Nobody is logged in here: there is no grant file {grantFile}; run 'csctl login'.");

    public static ApplianceException NoName(ServerAddress server) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.NameResolution,
        $"The server name {server.Host} has no address; check the 'server' line of the configuration and this machine's DNS.");

    public static ApplianceException SlowName(ServerAddress server, int milliseconds) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Timeout,
        $"To find the address of {server.Host} took longer than {Seconds(milliseconds)} s; check this machine's DNS, or name the server by its "
            + "address.");

    public static ApplianceException Unreachable(ServerAddress server, SocketFault cause) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Unreachable,
        $"The appliance at {server} can't be reached ({cause.Message}); is codesignd running there, and does a firewall allow the port?",
        cause: cause);

    public static ApplianceException ConnectTimeout(ServerAddress server, int milliseconds, Exception? cause) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Timeout,
        $"The appliance at {server} didn't take the connection within {Seconds(milliseconds)} s; is it running, and does a firewall "
            + "drop the port?",
        cause: cause);

    public static ApplianceException AnswerTimeout(ServerAddress server, int milliseconds, Exception? cause) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Timeout,
        $"The appliance at {server} gave no answer within {Seconds(milliseconds)} s; it may be overloaded: try again, or look at its log.",
        cause: cause);

    public static ApplianceException PoolTimeout(int connections, int milliseconds) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Timeout,
        $"All {connections} connections to the appliance were in use for {Seconds(milliseconds)} s; it answers too slowly: look at its log.");

    public static ApplianceException Disconnected(ServerAddress server, Exception? cause) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Disconnected,
        $"The appliance at {server} closed the connection before it answered; it may have been stopped or restarted: try again.",
        cause: cause);

    public static ApplianceException CertificateWanted(ServerAddress server, bool wasSent, Exception? cause) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Tls,
        wasSent
            ? $"The appliance at {server} refused this client's certificate; check that it is valid and registered ('csctl user certificate list')."
            : $"The appliance at {server} wants a client certificate; name one with 'certificate' and 'key' in the configuration.",
        cause: cause);

    public static ApplianceException HandshakeBroken(ServerAddress server, string detail, Exception? cause) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Tls,
        $"The TLS handshake with {server} failed ({detail}); is it the codesign/1 port of an appliance, with TLS 1.3?",
        cause: cause);

    public static ApplianceException HandshakeCut(ServerAddress server, Exception cause) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Disconnected,
        $"The server at {server} closed the connection during the TLS handshake; it may just have been stopped, may have too many "
            + "connections, or isn't an appliance: try again.",
        cause: cause);

    public static ApplianceException WrongProtocol(ServerAddress server) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Protocol,
        $"The server at {server} doesn't speak {ProtocolLimits.Alpn}; is the port the appliance's own ({ServerAddress.DefaultPort} by "
            + "default), and nothing in between that ends TLS?");

    public static ApplianceException ProtocolBroken(ServerAddress server, string detail, Exception? cause = null) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Protocol,
        $"The server at {server} broke the protocol ({detail.TrimEnd('.')}); is it an appliance of a version this client can talk to?",
        cause: cause);

    public static ApplianceException EndlessList() => new(
        CKR.CKR_DEVICE_ERROR, ClientReason.Protocol, "The appliance sends a list that never ends; is something else listening there?");

    public static ApplianceException Untrusted(ServerAddress server, string detail, Exception? cause = null) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.Untrusted,
        $"The server at {server} isn't trusted: {detail}; compare the CA's fingerprint with its administrator and run "
            + $"'csctl trust add https://{server} --fingerprint …'.",
        cause: cause);

    public static ApplianceException Expired(ServerAddress server, DateTime notAfter) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.CertificateExpired,
        $"A certificate of the server at {server} expired on {Date(notAfter)}; its administrator must renew it (or this machine's clock is "
            + "wrong).");

    public static ApplianceException NotYetValid(ServerAddress server, DateTime notBefore) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.CertificateExpired,
        $"A certificate of the server at {server} is valid only from {Date(notBefore)}; set this machine's clock.");

    public static ApplianceException WrongHost(ServerAddress server, string names) => new(
        CKR.CKR_DEVICE_ERROR,
        ClientReason.WrongHost,
        $"The certificate of the server at {server} is for {(names.Length > 0 ? names : "no name at all")}, not for {server.Host}; use a "
            + "name it is for in the 'server' line, or have this one added to the certificate.");

    public static ApplianceException Closed() =>
        new(CKR.CKR_CRYPTOKI_NOT_INITIALIZED, ClientReason.Closed, "This client was closed; open a new one.");

    /// <summary>A refused grant that nobody finds in a file.</summary>
    public static ApplianceException OfEnvironment(ApplianceException refusal) => new(
        refusal.Status,
        refusal.Reason,
        $"{refusal.Message.TrimEnd('.')}; this one came from the environment variable CODESIGN_GRANT: set it anew, or unset it.",
        refusal.CorrelationId,
        refusal);

    /// <summary>Another exception like this one: one object isn't thrown on two threads.</summary>
    public static ApplianceException Again(ApplianceException original) =>
        new(original.Status, original.Reason, original.Message, original.CorrelationId, original);

    /// <summary>A failure of the kernel to open or read a file, in words.</summary>
    public static ApplianceException File(string what, string path, Exception cause) => Configuration(
        cause switch
        {
            FileNotFoundException or DirectoryNotFoundException when string.Equals(what, CaFile, StringComparison.Ordinal) =>
                $"The {what} {path} doesn't exist; correct its name in the configuration, or run 'csctl trust add' again.",
            FileNotFoundException or DirectoryNotFoundException => $"The {what} {path} doesn't exist; correct its name, or put it there.",
            UnauthorizedAccessException => $"The {what} {path} can't be read by this user; correct its owner or permissions.",
            _ => $"The {what} {path} can't be read ({cause.Message.TrimEnd('.')}); correct its name or permissions.",
        },
        cause);

    private static string Seconds(int milliseconds) => (milliseconds / 1000.0).ToString("0.###", CultureInfo.InvariantCulture);

    private static string Date(DateTime time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
