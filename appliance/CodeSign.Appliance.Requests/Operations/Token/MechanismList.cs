using CodeSign.Cryptoki;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Operations.Token;

/// <summary>The mechanisms as hello tells them: those that sign, and those that make keys.</summary>
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
        .. KeyPairMechanism.All.Select(row => new Mechanism
        {
            Type = (ulong)row.Mechanism,
            KeyBitsMin = row.KeyBitsMin,
            KeyBitsMax = row.KeyBitsMax,
            Flags = row.Flags,
        }),
        .. SecretKeyMechanism.All.Select(row => new Mechanism
        {
            Type = (ulong)row.Mechanism,
            KeyBitsMin = row.KeyBytesMin,
            KeyBitsMax = row.KeyBytesMax,
            Flags = CKF.CKF_GENERATE,
        }),
    ];
}
