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
        .. SignatureMechanism.All.Select(row => Use(row.Mechanism, row.KeyBitsMin, row.KeyBitsMax, row.Flags)),
        .. KeyPairMechanism.All.Select(row => Use(row.Mechanism, row.KeyBitsMin, row.KeyBitsMax, row.Flags)),
        .. SecretKeyMechanism.All.Select(row => Use(row.Mechanism, row.KeySizeMin, row.KeySizeMax, CKF.CKF_GENERATE)),
        .. KeyDerivationMechanism.All.Select(row => Use(
            row.Mechanism, KeyDerivationMechanism.KeyBitsMin, KeyDerivationMechanism.KeyBitsMax, KeyDerivationMechanism.Flags)),
        .. CipherMechanism.All.Select(row => Use(row.Mechanism, row.KeySizeMin, row.KeySizeMax, row.Flags)),
    ];

    private static Mechanism Use(CKM mechanism, ulong sizeMin, ulong sizeMax, ulong flags) =>
        new() { Type = (ulong)mechanism, KeyBitsMin = sizeMin, KeyBitsMax = sizeMax, Flags = flags };
}
