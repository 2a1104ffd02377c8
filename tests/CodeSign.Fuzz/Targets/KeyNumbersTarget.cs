using System.Buffers.Binary;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Cryptoki;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Fuzz.Targets;

/// <summary>
/// Private keys number by number, as C_CreateObject brings them: one byte for the kind of key, then each number with its length before it
/// (two bytes).
/// </summary>
internal sealed class KeyNumbersTarget : Target
{
    private static readonly CKK[] Kinds = [CKK.CKK_RSA, CKK.CKK_EC, CKK.CKK_EC_EDWARDS, CKK.CKK_EC_MONTGOMERY, CKK.CKK_ML_DSA, CKK.CKK_SLH_DSA];

    private static readonly CKA[] OfRsa =
    [
        CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT,
    ];

    private static readonly CKA[] OfCurves = [CKA_EC_PARAMS, CKA_VALUE];
    private static readonly CKA[] OfParameterSets = [CKA_PARAMETER_SET, CKA_SEED, CKA_VALUE];

    public override string Name => "key-numbers";

    public override IReadOnlyList<string> Scope =>
    [
        "appliance/CodeSign.Appliance.Keys/Software/KeyNumbers.cs", "appliance/CodeSign.Appliance.Keys/Software/KeyImport.cs",
        "appliance/CodeSign.Appliance.Keys/CurveParameters.cs",
    ];

    public override int BytesMax => 8192;

    /// <summary>A key of SLH-DSA proves itself by a signature, which is thousands of hashes.</summary>
    public override long AllocatedMax => 64 << 20;

    public override TimeSpan TimeMax => TimeSpan.FromSeconds(30);

    public override IEnumerable<byte[]> Seeds =>
    [
        Seed(0, [.. Enumerable.Range(1, 8).Select(number => new byte[] { (byte)number, 1 })]),
        Seed(1, Convert.FromHexString("06082a8648ce3d030107"), [7]),
        Seed(1, [0x13, 9, .. "secp256r1"u8], [7]),
        Seed(1, Convert.FromHexString("06052b8104000a"), new byte[33]),
        Seed(1, [0x30, 0], [7]),
        Seed(2, Convert.FromHexString("06032b6570"), new byte[32]),
        Seed(2, Convert.FromHexString("06032b6571"), new byte[57]),
        Seed(3, Convert.FromHexString("06032b656e"), new byte[32]),
        Seed(3, [0x13, 8, .. "curve448"u8], new byte[56]),
        Seed(3, Convert.FromHexString("06032b656e"), []),
        Seed(4, [0, 0, 0, 0, 0, 0, 0, 1], new byte[32], []),
        Seed(4, [0, 0, 0, 0, 0, 0, 0, 1], [], new byte[2560]),
        Seed(4, [0, 0, 0, 0, 0, 0, 0, 1], new byte[32], new byte[2560]),
        Seed(4, [0, 0, 0, 0, 0, 0, 0, 1], new byte[31], []),
        Seed(5, [0, 0, 0, 0, 0, 0, 0, 1], [], new byte[64]),
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        CKK kind = Kinds[input.IsEmpty ? 0 : input[0] % Kinds.Length];
        Dictionary<CKA, byte[]> numbers = Read(input.IsEmpty ? input : input[1..], kind switch { CKK.CKK_RSA => OfRsa, CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA => OfParameterSets, _ => OfCurves });
        using SecretBytes pkcs8 = KeyNumbers.ToPkcs8(kind, type => numbers[type]);
        foreach ((CKA type, byte[] number) in numbers)
        {
            ReadOnlySpan<byte> again = KeyNumbers.Read(pkcs8.Span, kind, type);
            if (type is not (CKA_EC_PARAMS or CKA_PARAMETER_SET) && !number.AsSpan().IsEmpty && !again.TrimStart((byte)0).SequenceEqual(number.AsSpan().TrimStart((byte)0)))
            {
                throw new InvalidOperationException($"{type} was written, and read differently.");
            }
        }

        KeyImport.FromNumbers(pkcs8.Span).Private?.Dispose();
    }

    public override bool IsRefusal(Exception thrown) => thrown is FaultException;

    private static Dictionary<CKA, byte[]> Read(ReadOnlySpan<byte> input, CKA[] types)
    {
        Dictionary<CKA, byte[]> numbers = [];
        foreach (CKA type in types)
        {
            int length = input.Length < 2 ? 0 : Math.Min(BinaryPrimitives.ReadUInt16BigEndian(input), input.Length - 2);
            numbers[type] = input.Length < 2 ? [] : input.Slice(2, length).ToArray();
            input = input.Length < 2 ? default : input[(2 + length)..];
        }

        return numbers;
    }

    private static byte[] Seed(byte kind, params byte[][] numbers) =>
        [kind, .. numbers.SelectMany(number => (byte[])[(byte)(number.Length >> 8), (byte)(number.Length & 0xff), .. number])];
}
