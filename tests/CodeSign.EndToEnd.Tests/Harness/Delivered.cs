using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests.Harness;

/// <summary>What threads of the driver wrote down before they asked for the next signature.</summary>
internal sealed record Delivered(byte[] Digest, byte[] Signature)
{
    public static IReadOnlyList<Delivered> Read(Workbench bench, string name) =>
        [.. Directory.GetFiles(bench.Folder, $"{name}.*").SelectMany(File.ReadLines).Select(line => line.Split(' '))
            .Where(words => words.Length == 2)
            .Select(words => new Delivered(Convert.FromHexString(words[0]), Convert.FromHexString(words[1])))];
}
