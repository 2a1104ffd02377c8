using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Store.Audit;

namespace CodeSign.Store.Tests;

[TestClass]
public sealed class LeafWriterTests
{
    private const long Noon = 1_764_072_000_123;

    private readonly LeafWriter _writer = new();

    [TestMethod]
    public void The_leaf_has_not_changed()
    {
        // What was written is hashed into trees that others keep the heads of: this line is for ever.
        AuditEvent e = StoreFolder.SignEvent(1) with
        {
            Reason = "none",
            Address = "192.0.2.7",
            Correlation = "c0",
            Detail = "d",
            Count = 3,
            Claimed = new()
            {
                Program = "/usr/bin/tool",
                ProgramSha256 = "ab",
                User = "u",
                Host = "h",
                Pid = 1,
                Justification = "j",
                Labels = ImmutableSortedDictionary<string, string>.Empty.Add("run", "17"),
            },
        };
        Assert.AreEqual(
            """
            {"v":1,"seq":5,"time":"2025-11-25T12:00:00.123Z","event":"sign","actor":"alice","project":"demo","environment":"p256",
            "key":"00112233445566778899aabbccddeeff","mechanism":"CKM_ECDSA","hash":"sha256",
            "digest":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "signature_sha256":"01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b",
            "request":"00000000000000000000000000000001","outcome":"ok","reason":"none","address":"192.0.2.7","correlation":"c0",
            "detail":"d","count":3,"claimed":{"program":"/usr/bin/tool","program_sha256":"ab","user":"u","host":"h","pid":1,
            "justification":"j","labels":{"run":"17"}}}
            """.Replace("\n", "", StringComparison.Ordinal),
            Text(e, 5));
    }

    [TestMethod]
    public void What_would_make_a_line_look_like_another_is_escaped()
    {
        string leaf = Text(StoreFolder.Event() with { Detail = "token 'a\u202Etxt.exe' \u2066\u200B\u2028" }, 5);

        Assert.Contains("""token 'a\u202Etxt.exe' \u2066\u200B\u2028""", leaf);
        Assert.IsFalse(CodeSign.Cryptoki.HiddenCharacters.AreIn(leaf));
    }

    [TestMethod]
    public void Begins_with_the_zero_that_is_hashed_with_it_and_the_version()
    {
        ReadOnlySpan<byte> prefixed = _writer.Write(0, Noon, StoreFolder.Event());
        Assert.AreEqual(0, prefixed[0]);
        Assert.IsTrue(prefixed[1..].StartsWith("{\"v\":1"u8));
    }

    [TestMethod]
    [DataRow("a\nb\r\tc")]
    [DataRow("\u0000\u001f\u007f")]
    [DataRow("quote \" backslash \\ slash /")]
    [DataRow("\u2028\u2029 ünïcödé 签名 🔏")]
    [DataRow("\ud83d lone surrogate")]
    [DataRow("</script><!--")]
    public void Whatever_a_field_holds_the_leaf_is_one_line_of_JSON(string value)
    {
        string line = Text(StoreFolder.Event() with { Actor = value, Claimed = new() { Program = value } });
        Assert.DoesNotContain("\n", line);
        using JsonDocument json = JsonDocument.Parse(line);
        string expected = value.Replace("\ud83d ", "\ufffd ", StringComparison.Ordinal);
        Assert.AreEqual(expected, json.RootElement.GetProperty("actor").GetString());
    }

    [TestMethod]
    public void A_field_of_the_limit_is_whole_and_one_more_character_is_cut_and_hashed()
    {
        string whole = new('x', LeafWriter.FieldCharsMax);
        Assert.AreEqual(whole, Actor(Text(StoreFolder.Event() with { Actor = whole })));

        string cut = Actor(Text(StoreFolder.Event() with { Actor = whole + "y" }));
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(whole + "y")));
        Assert.AreEqual($"{whole}…[{LeafWriter.FieldCharsMax + 1} bytes, sha256 {hash}]", cut);
    }

    [TestMethod]
    public void A_surrogate_pair_is_not_cut_in_two()
    {
        string value = new string('x', LeafWriter.FieldCharsMax - 1) + "🔏" + "tail";
        string cut = Actor(Text(StoreFolder.Event() with { Actor = value }));
        Assert.StartsWith(new string('x', LeafWriter.FieldCharsMax - 1) + "…[", cut);
    }

    [TestMethod]
    [DataRow('x')]
    [DataRow('\u0001')]
    [DataRow('签')]
    public void Every_leaf_fits(char filler)
    {
        string huge = new(filler, 100_000);
        AuditEvent e = new()
        {
            Event = huge,
            Actor = huge,
            Project = huge,
            Environment = huge,
            Key = huge,
            Mechanism = huge,
            Hash = huge,
            Digest = huge,
            SignatureSha256 = huge,
            Request = huge,
            Outcome = huge,
            Reason = huge,
            Address = huge,
            Correlation = huge,
            Detail = huge,
            Count = long.MaxValue,
            Claimed = new()
            {
                Program = huge,
                ProgramSha256 = huge,
                User = huge,
                Host = huge,
                Pid = uint.MaxValue,
                Justification = huge,
                Labels = Enumerable.Range(0, 1000).ToImmutableSortedDictionary(i => i + huge, _ => huge),
            },
        };
        string line = Text(e);
        Assert.IsLessThanOrEqualTo(LeafWriter.LeafBytesMax, Encoding.UTF8.GetByteCount(line));
        using JsonDocument json = JsonDocument.Parse(line);
        Assert.AreEqual(1000 - LeafWriter.LabelsMax, json.RootElement.GetProperty("claimed").GetProperty("labels_cut").GetInt32());
    }

    [TestMethod]
    public void As_many_labels_as_the_limit_are_all_written()
    {
        ClaimedCaller claimed = new()
        {
            Labels = Enumerable.Range(0, LeafWriter.LabelsMax).ToImmutableSortedDictionary(i => "l" + i, i => "v" + i),
        };
        using JsonDocument json = JsonDocument.Parse(Text(StoreFolder.Event() with { Claimed = claimed }));
        JsonElement written = json.RootElement.GetProperty("claimed");
        Assert.HasCount(LeafWriter.LabelsMax, written.GetProperty("labels").EnumerateObject().ToArray());
        Assert.IsFalse(written.TryGetProperty("labels_cut", out _));
    }

    [TestCleanup]
    public void Cleanup() => _writer.Dispose();

    private static string Actor(string line)
    {
        using JsonDocument json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("actor").GetString()!;
    }

    private string Text(AuditEvent e, ulong seq = 0) => Encoding.UTF8.GetString(_writer.Write(seq, Noon, e)[1..]);
}
