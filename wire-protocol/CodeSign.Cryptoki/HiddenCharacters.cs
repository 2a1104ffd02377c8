using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace CodeSign.Cryptoki;

/// <summary>
/// Characters that nobody sees and that change what is seen: controls, marks of direction, joiners, separators of lines. In a name they
/// would make one look like another, and a line like two.
/// </summary>
public static class HiddenCharacters
{
    /// <summary>Writes JSON that leaves letters letters and escapes the hidden: what was given can be told, and is seen.</summary>
    public static JavaScriptEncoder JsonEncoder { get; } = new RevealingEncoder();

    public static bool AreIn(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsHidden(rune))
            {
                return true;
            }
        }

        return false;
    }

    public static bool IsHidden(Rune rune) =>
        rune.Value >= ' ' && rune.Value < 0x7f
            ? false
            : Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;

    private sealed unsafe class RevealingEncoder : JavaScriptEncoder
    {
        public override int MaxOutputCharactersPerInputCharacter => UnsafeRelaxedJsonEscaping.MaxOutputCharactersPerInputCharacter;

        public override bool WillEncode(int unicodeScalar) =>
            UnsafeRelaxedJsonEscaping.WillEncode(unicodeScalar) || (Rune.IsValid(unicodeScalar) && IsHidden(new Rune(unicodeScalar)));

        public override int FindFirstCharacterToEncode(char* text, int textLength)
        {
            int found = UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncode(text, textLength);
            ReadOnlySpan<char> before = new(text, found < 0 ? textLength : found);
            if (Ascii.IsValid(before))
            {
                return found;
            }

            int at = 0;
            foreach (Rune rune in before.EnumerateRunes())
            {
                if (IsHidden(rune))
                {
                    return at;
                }

                at += rune.Utf16SequenceLength;
            }

            return found;
        }

        public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
        {
            if (!Rune.IsValid(unicodeScalar) || !IsHidden(new Rune(unicodeScalar)) || UnsafeRelaxedJsonEscaping.WillEncode(unicodeScalar))
            {
                return UnsafeRelaxedJsonEscaping.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);
            }

            // Those beyond 16 bits are escaped above.
            return new Span<char>(buffer, bufferLength).TryWrite(CultureInfo.InvariantCulture, $"\\u{unicodeScalar:X4}", out numberOfCharactersWritten);
        }
    }
}
