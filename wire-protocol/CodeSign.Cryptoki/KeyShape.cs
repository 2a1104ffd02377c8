using System.Collections.Frozen;
using static CodeSign.Cryptoki.CKA;
using static CodeSign.Cryptoki.CKK;

namespace CodeSign.Cryptoki;

/// <summary>
/// One row per key type: the attributes that make up its keys, beyond those of all keys. <see cref="AttributeRow"/> says what rules an
/// attribute of a class; here stands which of them a key of this type has at all (PKCS#11 v3.2 chapter 6).
/// </summary>
/// <param name="KeyType">CKA_KEY_TYPE.</param>
/// <param name="Public">Of its public keys.</param>
/// <param name="Private">Of its private keys.</param>
/// <param name="Secret">Of its secret keys.</param>
public sealed record KeyShape(CKK KeyType, IReadOnlyList<CKA> Public, IReadOnlyList<CKA> Private, IReadOnlyList<CKA> Secret)
{
    /// <summary>Every key type whose objects a token of ours takes.</summary>
    public static IReadOnlyList<KeyShape> All { get; } =
    [
        Pair(
            CKK_RSA,
            [CKA_MODULUS, CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT],
            [
                CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2,
                CKA_COEFFICIENT,
            ]),
        Curve(CKK_EC),
        Curve(CKK_EC_EDWARDS),
        Curve(CKK_EC_MONTGOMERY),
        Pair(CKK_ML_DSA, [CKA_PARAMETER_SET, CKA_VALUE], [CKA_PARAMETER_SET, CKA_SEED, CKA_VALUE]),
        Pair(CKK_SLH_DSA, [CKA_PARAMETER_SET, CKA_VALUE], [CKA_PARAMETER_SET, CKA_VALUE]),
        SecretKey(CKK_AES),
        SecretKey(CKK_GENERIC_SECRET),
        SecretKey(CKK_SHA_1_HMAC),
        SecretKey(CKK_SHA224_HMAC),
        SecretKey(CKK_SHA256_HMAC),
        SecretKey(CKK_SHA384_HMAC),
        SecretKey(CKK_SHA512_HMAC),
    ];

    private static readonly FrozenSet<CKA> OfSomeType =
        All.SelectMany(row => row.Public.Concat(row.Private).Concat(row.Secret)).ToFrozenSet();

    /// <summary>The row of a key type, or null.</summary>
    public static KeyShape? Find(CKK keyType) => All.FirstOrDefault(row => row.KeyType == keyType);

    /// <summary>False where the attribute makes up keys of other types only.</summary>
    public bool Has(CKO objectClass, CKA attribute) => !OfSomeType.Contains(attribute) || Of(objectClass).Contains(attribute);

    /// <summary>Whether there are keys of this type and class.</summary>
    public bool HasClass(CKO objectClass) => Of(objectClass).Count > 0;

    private IReadOnlyList<CKA> Of(CKO objectClass) => objectClass switch
    {
        CKO.CKO_PUBLIC_KEY => Public,
        CKO.CKO_PRIVATE_KEY => Private,
        CKO.CKO_SECRET_KEY => Secret,
        _ => [],
    };

    private static KeyShape Pair(CKK keyType, CKA[] publicKey, CKA[] privateKey) => new(keyType, publicKey, privateKey, []);

    private static KeyShape Curve(CKK keyType) => Pair(keyType, [CKA_EC_PARAMS, CKA_EC_POINT], [CKA_EC_PARAMS, CKA_VALUE]);

    private static KeyShape SecretKey(CKK keyType) => new(keyType, [], [], [CKA_VALUE, CKA_VALUE_LEN]);
}
