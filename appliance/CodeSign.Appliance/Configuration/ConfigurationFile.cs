using System.Globalization;

namespace CodeSign.Appliance.Configuration;

/// <summary>
/// A file of <c>name = value</c> lines, <c>#</c> comments and <c>[kind NAME]</c> sections. It knows lines, not what they mean.
/// </summary>
internal sealed class ConfigurationFile
{
    /// <summary>Bytes of a configuration file.</summary>
    public const int BytesMax = 256 * 1024;

    private ConfigurationFile(ConfigurationSection main, IReadOnlyList<ConfigurationSection> sections)
    {
        Main = main;
        Sections = sections;
    }

    /// <summary>The lines in front of the first section.</summary>
    public ConfigurationSection Main { get; }

    /// <summary>The sections, in order.</summary>
    public IReadOnlyList<ConfigurationSection> Sections { get; }

    /// <exception cref="ConfigurationException">Unreadable, too long, or a line is neither setting, comment nor section.</exception>
    public static ConfigurationFile Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > BytesMax)
            {
                throw new ConfigurationException($"{path} has more than {BytesMax} bytes: this is no configuration file.");
            }

            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"The configuration file {path} can't be read: {e.Message}");
        }
    }

    public static ConfigurationFile Parse(string path, string text)
    {
        ConfigurationSection main = new(path, "", "", 0);
        List<ConfigurationSection> sections = [];
        ConfigurationSection current = main;
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            string line = raw.Trim().ToString();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] == '[')
            {
                current = Section(path, line, number);
                if (sections.Exists(other => other.IsSame(current)))
                {
                    throw new ConfigurationException($"{path}:{number}: a second section {line}.");
                }

                sections.Add(current);
                continue;
            }

            if (line.Contains('\0', StringComparison.Ordinal))
            {
                throw new ConfigurationException($"{path}:{number}: a NUL character; this is no text.");
            }

            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new ConfigurationException($"{path}:{number}: expected `name = value`, a # comment or a [section].");
            }

            current.Add(line[..equals].TrimEnd(), line[(equals + 1)..].TrimStart(), number);
        }

        return new ConfigurationFile(main, sections);
    }

    private static ConfigurationSection Section(string path, string line, int number)
    {
        string[] words = line.TrimStart('[').TrimEnd(']').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return line[^1] == ']' && words.Length == 2
            ? new ConfigurationSection(path, words[0], words[1], number)
            : throw new ConfigurationException($"{path}:{number}: expected `[hsm NAME]`.");
    }
}

/// <summary>The settings of one section. Every setting must be asked for: what nobody asked for is a mistyped name.</summary>
internal sealed class ConfigurationSection(string path, string kind, string name, int line)
{
    private readonly Dictionary<string, (string Value, int Line)> _settings = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public string Kind { get; } = kind;

    public string Name { get; } = name;

    public bool IsSame(ConfigurationSection other) =>
        string.Equals(Kind, other.Kind, StringComparison.Ordinal) && string.Equals(Name, other.Name, StringComparison.Ordinal);

    public void Add(string setting, string value, int number)
    {
        if (!_settings.TryAdd(setting, (value, number)))
        {
            throw new ConfigurationException($"{path}:{number}: {setting} stands twice.");
        }
    }

    /// <summary>The value, or null when it isn't there or empty.</summary>
    public string? Text(string setting)
    {
        _asked.Add(setting);
        return _settings.TryGetValue(setting, out (string Value, int Line) found) && found.Value.Length > 0 ? found.Value : null;
    }

    public string Required(string setting) => Text(setting)
        ?? throw new ConfigurationException($"{path}:{line}: [{Kind} {Name}] needs {setting} = ….");

    public string[] List(string setting) =>
        Text(setting)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    public int Number(string setting, int otherwise, int min, int max)
    {
        string? text = Text(setting);
        if (text is null)
        {
            return otherwise;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value
            : throw Wrong(setting, $"a number from {min} to {max}");
    }

    /// <summary>One of some words, given with what each means.</summary>
    public T Choice<T>(string setting, T otherwise, params (string Word, T Meaning)[] words)
    {
        string? text = Text(setting);
        foreach ((string word, T meaning) in words)
        {
            if (string.Equals(text, word, StringComparison.Ordinal))
            {
                return meaning;
            }
        }

        return text is null ? otherwise : throw Wrong(setting, string.Join(" or ", words.Select(w => w.Word)));
    }

    public ConfigurationException Wrong(string setting, string expected) =>
        new($"{path}:{_settings[setting].Line}: {setting} = {_settings[setting].Value}: expected {expected}.");

    /// <exception cref="ConfigurationException">A name nobody asked for.</exception>
    public void RefuseUnknown()
    {
        foreach ((string setting, (_, int number)) in _settings)
        {
            if (!_asked.Contains(setting))
            {
                throw new ConfigurationException($"{path}:{number}: there is no setting {setting}"
                    + (Kind.Length == 0 ? "." : $" in [{Kind} …]."));
            }
        }
    }
}
