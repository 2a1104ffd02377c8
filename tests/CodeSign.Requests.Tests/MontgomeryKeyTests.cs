using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>Keys that agree on secrets: X25519 and X448 (PKCS#11 v3.2 section 6.3, RFC 7748, RFC 8410).</summary>
[TestClass]
public sealed class MontgomeryKeyTests
{
    private const string X25519 = "06032b656e";
    private const string X448 = "06032b656f";
    private const string Curve25519 = "130a63757276653235353139";
    private const string Curve448 = "13086375727665343438";
    private const string Ed25519Curve = "06032b6570";
    private const string P256Curve = "06082a8648ce3d030107";

    [TestMethod]
    [DataRow(X25519, X25519, 32)]
    [DataRow(X448, X448, 56)]
    [DataRow(Curve25519, X25519, 32)]
    [DataRow(Curve448, X448, 56)]
    public async Task A_pair_is_generated_by_its_curves_identifier_or_name_and_signs_nothing(string curve, string told, int pointBytes)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;

        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_MONTGOMERY_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, Convert.FromHexString(curve))], Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_DERIVE, true));

        Assert.IsNull(made.Status, made.Reason);
        Object key = made.Message.PrivateKey;
        Object publicKey = made.Message.PublicKey;
        Assert.AreSequenceEqual(Convert.FromHexString(told), Value(key, CKA.CKA_EC_PARAMS));
        Assert.AreSequenceEqual((byte[])[0x04, (byte)pointBytes], Value(publicKey, CKA.CKA_EC_POINT)![..2]);
        Assert.HasCount(pointBytes + 2, Value(publicKey, CKA.CKA_EC_POINT)!);
        Assert.IsTrue(Is(key, CKA.CKA_LOCAL) && Is(key, CKA.CKA_DERIVE) && Is(key, CKA.CKA_ALWAYS_SENSITIVE) && Is(key, CKA.CKA_NEVER_EXTRACTABLE));
        Assert.IsFalse(Is(key, CKA.CKA_SIGN) || Is(publicKey, CKA.CKA_VERIFY));
        Assert.AreEqual(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, (await SignAsync(appliance, alice, key.Id, CKM.CKM_EDDSA)).Status?.Ckr);
    }

    [TestMethod]
    public async Task No_mechanism_signs_with_such_a_key_whatever_its_template_says()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object key = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_MONTGOMERY_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, Convert.FromHexString(X25519))], Of(CKA.CKA_SIGN, true))).Message.PrivateKey;

        foreach (SignatureMechanism mechanism in SignatureMechanism.All)
        {
            Assert.IsNotNull((await SignAsync(appliance, alice, key.Id, mechanism.Mechanism)).Status, $"{mechanism.Mechanism}");
        }
    }

    [TestMethod]
    [DataRow(CKM.CKM_EC_MONTGOMERY_KEY_PAIR_GEN, Ed25519Curve)]
    [DataRow(CKM.CKM_EC_MONTGOMERY_KEY_PAIR_GEN, P256Curve)]
    [DataRow(CKM.CKM_EC_EDWARDS_KEY_PAIR_GEN, X25519)]
    [DataRow(CKM.CKM_EC_EDWARDS_KEY_PAIR_GEN, Curve448)]
    [DataRow(CKM.CKM_EC_KEY_PAIR_GEN, X25519)]
    public async Task No_mechanism_makes_keys_on_anothers_curves(CKM mechanism, string curve)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;

        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(appliance, alice, mechanism, [Of(CKA.CKA_EC_PARAMS, Convert.FromHexString(curve))]);

        Assert.AreEqual(CKR.CKR_CURVE_NOT_SUPPORTED, made.Status?.Ckr);
    }

    // RFC 7748 section 6: Alice's keys.
    [TestMethod]
    [DataRow(
        X25519,
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")]
    [DataRow(
        Curve25519,
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")]
    [DataRow(
        X448,
        "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
        "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0")]
    public async Task A_key_from_elsewhere_has_the_public_point_of_RFC_7748(string curve, string secret, string point)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => (set.ObjectImport, set.Extractable) = (true, true));
        CreateObjectRequest request = NewImport(appliance, curve, open: true);
        byte[] secrets = Secrets((CKA.CKA_VALUE, Convert.FromHexString(secret)));

        Object key = (await alice.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser, secrets)).Object;

        byte[] publicKey = Value(key, CKA.CKA_PUBLIC_KEY_INFO)!;
        Assert.AreSequenceEqual(Convert.FromHexString(point), publicKey[^(point.Length / 2)..]);
        Assert.AreSequenceEqual(secrets, (await RevealAsync(appliance, alice, key, CKA.CKA_VALUE)).Secret);
    }

    [TestMethod]
    [DataRow(X25519, 31)]
    [DataRow(X25519, 33)]
    [DataRow(X448, 55)]
    [DataRow(X448, 57)]
    public async Task A_private_value_is_as_long_as_its_curve_wants_it(string curve, int bytes)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.ObjectImport = true);

        Answer<CreateObjectResponse> answer = await alice.CallAsync(
            OperationCode.CreateObject, NewImport(appliance, curve, open: false), CreateObjectResponse.Parser, Secrets((CKA.CKA_VALUE, RandomNumberGenerator.GetBytes(bytes))));

        Assert.AreEqual(CKR.CKR_ATTRIBUTE_VALUE_INVALID, answer.Status?.Ckr);
    }

    [TestMethod]
    public async Task No_environment_has_a_key_that_signs_nothing()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;

        Answer<CreateEnvironmentResponse> named = await alice.CallAsync(
            OperationCode.CreateEnvironment, new CreateEnvironmentRequest { Project = "demo", Name = "x", Algorithm = "x25519" }, CreateEnvironmentResponse.Parser);
        byte[] file = [0x30, 0x2e, 2, 1, 0, 0x30, 5, .. Convert.FromHexString(X25519), 4, 0x22, 4, 0x20, .. RandomNumberGenerator.GetBytes(32)];
        Answer<CreateEnvironmentResponse> imported = await alice.CallAsync(
            OperationCode.CreateEnvironment, new CreateEnvironmentRequest { Project = "demo", Name = "x", Import = true }, CreateEnvironmentResponse.Parser, file);

        Assert.AreEqual("key.algorithm", named.Reason);
        Assert.AreEqual("key.unsupported", imported.Reason);
    }

    private static CreateObjectRequest NewImport(RunningAppliance appliance, string curve, bool open)
    {
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.AddRange(
        [
            Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_EC_MONTGOMERY), Of(CKA.CKA_TOKEN, true),
            Of(CKA.CKA_EC_PARAMS, Convert.FromHexString(curve)), Of(CKA.CKA_DERIVE, true),
        ]);
        if (open)
        {
            request.Template.AddRange([Of(CKA.CKA_SENSITIVE, false), Of(CKA.CKA_EXTRACTABLE, true)]);
        }

        return request;
    }
}
