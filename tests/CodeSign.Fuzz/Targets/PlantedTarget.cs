namespace CodeSign.Fuzz.Targets;

/// <summary>A bug made on purpose.</summary>
internal sealed class PlantedTarget(string name, PlantedTarget.Bug bug) : Target
{
    public delegate int Bug(ReadOnlySpan<byte> input);

    public override string Name => name;

    public override int BytesMax => 64;

    public override TimeSpan TimeMax => TimeSpan.FromSeconds(1);

    public override IEnumerable<byte[]> Seeds => [new byte[8]];

    public override void Run(ReadOnlySpan<byte> input) => _ = bug(input);

    public override bool IsRefusal(Exception thrown) => false;
}
