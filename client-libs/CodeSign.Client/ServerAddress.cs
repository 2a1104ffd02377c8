using System.Globalization;

namespace CodeSign.Client;

/// <summary>Where an appliance listens for <c>codesign/1</c>.</summary>
/// <param name="Host">A name or an IP address, an IPv6 address without brackets.</param>
/// <param name="Port">1..65535.</param>
public sealed record ServerAddress(string Host, int Port)
{
    /// <summary>The default port of <c>codesign/1</c>.</summary>
    public const int DefaultPort = 7443;

    /// <summary>Characters of a host name (RFC 1035 section 2.3.4).</summary>
    public const int HostCharactersMax = 253;

    private static readonly string[] Schemes = ["https://", "codesign://", "tls://"];

    /// <summary>Reads <c>host</c>, <c>host:port</c>, <c>[::1]:port</c> or a URL of these with nothing behind it.</summary>
    public static bool TryParse(string text, out ServerAddress address)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = new ServerAddress("", 0);
        string rest = text.Trim();
        string? scheme = Schemes.FirstOrDefault(known => rest.StartsWith(known, StringComparison.OrdinalIgnoreCase));
        rest = rest[(scheme?.Length ?? 0)..].TrimEnd('/');
        string host = rest;
        string port = "";
        if (rest.StartsWith('['))
        {
            int close = rest.IndexOf(']', StringComparison.Ordinal);
            if (close < 0 || (close + 1 < rest.Length && rest[close + 1] != ':'))
            {
                return false;
            }

            host = rest[1..close];
            port = close + 1 < rest.Length ? rest[(close + 2)..] : "";
        }
        else if (rest.Count(character => character == ':') == 1)
        {
            int colon = rest.IndexOf(':', StringComparison.Ordinal);
            host = rest[..colon];
            port = rest[(colon + 1)..];
        }

        int number = DefaultPort;
        bool portIsGood = port.Length == 0 ? !rest.EndsWith(':') || host.Contains(':', StringComparison.Ordinal)
            : int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and <= 65535;
        if (!portIsGood || host.Length is 0 or > HostCharactersMax || host.Any(Unfit))
        {
            return false;
        }

        address = new ServerAddress(host, number);
        return true;
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    private static bool Unfit(char character) => !char.IsAsciiLetterOrDigit(character) && character is not ('.' or '-' or ':' or '_' or '%');
}
