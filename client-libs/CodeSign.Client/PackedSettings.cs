using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace CodeSign.Client;

/// <summary>Settings as bytes in this process's memory only: no file, no other version ever reads them.</summary>
internal static class PackedSettings
{
    private const int LengthBytes = sizeof(int);
    private const int Absent = -1;

    public static ClientSecret Write(ClientSettings settings)
    {
        Writer counter = new(default);
        WriteAll(ref counter, settings);
        ClientSecret packed = new(counter.Length);
        Writer writer = new(packed.Span);
        WriteAll(ref writer, settings);
        return packed;
    }

    public static ClientSettings Read(ReadOnlySpan<byte> packed)
    {
        Reader reader = new(packed);
        return new ClientSettings
        {
            SourceFile = reader.Text(),
            Servers = [.. reader.List().Select(ParseServer)],
            CaFile = reader.Text(),
            GrantFile = reader.Text(),
            CertificateFile = reader.Text(),
            KeyFile = reader.Text(),
            Project = reader.Text(),
            RawEdwardsPoints = reader.Number() != 0,
            ShowOlderKeys = reader.Number() != 0,
            HideKeyTypes = reader.OptionalList(),
            ConnectTimeoutMs = reader.Number(),
            AnswerTimeoutMs = reader.Number(),
            Labels = Pair(reader.List()),
            Justification = reader.Text(),
            Trace = reader.Text(),
            CaPem = reader.Bytes().ToArray(),
            CertificatePem = reader.Bytes().ToArray(),
            KeyPem = reader.Secret(),
            Grant = reader.Secret(),
            IsGrantFromEnvironment = reader.Number() != 0,
            FilesAreRead = reader.Number() != 0,
        };
    }

    private static void WriteAll(ref Writer writer, ClientSettings settings)
    {
        writer.Text(settings.SourceFile);
        writer.List([.. settings.Servers.Select(server => server.ToString())]);
        writer.Text(settings.CaFile);
        writer.Text(settings.GrantFile);
        writer.Text(settings.CertificateFile);
        writer.Text(settings.KeyFile);
        writer.Text(settings.Project);
        writer.Number(settings.RawEdwardsPoints ? 1 : 0);
        writer.Number(settings.ShowOlderKeys ? 1 : 0);
        writer.List(settings.HideKeyTypes);
        writer.Number(settings.ConnectTimeoutMs);
        writer.Number(settings.AnswerTimeoutMs);
        writer.List([.. settings.Labels.SelectMany(label => new[] { label.Key, label.Value })]);
        writer.Text(settings.Justification);
        writer.Text(settings.Trace);
        writer.Bytes(settings.CaPem.Span);
        writer.Bytes(settings.CertificatePem.Span);
        writer.Secret(settings.KeyPem);
        writer.Secret(settings.Grant);
        writer.Number(settings.IsGrantFromEnvironment ? 1 : 0);
        writer.Number(settings.FilesAreRead ? 1 : 0);
    }

    private static ServerAddress ParseServer(string text) =>
        ServerAddress.TryParse(text, out ServerAddress server) ? server : throw new FormatException("No packed settings.");

    private static Dictionary<string, string> Pair(List<string> flat)
    {
        Dictionary<string, string> pairs = new(StringComparer.Ordinal);
        for (int index = 0; index + 1 < flat.Count; index += 2)
        {
            pairs[flat[index]] = flat[index + 1];
        }

        return pairs;
    }

    /// <summary>Writes where it has space; without, it counts.</summary>
    private ref struct Writer(Span<byte> space)
    {
        private readonly Span<byte> _space = space;

        public int Length { get; private set; }

        public void Number(int value)
        {
            if (!_space.IsEmpty)
            {
                BinaryPrimitives.WriteInt32LittleEndian(_space[Length..], value);
            }

            Length += LengthBytes;
        }

        public void Bytes(ReadOnlySpan<byte> value)
        {
            Number(value.Length);
            if (!_space.IsEmpty)
            {
                value.CopyTo(_space[Length..]);
            }

            Length += value.Length;
        }

        public void Text(string? value)
        {
            if (value is null)
            {
                Number(Absent);
                return;
            }

            Bytes(Encoding.UTF8.GetBytes(value));
        }

        public void Secret(ClientSecret? value)
        {
            if (value is null)
            {
                Number(Absent);
                return;
            }

            Bytes(value.Span);
        }

        public void List(IReadOnlyList<string>? values)
        {
            Number(values?.Count ?? Absent);
            foreach (string value in values ?? [])
            {
                Text(value);
            }
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> packed)
    {
        private ReadOnlySpan<byte> _rest = packed;

        public int Number()
        {
            if (_rest.Length < LengthBytes)
            {
                throw new FormatException("No packed settings.");
            }

            int value = BinaryPrimitives.ReadInt32LittleEndian(_rest);
            _rest = _rest[LengthBytes..];
            return value;
        }

        public ReadOnlySpan<byte> Bytes() => Take(Number());

        public string? Text()
        {
            int length = Number();
            return length == Absent ? null : Encoding.UTF8.GetString(Take(length));
        }

        public ClientSecret? Secret()
        {
            int length = Number();
            return length == Absent ? null : new ClientSecret(Take(length));
        }

        public List<string> List() => OptionalList() ?? [];

        public List<string>? OptionalList()
        {
            int count = Number();
            if (count == Absent)
            {
                return null;
            }

            List<string> values = [];
            for (int index = 0; index < count; index++)
            {
                values.Add(Text() ?? "");
            }

            return values;
        }

        private ReadOnlySpan<byte> Take(int length)
        {
            if (length < 0 || length > _rest.Length)
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"No packed settings: {length} bytes are missing."));
            }

            ReadOnlySpan<byte> taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}
