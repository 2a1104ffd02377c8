using System.Globalization;

namespace CodeSign.Cryptoki;

/// <summary>CK_DATE (PKCS#11 v3.2 section 3.4): eight ASCII digits, YYYYMMDD, years 1900 to 9999; no bytes at all mean no date.</summary>
public static class CkDate
{
    public const int Bytes = 8;

    private const int YearMin = 1900;
    private const string Format = "yyyyMMdd";

    /// <summary>The bytes of a date; none for null or a year the structure can't say.</summary>
    public static byte[] Encode(DateOnly? date) => date is { Year: >= YearMin } value
        ? System.Text.Encoding.ASCII.GetBytes(value.ToString(Format, CultureInfo.InvariantCulture))
        : [];

    /// <summary>Reads the bytes of a date; null and true where there are none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out DateOnly? date)
    {
        date = null;
        if (bytes.IsEmpty)
        {
            return true;
        }

        Span<char> text = stackalloc char[Bytes];
        if (bytes.Length != Bytes || bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        System.Text.Encoding.ASCII.GetChars(bytes, text);
        if (!DateOnly.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly value) || value.Year < YearMin)
        {
            return false;
        }

        date = value;
        return true;
    }
}
