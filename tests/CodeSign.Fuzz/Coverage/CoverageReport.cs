using System.Globalization;
using CodeSign.Fuzz.Engine;
using CodeSign.Fuzz.Targets;

namespace CodeSign.Fuzz.Coverage;

/// <summary>Which lines of parsers and marshalling the corpus reaches, without a mutation.</summary>
internal static class CoverageReport
{
    private const double LeastPercent = 90;

    public static int Run(RunOptions options)
    {
        StatementMap map = StatementMap.Read(AppContext.BaseDirectory);
        HashSet<string> scope = new(StringComparer.Ordinal);
        foreach (string name in TargetList.Chosen(options.Target))
        {
            using Target target = TargetList.Create(name);
            if (target.Scope.Count == 0)
            {
                continue;   // no parser of its own
            }

            scope.UnionWith(target.Scope);
            foreach (byte[] input in target.Seeds.Concat(Corpus.Read(options.CorpusOf(name))))
            {
                Replay.RunQuietly(target, input);
            }
        }

        (int reached, int all) = (0, 0);
        foreach ((string file, SortedDictionary<int, bool> lines) in map.Lines(scope, Probe.ReachedStatements))
        {
            int missed = lines.Count(line => !line.Value);
            reached += lines.Count - missed;
            all += lines.Count;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{100.0 * (lines.Count - missed) / lines.Count,6:0.0} %  {file}{(missed > 0 ? ": not " + Ranges(lines) : "")}"));
        }

        double percent = all == 0 ? 0 : 100.0 * reached / all;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{reached} of {all} lines of parsers and marshalling reached: {percent:0.0} %"));
        return percent >= LeastPercent ? 0 : 1;
    }

    private static string Ranges(SortedDictionary<int, bool> lines) => string.Join(
        ", ", lines.Where(line => !line.Value).Select(line => line.Key.ToString(CultureInfo.InvariantCulture)));
}
