namespace CodeSign.Cryptoki.Tests;

/// <summary>The numbers of PKCS#11 v3.2's pkcs11t.h: one name each, and those that were wrong somewhere once.</summary>
[TestClass]
public sealed class NumberTests
{
    public static IEnumerable<Type> Enumerations { get; } =
        [.. typeof(CKM).Assembly.GetExportedTypes().Where(type => type.IsEnum && type.Name.StartsWith("CK", StringComparison.Ordinal))];

    [TestMethod]
    [DynamicData(nameof(Enumerations))]
    public void Every_number_has_one_name(Type enumeration)
    {
        string[] names = Enum.GetNames(enumeration);

        Assert.HasCount(names.Length, names.Select(name => (ulong)Enum.Parse(enumeration, name)).Distinct());
        Assert.IsTrue(names.All(name => name.StartsWith(enumeration.Name + "_", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow(CKM.CKM_SHA3_256_RSA_PKCS, 0x60UL)]
    [DataRow(CKM.CKM_SHA3_224_RSA_PKCS, 0x66UL)]
    [DataRow(CKM.CKM_SHA3_512_RSA_PKCS_PSS, 0x65UL)]
    [DataRow(CKM.CKM_ECDSA_SHA3_224, 0x1047UL)]
    [DataRow(CKM.CKM_ECDSA_SHA3_512, 0x104aUL)]
    [DataRow(CKM.CKM_EC_EDWARDS_KEY_PAIR_GEN, 0x1055UL)]
    [DataRow(CKM.CKM_EDDSA, 0x1057UL)]
    [DataRow(CKM.CKM_SHA_1, 0x220UL)]
    [DataRow(CKM.CKM_SHA3_512, 0x2d0UL)]
    [DataRow(CKM.CKM_ML_DSA, 0x1dUL)]
    [DataRow(CKM.CKM_HASH_SLH_DSA_SHAKE256, 0x3fUL)]
    [DataRow(CKM.CKM_HSS, 0x4033UL)]
    public void Mechanism_numbers_are_the_standards(CKM mechanism, ulong number) => Assert.AreEqual(number, (ulong)mechanism);

    [TestMethod]
    [DataRow(CKR.CKR_EXCEEDED_MAX_ITERATIONS, 0x1b5UL)]
    [DataRow(CKR.CKR_FIPS_SELF_TEST_FAILED, 0x1b6UL)]
    [DataRow(CKR.CKR_LIBRARY_LOAD_FAILED, 0x1b7UL)]
    [DataRow(CKR.CKR_PIN_TOO_WEAK, 0x1b8UL)]
    [DataRow(CKR.CKR_PUBLIC_KEY_INVALID, 0x1b9UL)]
    [DataRow(CKR.CKR_FUNCTION_NOT_SUPPORTED, 0x54UL)]
    [DataRow(CKR.CKR_BUFFER_TOO_SMALL, 0x150UL)]
    [DataRow(CKR.CKR_PARAMETER_SET_NOT_SUPPORTED, 0x209UL)]
    public void Return_values_are_the_standards(CKR value, ulong number) => Assert.AreEqual(number, (ulong)value);

    [TestMethod]
    public void Flags_of_one_structure_do_not_overlap()
    {
        ulong[][] structures =
        [
            [CKF.CKF_TOKEN_PRESENT, CKF.CKF_REMOVABLE_DEVICE, CKF.CKF_HW_SLOT],
            [
                CKF.CKF_RNG, CKF.CKF_WRITE_PROTECTED, CKF.CKF_LOGIN_REQUIRED, CKF.CKF_USER_PIN_INITIALIZED,
                CKF.CKF_PROTECTED_AUTHENTICATION_PATH, CKF.CKF_TOKEN_INITIALIZED, CKF.CKF_USER_PIN_COUNT_LOW, CKF.CKF_USER_PIN_FINAL_TRY,
                CKF.CKF_USER_PIN_LOCKED, CKF.CKF_USER_PIN_TO_BE_CHANGED, CKF.CKF_SO_PIN_COUNT_LOW, CKF.CKF_SO_PIN_FINAL_TRY,
                CKF.CKF_SO_PIN_LOCKED, CKF.CKF_SO_PIN_TO_BE_CHANGED, CKF.CKF_ERROR_STATE, CKF.CKF_CLOCK_ON_TOKEN,
            ],
            [CKF.CKF_RW_SESSION, CKF.CKF_SERIAL_SESSION, CKF.CKF_ASYNC_SESSION],
            [
                CKF.CKF_HW, CKF.CKF_ENCRYPT, CKF.CKF_DECRYPT, CKF.CKF_DIGEST, CKF.CKF_SIGN, CKF.CKF_SIGN_RECOVER, CKF.CKF_VERIFY,
                CKF.CKF_VERIFY_RECOVER, CKF.CKF_GENERATE, CKF.CKF_GENERATE_KEY_PAIR, CKF.CKF_WRAP, CKF.CKF_UNWRAP, CKF.CKF_DERIVE,
                CKF.CKF_EC_F_P, CKF.CKF_EC_F_2M, CKF.CKF_EC_OID, CKF.CKF_EC_UNCOMPRESS, CKF.CKF_EC_COMPRESS,
            ],
        ];

        foreach (ulong[] flags in structures)
        {
            Assert.HasCount(flags.Length, flags.Distinct());
            Assert.IsTrue(flags.All(System.Numerics.BitOperations.IsPow2));
        }
    }
}
