using System.Text;
using CodeSign.Wire.V1;

namespace CodeSign.Cli;

/// <summary>PKCS#11 URIs (RFC 7512).</summary>
internal static class PkcsUri
{
    // RFC 7512 section 2.3: pk11-path-res-avail and unreserved characters stand for themselves.
    // RFC 7512 leaves more as it is; these alone mean nothing to any shell.
    private const string Plain = "-._~";

    public static string OfToken(TokenDescription token) => $"pkcs11:token={Escape(token.Label)}";

    /// <param name="token">The token's label.</param>
    /// <param name="label">CKA_LABEL, or empty.</param>
    /// <param name="id">CKA_ID, or empty.</param>
    /// <param name="type">private, public, cert, data, secret-key.</param>
    public static string OfObject(string token, string label, ReadOnlySpan<byte> id, string type)
    {
        StringBuilder uri = new($"pkcs11:token={Escape(token)}");
        if (!id.IsEmpty)
        {
            uri.Append(";id=");
            foreach (byte octet in id)
            {
                uri.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        if (label.Length > 0)
        {
            uri.Append(";object=").Append(Escape(label));
        }

        return uri.Append(";type=").Append(type).ToString();
    }

    /// <summary>Percent-encodes a value of the path part.</summary>
    public static string Escape(string value)
    {
        StringBuilder escaped = new();
        foreach (byte octet in Encoding.UTF8.GetBytes(value))
        {
            char character = (char)octet;
            if (char.IsAsciiLetterOrDigit(character) || Plain.Contains(character, StringComparison.Ordinal))
            {
                escaped.Append(character);
            }
            else
            {
                escaped.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return escaped.ToString();
    }
}
