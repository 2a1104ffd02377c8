using System.Globalization;
using System.Text;

namespace CodeSign.Fuzz.Engine;

/// <summary>A crash on disk: the input, and beside it what happened and the command that repeats it.</summary>
internal static class Crash
{
    public const string Prefix = "crash-";
    private const string NoteSuffix = ".txt";

    public static string Write(string folder, string target, ReadOnlySpan<byte> input, string what, byte[]? trail)
    {
        string path = Path.Combine(folder, Prefix + Corpus.NameOf(input));
        if (File.Exists(path))
        {
            return path;   // found before a restart
        }

        Corpus.Keep(folder, input, Prefix);
        StringBuilder note = new();
        note.Append(CultureInfo.InvariantCulture, $"{what.Trim()}\n\neng/fuzz.sh --target {target} --replay {path}\n");
        if (trail is not null)
        {
            string trailPath = Corpus.Keep(folder, trail, "trail-");
            note.Append(CultureInfo.InvariantCulture, $"With what came before it: eng/fuzz.sh --target {target} --replay {trailPath}\n");
        }

        File.WriteAllText(path + NoteSuffix, note.ToString());
        Console.WriteLine($"CRASH {target}: {FirstLine(what)}\n  eng/fuzz.sh --target {target} --replay {path}");
        return path;
    }

    public static IReadOnlyList<string> In(string folder) => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder, Prefix + "*").Where(path => !path.EndsWith(NoteSuffix, StringComparison.Ordinal))]
        : [];

    /// <summary>The kind of fault and the first place of ours: crashes that share it are one.</summary>
    public static string Signature(string what)
    {
        string[] lines = what.Split('\n', StringSplitOptions.TrimEntries);
        string place = lines.FirstOrDefault(line => line.StartsWith("at CodeSign.", StringComparison.Ordinal)
            && !line.Contains("CodeSign.Fuzz.Engine", StringComparison.Ordinal)) ?? "";
        string kind = lines.FirstOrDefault(line => line.Length > 0) ?? "";
        return kind.Split(':')[0] + " " + place;
    }

    private static string FirstLine(string text) => text.Trim().Split('\n')[0];
}
