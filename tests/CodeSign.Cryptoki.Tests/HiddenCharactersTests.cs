using System.Buffers;
using System.Text;
using System.Text.Json;

namespace CodeSign.Cryptoki.Tests;

[TestClass]
public sealed class HiddenCharactersTests
{
    [TestMethod]
    [DataRow("safe.exe", false)]
    [DataRow("Schlüssel für 構築 😀", false)]
    [DataRow("", false)]
    [DataRow("a\u202Eexe.efas", true)]
    [DataRow("a\u2066b\u2069", true)]
    [DataRow("a\u200Bb", true)]
    [DataRow("\uFEFFa", true)]
    [DataRow("a\u2028b", true)]
    [DataRow("a\u0085b", true)]
    [DataRow("a\nb", true)]
    [DataRow("a\u001B[31m", true)]
    [DataRow("a\U000E0041b", true)]
    public void Finds_what_is_not_seen(string text, bool hidden) => Assert.AreEqual(hidden, HiddenCharacters.AreIn(text));

    [TestMethod]
    [DataRow("a\u202Eb", "\"a\\u202Eb\"")]
    [DataRow("a\U000E0041b", "\"a\\uDB40\\uDC41b\"")]
    [DataRow("\u202E", "\"\\u202E\"")]
    [DataRow("ü\u200Fü\u200E", "\"ü\\u200Fü\\u200E\"")]
    [DataRow("ü'<>&+😀", "\"ü'<>&+😀\"")]
    [DataRow("\"\\\n", "\"\\\"\\\\\\n\"")]
    public void JSON_shows_it_and_leaves_letters_letters(string text, string written)
    {
        // Emoji are beyond what is left as it is; they are escaped, as they always were.
        string expected = written.Replace("😀", "\\uD83D\\uDE00", StringComparison.Ordinal);
        Assert.AreEqual(expected, Write(text));
        Assert.AreEqual(text, JsonDocument.Parse(Write(text)).RootElement.GetString());
    }

    [TestMethod]
    public void Every_character_comes_back_and_none_is_hidden()
    {
        StringBuilder all = new();
        for (int scalar = 0; scalar <= 0x10FFFF; scalar += scalar == 0xD7FF ? 0x801 : 1)
        {
            all.Append(new Rune(scalar).ToString());
        }

        string written = Write(all.ToString());
        Assert.IsFalse(HiddenCharacters.AreIn(written));
        Assert.AreEqual(all.ToString(), JsonDocument.Parse(written).RootElement.GetString());
    }

    [TestMethod]
    public void Half_a_character_is_replaced() =>
        Assert.AreEqual("a\uFFFD", JsonDocument.Parse(Write("a\uD83D")).RootElement.GetString());

    private static string Write(string text)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = HiddenCharacters.JsonEncoder }))
        {
            json.WriteStringValue(text);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
