using CodeSign.Cryptoki;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Operations.Token;

/// <summary>The signing mechanisms as hello tells them.</summary>
internal static class MechanismList
{
    public static IReadOnlyList<Mechanism> Rows { get; } =
    [
        .. SignatureMechanism.All.Select(row => new Mechanism
        {
            Type = (ulong)row.Mechanism,
            KeyBitsMin = row.KeyBitsMin,
            KeyBitsMax = row.KeyBitsMax,
            Flags = row.Flags,
        }),
    ];
}
