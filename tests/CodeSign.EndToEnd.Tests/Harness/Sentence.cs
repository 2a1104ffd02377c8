using System.Text.RegularExpressions;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests.Harness;

/// <summary>What a user is told when something is wrong: one sentence, whoever says it.</summary>
internal static partial class Sentence
{
    /// <summary>A command ended with this code and one sentence, in which all parts stand.</summary>
    public static void Is(ToolRun run, int exitCode, params string[] parts)
    {
        Assert.AreEqual(exitCode, run.ExitCode, run.ToString());
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.HasCount(1, lines, run.ToString());
        Match said = Spoken().Match(lines[0]);
        Assert.IsTrue(said.Success, run.ToString());
        Check(said.Groups["sentence"].Value, parts);
    }

    /// <summary>The module's trace says one sentence about what went wrong, however often, in which all parts stand.</summary>
    public static void InTrace(string file, params string[] parts)
    {
        string[] sentences = [.. File.ReadLines(file)
            .Select(line => Traced().Match(line))
            .Where(match => match.Success)
            .Select(match => match.Groups["sentence"].Value)
            .Distinct(StringComparer.Ordinal)];
        Assert.HasCount(1, sentences, File.ReadAllText(file));
        Check(sentences[0], parts);
    }

    private static void Check(string sentence, string[] parts)
    {
        foreach (string part in parts)
        {
            Assert.Contains(part, sentence);
        }
        Assert.IsTrue(sentence[^1] is '.' or '?', sentence);
        Assert.DoesNotMatchRegex(@"[.!?] +[A-Z]", sentence);
        Assert.DoesNotContain("Exception", sentence);
        Assert.DoesNotContain("   at ", sentence);
    }

    [GeneratedRegex("^(?:csctl|codesignd): (?<sentence>.+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Spoken();

    // TIME codesign-p11[PID] WHAT FAILED: SENTENCE
    [GeneratedRegex(@"^\S+ codesign-p11\[\d+\] (?:\w+ answers CKR_\w+|There are no tokens|The tokens can't be asked for): (?<sentence>.+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Traced();
}
