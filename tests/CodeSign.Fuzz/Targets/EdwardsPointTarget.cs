using CodeSign.P11.Objects;

namespace CodeSign.Fuzz.Targets;

/// <summary>Points of Edwards and Montgomery keys: raw and DER, there and back.</summary>
internal sealed class EdwardsPointTarget : Target
{
    public override string Name => "edwards-point";

    public override IReadOnlyList<string> Scope => ["native-p11-module/CodeSign.P11/Objects/EdwardsPoint.cs"];

    public override int BytesMax => 128;

    public override IEnumerable<byte[]> Seeds => [new byte[32], new byte[56], new byte[57], [0x04, 32, .. new byte[32]], [0x04, 57, .. new byte[57]]];

    public override void Run(ReadOnlySpan<byte> input)
    {
        ReadOnlySpan<byte> raw = EdwardsPoint.ToRaw(input);
        if (raw.Length != input.Length && !EdwardsPoint.ToDer(raw).SequenceEqual(input))
        {
            throw new InvalidOperationException("Unwrapped, and wrapped differently.");
        }

        _ = EdwardsPoint.ToDer(input);
    }

    public override bool IsRefusal(Exception thrown) => false;
}
