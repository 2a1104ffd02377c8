namespace CodeSign.Tests;

/// <summary>What a tool did: its exit code and everything it said. Each check fails with all of it in the message.</summary>
internal sealed record ToolRun(string CommandLine, int ExitCode, string Output, string Error)
{
    /// <summary>Set where the module under the tools is not ours and known to crash after an error.</summary>
    public static bool CrashesAreForgiven { get; set; }

    /// <summary>Both streams; some tools put their verdict on either.</summary>
    public string All => Output + Error;

    public ToolRun Succeeds()
    {
        Assert.AreEqual(0, ExitCode, Describe("should have succeeded"));
        return this;
    }

    public ToolRun Fails()
    {
        Assert.AreNotEqual(0, ExitCode, Describe("should have failed"));
        // A signal (128 + n) is a crash, not a refusal.
        Assert.IsTrue(ExitCode < 128 || ExitCode == 255 || CrashesAreForgiven, Describe("crashed instead of refusing"));
        return this;
    }

    public ToolRun Says(string text)
    {
        Assert.IsTrue(All.Contains(text, StringComparison.OrdinalIgnoreCase), Describe($"should have said '{text}'"));
        return this;
    }

    public ToolRun DoesNotSay(string text)
    {
        Assert.IsFalse(All.Contains(text, StringComparison.OrdinalIgnoreCase), Describe($"should not have said '{text}'"));
        return this;
    }

    public override string ToString() => $"$ {CommandLine}\nexit code {ExitCode}\n--- output\n{Output}\n--- error\n{Error}";

    private string Describe(string what) => $"{what}:\n{this}";
}
