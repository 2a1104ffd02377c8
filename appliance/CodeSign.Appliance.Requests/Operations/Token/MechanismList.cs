using CodeSign.Cryptoki;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Operations.Token;

/// <summary>The mechanisms as hello tells them: those that sign, those that make keys, those that carry them. One that does several comes once.</summary>
internal static class MechanismList
{
    public static IReadOnlyList<Mechanism> Rows { get; } =
    [
        .. Uses().GroupBy(use => use.Type).Select(uses => new Mechanism
        {
            Type = uses.Key,
            KeyBitsMin = uses.Min(use => use.KeyBitsMin),
            KeyBitsMax = uses.Max(use => use.KeyBitsMax),
            Flags = uses.Aggregate(0UL, (flags, use) => flags | use.Flags),
        }),
    ];

    private static IEnumerable<Mechanism> Uses() =>
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
            KeyBitsMin = row.KeySizeMin,
            KeyBitsMax = row.KeySizeMax,
            Flags = CKF.CKF_GENERATE,
        }),
        .. KeyDerivationMechanism.All.Select(row => new Mechanism
        {
            Type = (ulong)row.Mechanism,
            KeyBitsMin = KeyDerivationMechanism.KeyBitsMin,
            KeyBitsMax = KeyDerivationMechanism.KeyBitsMax,
            Flags = KeyDerivationMechanism.Flags,
        }),
        .. CipherMechanism.All.Select(row => new Mechanism
        {
            Type = (ulong)row.Mechanism,
            KeyBitsMin = row.KeySizeMin,
            KeyBitsMax = row.KeySizeMax,
            Flags = row.Flags,
        }),
    ];
}
