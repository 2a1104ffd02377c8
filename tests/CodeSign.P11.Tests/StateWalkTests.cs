using System.Globalization;
using System.Text;
using CodeSign.Cryptoki;
using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>
/// Every call in every state of a session and with every operation under way, against the built library: what it answers, and what is so
/// afterwards, stands in state-matrix.txt, which was read against PKCS#11 v3.2 line by line.
/// </summary>
[TestClass]
public sealed class StateWalkTests
{
    private static readonly string[] WithoutSession = ["uninitialised", "closed", "no-session"];

    private static string[] Matrix => File.ReadAllLines(Repository.PathOf("tests/CodeSign.P11.Tests/state-matrix.txt"));

    [TestMethod]
    public void Every_call_in_every_state_answers_as_the_matrix_says()
    {
        using Workbench bench = Appliance.Bench();
        string csctl = Appliance.Environment["CODESIGNCTL"];
        string admin = $"--config={Appliance.Environment["CODESIGN_ADMIN_CONFIG"]}";
        string name = "walk-" + Path.GetRandomFileName()[..8];
        bench.Run($"{csctl} {admin} project create {name} --pin required").Succeeds();
        bench.Run($"{csctl} {admin} project member add {name} alice").Succeeds();
        bench.Run($"{csctl} {admin} project member add {name} alice --role Owner").Succeeds();
        bench.Run($"{csctl} {admin} project set {name} --objects true --token-init true --extractable true --object-import true --object-wrap true").Succeeds();

        ToolRun run = bench.Set("CODESIGN_TOKEN_LABEL", name).Run($"{HostProgram.PathOf("walk")}", input: null, TimeSpan.FromMinutes(5)).Succeeds();
        string matrix = Write(run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Step.Parse));

        if (Environment.GetEnvironmentVariable("CODESIGN_UPDATE_STATE_MATRIX") is { Length: > 0 } update)
        {
            File.WriteAllText(update, matrix);
        }

        Assert.AreSequenceEqual(
            Matrix,
            matrix.TrimEnd('\n').Split('\n'),
            "An answer has changed. If the standard says so, write the new matrix with CODESIGN_UPDATE_STATE_MATRIX=path/to/state-matrix.txt and have it reviewed.");
    }

    [TestMethod]
    public void The_matrix_has_every_function()
    {
        HashSet<string> walked = [.. Matrix.Where(line => line.StartsWith("C_", StringComparison.Ordinal)).Select(line => line.Split('(')[0])];

        Assert.AreSequenceEqual(
            FunctionRow.All.Select(row => row.Name).Order(StringComparer.Ordinal), walked.Order(StringComparer.Ordinal));
    }

    private static string Write(IEnumerable<Step> walk)
    {
        Step[] steps = [.. walk];
        string[] places = [.. steps.Select(step => step.Place).Distinct(StringComparer.Ordinal)];
        StringBuilder text = new();
        foreach (IGrouping<string, Step> call in steps.GroupBy(step => step.Call, StringComparer.Ordinal))
        {
            text.Append(call.Key).Append('\n');
            foreach (IGrouping<string, Step> answer in call.GroupBy(step => step.Answer, StringComparer.Ordinal))
            {
                string where = Fold([.. answer.Select(step => step.Place)], places);
                text.Append(CultureInfo.InvariantCulture, $"    {answer.Key,-44} {where}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Places in few words: * for all sessions, "ro-user *" for all operations, "* find" for all sessions with a search.</summary>
    private static string Fold(HashSet<string> places, string[] all)
    {
        string[] sessions = [.. all.Where(place => !WithoutSession.Contains(StateOf(place), StringComparer.Ordinal))];
        List<string> words = [.. places.Except(sessions).Select(StateOf)];
        string[] here = [.. sessions.Where(places.Contains)];
        string[][] foldings = here.Length == sessions.Length
            ? [["*"]]
            : [FoldBy(here, sessions, StateOf, state => $"{state} *"), FoldBy(here, sessions, OperationOf, operation => $"* {operation}")];
        words.AddRange(foldings.MinBy(folding => folding.Length)!);
        return string.Join(", ", words);
    }

    private static string[] FoldBy(string[] here, string[] all, Func<string, string> key, Func<string, string> word)
    {
        HashSet<string> whole = [.. all.GroupBy(key, StringComparer.Ordinal)
            .Where(group => group.All(place => here.Contains(place, StringComparer.Ordinal)))
            .Select(group => group.Key)];
        return [.. here.Select(place => whole.Contains(key(place)) ? word(key(place)) : place).Distinct(StringComparer.Ordinal)];
    }

    private static string StateOf(string place) => place.Split(' ')[0];

    private static string OperationOf(string place) => place.Split(' ')[1];

    /// <param name="Place">State and operation.</param>
    /// <param name="Call">Function and what is peculiar about the arguments.</param>
    /// <param name="Answer">The return value without its CKR_, and what is so afterwards where that has changed.</param>
    private sealed record Step(string Place, string Call, string Answer)
    {
        public static Step Parse(string line)
        {
            string[] parts = line.Split('|');
            CKR code = (CKR)ulong.Parse(parts[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            string answer = code.ToString()["CKR_".Length..];
            return new Step(parts[0], parts[1], parts[3].Length == 0 ? answer : $"{answer} > {parts[3]}");
        }
    }
}
