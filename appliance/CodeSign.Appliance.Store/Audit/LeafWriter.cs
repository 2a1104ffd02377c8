using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Store.Audit;

/// <summary>
/// Writes an audit event as a leaf: one line of JSON that begins <c>{"v":1</c>. Reuses its buffer; one thread at a time.
/// </summary>
internal sealed class LeafWriter : IDisposable
{
    /// <summary>Bytes of a leaf: C2SP tlog-tiles puts a length of 16 bits before an entry.</summary>
    public const int LeafBytesMax = 65_535;

    /// <summary>Characters of a field that are written; the rest is told by length and hash. Less where the whole would be too long.</summary>
    public const int FieldCharsMax = 2048;

    /// <summary>Labels that are written; how many more there were is told.</summary>
    public const int LabelsMax = 32;

    private const int FieldCharsMin = 32;

    private static readonly JsonWriterOptions Options = new()
    {
        // A log, not a web page: letters stay letters, in one line. What applications say must not look like something else there.
        Encoder = HiddenCharacters.JsonEncoder,
        SkipValidation = true,
    };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;

    // Times repeat within a batch, and formatting one costs as much as a hash.
    private readonly byte[] _time = new byte[24];
    private long _timeMilliseconds = -1;

    public LeafWriter() => _json = new(_buffer, Options);

    /// <summary>The leaf behind a byte of zero, ready to be hashed (RFC 6962 section 2.1). Valid until the next call.</summary>
    /// <param name="seq">Its number.</param>
    /// <param name="unixMilliseconds">When.</param>
    /// <param name="e">What happened.</param>
    public ReadOnlySpan<byte> Write(ulong seq, long unixMilliseconds, AuditEvent e)
    {
        FormatTime(unixMilliseconds);
        int fieldChars = FieldCharsMax;
        while (true)
        {
            WriteOnce(seq, e, fieldChars);
            if (_buffer.WrittenCount <= LeafBytesMax + 1)
            {
                return _buffer.WrittenSpan;
            }

            // Escapes can make six bytes of a character: then all fields are cut shorter.
            fieldChars = int.Max(fieldChars / 4, FieldCharsMin);
        }
    }

    public void Dispose() => _json.Dispose();

