using System.Security.Cryptography;

namespace CodeSign.Fuzz.Engine;

/// <summary>Inputs that reached something new, in folders: one file each, named after its content.</summary>
internal sealed class Corpus(Dice dice)
{
    private readonly List<byte[]> _inputs = [];

    public int Count => _inputs.Count;

    public static string NameOf(ReadOnlySpan<byte> input) => Convert.ToHexStringLower(SHA256.HashData(input))[..16];

    /// <summary>The files of a folder and the folders in it, in the order of their names.</summary>
    public static IEnumerable<byte[]> Read(string folder) => Directory.Exists(folder)
        ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)
        : [];

    public static string Keep(string folder, ReadOnlySpan<byte> input, string prefix = "")
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, prefix + NameOf(input));
        File.WriteAllBytes(path, input);
        return path;
    }

    public void Add(byte[] input) => _inputs.Add(input);

    /// <summary>Any input; every other time one of the latest, which led somewhere new.</summary>
    public byte[] Pick()
    {
        if (_inputs.Count == 0)
        {
            return [];
        }

        int among = dice.OneIn(2) ? _inputs.Count : Math.Min(_inputs.Count, 8 + (_inputs.Count / 8));
        return _inputs[_inputs.Count - 1 - dice.Below(among)];
    }
}
