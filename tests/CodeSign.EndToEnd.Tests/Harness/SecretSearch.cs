using System.Runtime.InteropServices;

namespace CodeSign.EndToEnd.Tests.Harness;

/// <summary>Looks for all forms of many secrets at once, in one pass over the bytes.</summary>
internal sealed class SecretSearch
{
    private const int BlockBytes = 4 << 20;
    private const int NeedleBytesMin = 8;

    // Needles by their first four bytes, and which first two bytes there are at all: most places are left after one look.
    private readonly Dictionary<uint, List<Needle>> _needles = [];
    private readonly bool[] _begins = new bool[1 << 16];
    private readonly int _longest;

    public SecretSearch(IEnumerable<Secret> secrets)
    {
        foreach (Secret secret in secrets)
        {
            foreach ((string form, byte[] bytes) in secret.Forms())
            {
                Assert.IsGreaterThanOrEqualTo(NeedleBytesMin, bytes.Length, $"{secret.Name} is found by chance.");
                (CollectionsMarshal.GetValueRefOrAddDefault(_needles, MemoryMarshal.Read<uint>(bytes), out _) ??= []).Add(new(secret.Name, form, bytes));
                _begins[MemoryMarshal.Read<ushort>(bytes)] = true;
                _longest = Math.Max(_longest, bytes.Length);
            }
        }
    }

    /// <summary>Every needle, for planting.</summary>
    public IEnumerable<Needle> Needles => _needles.Values.SelectMany(list => list);

    /// <summary>What was found in a file, in words.</summary>
    public IReadOnlyList<string> File(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return [.. Blocks(buffer => file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)).Select(found => $"{path}: {found}")];
    }

    /// <summary>What was found in everything below a folder.</summary>
    public IReadOnlyList<string> Folder(string path) =>
        [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(path => new FileInfo(path).Length >= NeedleBytesMin).SelectMany(File)];

    /// <summary>What was found in the memory that a process can write; inconclusive for those who may not read it.</summary>
    public IReadOnlyList<string> Memory(int process)
    {
        List<string> all = [];
        using FileStream memory = OpenMemory(process);
        foreach (string line in System.IO.File.ReadLines($"/proc/{process}/maps").Where(line => line.Split(' ')[1].StartsWith("rw", StringComparison.Ordinal)))
        {
            ulong[] range = [.. line.Split(' ')[0].Split('-').Select(text => Convert.ToUInt64(text, 16))];
            if (range[1] > long.MaxValue)
            {
                continue;
            }
            ulong at = range[0];
            all.AddRange(Blocks(buffer =>
            {
                int count = (int)Math.Min((ulong)buffer.Length, range[1] - at);
                int read = count == 0 ? 0 : ReadMemory(memory, (long)at, buffer.AsSpan(0, count));
                at += (ulong)read;
                return read;
            }).Select(found => $"memory {line}: {found}"));
        }
        return all;
    }

    private static FileStream OpenMemory(int process)
    {
        string? refused = null;
        try
        {
            return new($"/proc/{process}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (UnauthorizedAccessException e)
        {
            refused = e.Message;
        }
        // Only root may, and not in every container.
        Assert.Inconclusive($"The memory of codesignd can't be read here: {refused}");
        throw new UnauthorizedAccessException(refused);
    }

    private static int ReadMemory(FileStream memory, long at, Span<byte> buffer)
    {
        try
        {
            return RandomAccess.Read(memory.SafeFileHandle, buffer, at);
        }
        catch (IOException)
        {
            // Unmapped meanwhile, or guarded.
            return 0;
        }
    }

    /// <summary>Reads block after block, each begun with the end of the one before.</summary>
    private IReadOnlyList<string> Blocks(Func<byte[], int> read)
    {
        HashSet<string> found = new(StringComparer.Ordinal);
        byte[] fresh = new byte[BlockBytes];
        byte[] block = new byte[BlockBytes + _longest];
        int kept = 0;
        for (int count; (count = read(fresh)) > 0;)
        {
            fresh.AsSpan(0, count).CopyTo(block.AsSpan(kept));
            Search(block.AsSpan(0, kept + count), found);
            int tail = Math.Min(_longest - 1, kept + count);
            block.AsSpan(kept + count - tail, tail).CopyTo(block);
            kept = tail;
        }
        return [.. found];
    }

    private void Search(ReadOnlySpan<byte> bytes, HashSet<string> found)
    {
        for (int i = 0; i + sizeof(uint) <= bytes.Length; i++)
        {
            if (_begins[MemoryMarshal.Read<ushort>(bytes[i..])] && _needles.TryGetValue(MemoryMarshal.Read<uint>(bytes[i..]), out List<Needle>? needles))
            {
                foreach (Needle needle in needles)
                {
                    if (bytes[i..].StartsWith(needle.Bytes))
                    {
                        found.Add($"{needle.Secret} as {needle.Form}");
                    }
                }
            }
        }
    }
}

/// <summary>One form of one secret.</summary>
internal sealed record Needle(string Secret, string Form, byte[] Bytes);
