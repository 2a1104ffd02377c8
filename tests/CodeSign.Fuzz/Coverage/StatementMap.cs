using System.Globalization;

namespace CodeSign.Fuzz.Coverage;

/// <summary>Where each numbered statement stands: file and line.</summary>
internal sealed class StatementMap
{
    private const string FileName = "statements.tsv";

    // The build may have mapped the root of the sources away.
    private static readonly string[] Roots = ["/wire-protocol/", "/appliance/", "/client-libs/", "/native-p11-module/", "/tests/"];

    private readonly List<(string File, int Line)> _places = [];

    public int Count => _places.Count;

    public static StatementMap Read(string folder)
    {
        StatementMap map = new();
        foreach (string line in File.ReadLines(Path.Combine(folder, FileName)))
        {
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            map._places.Add((line[(tab + 1)..], int.Parse(line.AsSpan(0, tab), NumberStyles.None, CultureInfo.InvariantCulture)));
        }

        return map;
    }

    public int Add(string file, int line)
    {
        _places.Add((FromRoot(file.Replace('\\', '/')), line));
        return _places.Count <= Probe.StatementsMax ? _places.Count - 1 : throw new InvalidOperationException("More statements than counters.");
    }

    public void Write(string folder) => File.WriteAllLines(
        Path.Combine(folder, FileName), _places.Select(place => string.Create(CultureInfo.InvariantCulture, $"{place.Line}\t{place.File}")));

    /// <summary>Of each file of a scope, its lines and whether one of their statements was reached.</summary>
    public SortedDictionary<string, SortedDictionary<int, bool>> Lines(IReadOnlyCollection<string> scope, ReadOnlySpan<byte> reached)
    {
        SortedDictionary<string, SortedDictionary<int, bool>> files = new(StringComparer.Ordinal);
        for (int i = 0; i < _places.Count; i++)
        {
            (string file, int line) = _places[i];
            if (!scope.Any(path => file.StartsWith(path, StringComparison.Ordinal)))
            {
                continue;
            }

            if (!files.TryGetValue(file, out SortedDictionary<int, bool>? lines))
            {
                files[file] = lines = [];
            }

            lines[line] = reached[i] != 0 || (lines.TryGetValue(line, out bool before) && before);
        }

        return files;
    }

    private static string FromRoot(string file)
    {
        foreach (string root in Roots)
        {
            int at = file.LastIndexOf(root, StringComparison.Ordinal);
            if (at >= 0)
            {
                return file[(at + 1)..];
            }
        }

        return file;
    }
}