    private void WriteOnce(ulong seq, AuditEvent e, int fieldChars)
    {
        _buffer.ResetWrittenCount();
        _buffer.GetSpan(1)[0] = 0;
        _buffer.Advance(1);
        _json.Reset(_buffer);
        _json.WriteStartObject();
        _json.WriteNumber(Names.Version, 1);
        _json.WriteNumber(Names.Seq, seq);
        _json.WriteString(Names.Time, _time);
        Field(Names.Event, e.Event, fieldChars);
        Field(Names.Actor, e.Actor, fieldChars);
        Field(Names.Project, e.Project, fieldChars);
        Field(Names.Environment, e.Environment, fieldChars);
        Field(Names.Key, e.Key, fieldChars);
        Field(Names.Mechanism, e.Mechanism, fieldChars);
        Field(Names.Hash, e.Hash, fieldChars);
        Field(Names.Digest, e.Digest, fieldChars);
        Field(Names.Pss, e.Pss, fieldChars);
        Field(Names.Context, e.Context, fieldChars);
        if (e.InputBytes is int inputBytes)
        {
            _json.WriteNumber(Names.InputBytes, inputBytes);
        }

        Field(Names.SignatureSha256, e.SignatureSha256, fieldChars);
        Field(Names.Request, e.Request, fieldChars);
        Field(Names.Login, e.Login, fieldChars);
        Field(Names.Outcome, e.Outcome, fieldChars);
        Field(Names.Reason, e.Reason, fieldChars);
        Field(Names.Address, e.Address, fieldChars);
        Field(Names.Correlation, e.Correlation, fieldChars);
        Field(Names.Detail, e.Detail, fieldChars);
        if (e.Count is long count)
        {
            _json.WriteNumber(Names.Count, count);
        }

        if (e.Claimed is not null)
        {
            WriteClaimed(e.Claimed, fieldChars);
        }

        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteClaimed(ClaimedCaller claimed, int fieldChars)
    {
        _json.WriteStartObject(Names.Claimed);
        Field(Names.Program, claimed.Program, fieldChars);
        Field(Names.ProgramSha256, claimed.ProgramSha256, fieldChars);
        Field(Names.User, claimed.User, fieldChars);
        Field(Names.Host, claimed.Host, fieldChars);
        if (claimed.Pid is uint pid)
        {
            _json.WriteNumber(Names.Pid, pid);
        }

        Field(Names.Justification, claimed.Justification, fieldChars);
        if (!claimed.Labels.IsEmpty)
        {
            _json.WriteStartObject(Names.Labels);
            foreach ((string name, string value) in claimed.Labels.Take(LabelsMax))
            {
                _json.WriteString(Cut(name, fieldChars), Cut(value, fieldChars));
            }

            _json.WriteEndObject();
            if (claimed.Labels.Count > LabelsMax)
            {
                _json.WriteNumber(Names.LabelsCut, claimed.Labels.Count - LabelsMax);
            }
        }

        _json.WriteEndObject();
    }

    private void Field(JsonEncodedText name, string? value, int fieldChars)
    {
        if (value is not null)
        {
            _json.WriteString(name, Cut(value, fieldChars));
        }
    }

    private static ReadOnlySpan<char> Cut(string value, int chars)
    {
        if (value.Length <= chars)
        {
            return value;
        }

        int kept = char.IsHighSurrogate(value[chars - 1]) ? chars - 1 : chars;
        byte[] whole = Encoding.UTF8.GetBytes(value);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{value.AsSpan(0, kept)}…[{whole.Length} bytes, sha256 {Convert.ToHexStringLower(SHA256.HashData(whole))}]");
    }

    private void FormatTime(long unixMilliseconds)
    {
        if (unixMilliseconds != _timeMilliseconds)
        {
            DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds)
                .TryFormat(_time, out _, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            _timeMilliseconds = unixMilliseconds;
        }
    }

    private static class Names
    {
        public static readonly JsonEncodedText Version = JsonEncodedText.Encode("v");
        public static readonly JsonEncodedText Seq = JsonEncodedText.Encode("seq");
        public static readonly JsonEncodedText Time = JsonEncodedText.Encode("time");
        public static readonly JsonEncodedText Event = JsonEncodedText.Encode("event");
        public static readonly JsonEncodedText Actor = JsonEncodedText.Encode("actor");
        public static readonly JsonEncodedText Project = JsonEncodedText.Encode("project");
        public static readonly JsonEncodedText Environment = JsonEncodedText.Encode("environment");
        public static readonly JsonEncodedText Key = JsonEncodedText.Encode("key");
        public static readonly JsonEncodedText Mechanism = JsonEncodedText.Encode("mechanism");
        public static readonly JsonEncodedText Hash = JsonEncodedText.Encode("hash");
        public static readonly JsonEncodedText Digest = JsonEncodedText.Encode("digest");
        public static readonly JsonEncodedText Pss = JsonEncodedText.Encode("pss");
        public static readonly JsonEncodedText Context = JsonEncodedText.Encode("context");
        public static readonly JsonEncodedText InputBytes = JsonEncodedText.Encode("input_bytes");
        public static readonly JsonEncodedText SignatureSha256 = JsonEncodedText.Encode("signature_sha256");
        public static readonly JsonEncodedText Request = JsonEncodedText.Encode("request");
        public static readonly JsonEncodedText Login = JsonEncodedText.Encode("login");
        public static readonly JsonEncodedText Outcome = JsonEncodedText.Encode("outcome");
        public static readonly JsonEncodedText Reason = JsonEncodedText.Encode("reason");
        public static readonly JsonEncodedText Address = JsonEncodedText.Encode("address");
        public static readonly JsonEncodedText Correlation = JsonEncodedText.Encode("correlation");
        public static readonly JsonEncodedText Detail = JsonEncodedText.Encode("detail");
        public static readonly JsonEncodedText Count = JsonEncodedText.Encode("count");
        public static readonly JsonEncodedText Claimed = JsonEncodedText.Encode("claimed");
        public static readonly JsonEncodedText Program = JsonEncodedText.Encode("program");
        public static readonly JsonEncodedText ProgramSha256 = JsonEncodedText.Encode("program_sha256");
        public static readonly JsonEncodedText User = JsonEncodedText.Encode("user");
        public static readonly JsonEncodedText Host = JsonEncodedText.Encode("host");
        public static readonly JsonEncodedText Pid = JsonEncodedText.Encode("pid");
        public static readonly JsonEncodedText Justification = JsonEncodedText.Encode("justification");
        public static readonly JsonEncodedText Labels = JsonEncodedText.Encode("labels");
        public static readonly JsonEncodedText LabelsCut = JsonEncodedText.Encode("labels_cut");
    }
}
