using CodeSign.Cryptoki;
using CodeSign.Fuzz.Engine;

namespace CodeSign.Fuzz.Targets;

/// <summary>DigestInfo: what is read canonically must come out as it went in.</summary>
internal sealed class DigestInfoTarget : Target
{
    public override string Name => "digest-info";

    public override IReadOnlyList<string> Scope => ["wire-protocol/CodeSign.Cryptoki/DigestInfo.cs"];

    public override int BytesMax => 256;

    public override IEnumerable<byte[]> Words => WordList.Der;

    public override IEnumerable<byte[]> Seeds =>
        DigestMechanism.All.Select(row => DigestInfo.Encode(row.Hash, new byte[row.DigestBytes]));

    public override void Run(ReadOnlySpan<byte> input)
    {
        if (DigestInfo.TryParse(input, out HashKind hash, out ReadOnlySpan<byte> digest)
            && !DigestInfo.Encode(hash, digest).AsSpan().SequenceEqual(input))
        {
            throw new InvalidOperationException("Read, and written differently.");
        }

        _ = DigestInfo.NamesWeakHash(input);
        if (input.Length > 0)
        {
            _ = DigestInfo.Encode((HashKind)(1 + (input[0] % DigestMechanism.All.Count)), input[1..]);
        }
    }

    public override bool IsRefusal(Exception thrown) => thrown is ArgumentException { ParamName: "digest" };
}
