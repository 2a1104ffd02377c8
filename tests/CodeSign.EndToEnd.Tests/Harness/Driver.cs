using System.Globalization;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests.Harness;

/// <summary>A process that has the module loaded and does what it is told (driver.c).</summary>
internal sealed class Driver
{
    public const ulong CkmEcdsa = 0x1041;
    public const ulong CkmSha256RsaPkcs = 0x40;

    private readonly BackgroundTool _process;
    private int _answers;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string> Program = new(Compile);

    /// <summary>The compiled program.</summary>
    public static string Path => Program.Value;


    /// <summary>Starts one on the bench, with the environment set there.</summary>
    public Driver(Workbench bench, string module) => _process = bench.Launch($"{Program.Value} {module}");

    public int ProcessId => _process.Id;

    /// <summary>Everything before it can sign: initialize, open a session, log in, find the key. Returns the key's handle.</summary>
    public ulong Begin(ApplianceFolder appliance, string key)
    {
        Expect("initialize", "0");
        Expect($"open {appliance.TokenLabel}", "0");
        Expect($"login {appliance.At("pin")}", "0");
        return Find(key);
    }

    public ulong Find(string key)
    {
        string[] found = Ask($"find {key}").Split(' ');
        Assert.AreEqual("0", found[0], $"find {key}");
        return ulong.Parse(found[1], CultureInfo.InvariantCulture);
    }

    public void Expect(string command, string answer) => Assert.AreEqual(answer, Ask(command).Trim(), command);

    public Signature Sign(ulong key, ulong mechanism, ReadOnlySpan<byte> data)
    {
        string[] words = Ask(string.Create(CultureInfo.InvariantCulture, $"sign {key} {mechanism:x} {Convert.ToHexStringLower(data)}")).Split(' ');
        return new Signature(
            ulong.Parse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            double.Parse(words[1], CultureInfo.InvariantCulture),
            Convert.FromHexString(words[2].Trim()));
    }

    /// <summary>One command, one line of answer.</summary>
    public string Ask(string command)
    {
        _process.Write(command + "\n");
        _answers++;
        string[] lines = [];
        _process.WaitUntil($"answer '{command[..Math.Min(command.Length, 60)]}'", Deadline, () =>
        {
            lines = _process.Said.Split('\n');
            return lines.Length > _answers;
        });
        return lines[_answers - 1];
    }

    private static string Compile()
    {
        Workbench bench = new();
        string program = bench.At("driver");
        bench.Run($"gcc -O1 -Wall -Wextra -Werror -pthread -o {program} {Repository.PathOf("tests/CodeSign.EndToEnd.Tests/driver.c")} -ldl")
            .Succeeds();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => bench.Dispose();
        return program;
    }
}

/// <summary>What C_SignInit and C_Sign said, how long both took, and the signature (empty unless CKR_OK).</summary>
internal sealed record Signature(ulong Result, double Milliseconds, byte[] Value);
