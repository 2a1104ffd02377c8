using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Attribute = CodeSign.Wire.V1.Attribute;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>Keys made out of others by Diffie-Hellman on curves, and the attacks on that.</summary>
[TestClass]
public sealed class DeriveTests
{
    private const string X25519 = "06032b656e";
    private const string X448 = "06032b656f";
    private static readonly Attribute[] Open = [Of(CKA.CKA_SENSITIVE, false), Of(CKA.CKA_EXTRACTABLE, true)];

    // RFC 7748 sections 6.1 and 6.2: the first one's private key, the second one's public key, what they agree on.
    [TestMethod]
    [DataRow(
        X25519,
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")]
    [DataRow(
        X448,
        "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
        "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
        "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d")]
    public async Task Agrees_on_the_secrets_of_RFC_7748(string curve, string secret, string other, string agreed)
    {
        (RunningAppliance appliance, Client alice) = await OpenForDerivationAsync();
        await using RunningAppliance _ = appliance;
        CreateObjectRequest import = new() { ProjectId = appliance.ProjectId("demo") };
        import.Template.AddRange(
        [
            Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_EC_MONTGOMERY), Of(CKA.CKA_TOKEN, true),
            Of(CKA.CKA_EC_PARAMS, Convert.FromHexString(curve)), Of(CKA.CKA_DERIVE, true),
        ]);
        Object key = (await alice.OkAsync(
            OperationCode.CreateObject, import, CreateObjectResponse.Parser, Secrets((CKA.CKA_VALUE, Convert.FromHexString(secret))))).Object;

        foreach (CKM mechanism in (CKM[])[CKM.CKM_ECDH1_DERIVE, CKM.CKM_ECDH1_COFACTOR_DERIVE])
        {
            byte[] whole = await ValueOfAsync(appliance, alice, key, Convert.FromHexString(other), set => set.Mechanism = (ulong)mechanism);
            Assert.AreSequenceEqual(Convert.FromHexString(agreed), whole);
        }

        // Truncation takes from the beginning; a point may come as CKA_EC_POINT has it.
        byte[] point = [4, (byte)(other.Length / 2), .. Convert.FromHexString(other)];
        byte[] last = await ValueOfAsync(appliance, alice, key, point, set => set.Template.Add(Of(CKA.CKA_VALUE_LEN, 16UL)));
        Assert.AreSequenceEqual(Convert.FromHexString(agreed)[^16..], last);
    }

    [TestMethod]
    [DataRow("1.2.840.10045.3.1.7")]
    [DataRow("1.3.132.0.34")]
    [DataRow("1.3.132.0.35")]
    [DataRow("1.3.132.0.10")]
    [DataRow("1.3.36.3.3.2.8.1.1.7")]
    [DataRow("1.3.36.3.3.2.8.1.1.13")]
    public async Task Agrees_with_others_on_every_curve_and_by_every_function(string oid)
    {
        (RunningAppliance appliance, Client alice) = await OpenForDerivationAsync();
        await using RunningAppliance _ = appliance;
        GenerateKeyPairResponse pair = await PairAsync(appliance, alice, Curve(oid));
        using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.CreateFromValue(oid));
        using ECDiffieHellman ours = ECDiffieHellman.Create();
        ours.ImportSubjectPublicKeyInfo(Value(pair.PublicKey, CKA.CKA_PUBLIC_KEY_INFO)!, out int _);
        byte[] point = PointOf(other);

        byte[] raw = await ValueOfAsync(appliance, alice, pair.PrivateKey, point);
        Assert.AreSequenceEqual(other.DeriveRawSecretAgreement(ours.PublicKey), raw);
        (CKD Kdf, HashAlgorithmName Hash)[] functions =
        [
            (CKD.CKD_SHA1_KDF, HashAlgorithmName.SHA1), (CKD.CKD_SHA256_KDF, HashAlgorithmName.SHA256),
            (CKD.CKD_SHA384_KDF, HashAlgorithmName.SHA384), (CKD.CKD_SHA512_KDF, HashAlgorithmName.SHA512),
        ];
        foreach ((CKD kdf, HashAlgorithmName hash) in functions)
        {
            byte[] shared = "shared data"u8.ToArray();
            byte[] derived = await ValueOfAsync(appliance, alice, pair.PrivateKey, point, set => (set.Kdf, set.SharedData) = ((ulong)kdf, ByteString.CopyFrom(shared)));
            Assert.AreSequenceEqual(other.DeriveKeyFromHash(ours.PublicKey, hash, [], [0, 0, 0, 1, .. shared]), derived, $"{kdf}");
        }
    }

    [TestMethod]
    public async Task Every_function_makes_as_many_bytes_as_are_wanted()
    {
        (RunningAppliance appliance, Client alice) = await OpenForDerivationAsync();
        await using RunningAppliance _ = appliance;
        GenerateKeyPairResponse pair = await PairAsync(appliance, alice, P256);
        using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        HashSet<string> seen = [];
        foreach (CKD kdf in Enum.GetValues<CKD>().Where(kdf => KeyDerivationMechanism.HashOf(kdf) is > HashKind.None))
        {
            byte[] key = await ValueOfAsync(appliance, alice, pair.PrivateKey, PointOf(other), set =>
            {
                set.Kdf = (ulong)kdf;
                set.Template.Add(Of(CKA.CKA_VALUE_LEN, 150UL));
            });
            Assert.HasCount(150, key);
            Assert.IsTrue(seen.Add(Convert.ToHexString(key)), $"{kdf}");
        }

        Assert.HasCount(9, seen);
    }

    [TestMethod]
    public async Task A_derived_key_is_as_closed_as_it_says_and_remembers_where_it_came_from()
    {
        (RunningAppliance appliance, Client alice) = await OpenForDerivationAsync();
        await using RunningAppliance _ = appliance;
        GenerateKeyPairResponse pair = await PairAsync(appliance, alice, P256);
        GenerateKeyPairResponse open = await PairAsync(appliance, alice, P256, Of(CKA.CKA_SENSITIVE, false), Of(CKA.CKA_EXTRACTABLE, true));
        using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        byte[] point = PointOf(other);
        Attribute[] aes = [Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES), Of(CKA.CKA_VALUE_LEN, 32UL), Of(CKA.CKA_TOKEN, true)];

        Object closed = (await DeriveAsync(appliance, alice, pair.PrivateKey, point, aes)).Message.Object;
        Object shown = (await DeriveAsync(appliance, alice, pair.PrivateKey, point, [.. aes, .. Open])).Message.Object;
        Object ofOpen = (await DeriveAsync(appliance, alice, open.PrivateKey, point, aes)).Message.Object;

        Assert.IsTrue(Is(closed, CKA.CKA_SENSITIVE) && Is(closed, CKA.CKA_ALWAYS_SENSITIVE) && Is(closed, CKA.CKA_NEVER_EXTRACTABLE));
        Assert.IsFalse(Is(closed, CKA.CKA_LOCAL));
        Assert.IsFalse(Is(shown, CKA.CKA_ALWAYS_SENSITIVE) || Is(shown, CKA.CKA_NEVER_EXTRACTABLE));
        Assert.IsTrue(Is(ofOpen, CKA.CKA_SENSITIVE));
        Assert.IsFalse(Is(ofOpen, CKA.CKA_ALWAYS_SENSITIVE) || Is(ofOpen, CKA.CKA_NEVER_EXTRACTABLE));
        Assert.AreSequenceEqual(AttributeSet.Bytes(32UL), Value(closed, CKA.CKA_VALUE_LEN));
        Assert.Contains("key.derive", appliance.Leaves()[^1]);
        Assert.Contains("CKM_ECDH1_DERIVE", appliance.Leaves()[^1]);
    }

    [TestMethod]
    public async Task A_point_that_is_not_on_the_keys_curve_tells_nothing()
    {
        (RunningAppliance appliance, Client alice) = await OpenForDerivationAsync();
        await using RunningAppliance _ = appliance;
        Object key = (await PairAsync(appliance, alice, P256)).PrivateKey;
        using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using ECDiffieHellman elsewhere = ECDiffieHellman.Create(ECCurve.CreateFromValue("1.3.132.0.10"));
        byte[] good = PointOf(other);
        byte[] off = [.. good];
        off[^1] ^= 1;
        byte[] beyond = [4, .. Enumerable.Repeat((byte)0xff, 64)];
        byte[][] bad =
        [
            off, beyond, PointOf(elsewhere), [4, .. new byte[64]], [0], [], [.. good, 0], good[..^1], [2, .. good[1..33]], [6, .. good[1..]],
            [4, 65, .. good[..^1]], [4, 66, .. good, 0], [4, 0x81, 65, .. good], [5, 65, .. good], new byte[4096],
        ];
        foreach (byte[] point in bad)
        {
            await RefusesAsync(appliance, alice, key, point);
        }

        Assert.IsNull((await DeriveAsync(appliance, alice, key, [4, 65, .. good], Generic)).Status);
    }

    // RFC 7748 section 6: points of small order give a secret that everybody knows.
    [TestMethod]
    [DataRow(X25519, "0000000000000000000000000000000000000000000000000000000000000000")]
    [DataRow(X25519, "0100000000000000000000000000000000000000000000000000000000000000")]
    [DataRow(X25519, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [DataRow(X25519, "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [DataRow(X25519, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [DataRow(X25519, "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [DataRow(X25519, "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [DataRow(X25519, "cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880")]
    [DataRow(X448, "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    [DataRow(X448, "0100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_point_of_small_order_is_refused(string curve, string point)
    {
        (RunningAppliance appliance, Client alice) = await OpenForDerivationAsync();
        await using RunningAppliance _ = appliance;
        Object key = (await PairAsync(appliance, alice, Convert.FromHexString(curve))).PrivateKey;

        if (point.StartsWith("cdeb", StringComparison.Ordinal))
        {
            Assert.IsNull((await DeriveAsync(appliance, alice, key, Convert.FromHexString(point), Generic)).Status, "Any other number is a point.");
            return;
        }

        await RefusesAsync(appliance, alice, key, Convert.FromHexString(point));
    }

    [TestMethod]
    public async Task Only_a_key_that_was_made_for_it_agrees_on_secrets_and_only_where_keys_come_in()
    {
        (RunningAppliance appliance, Client alice) = await OpenForDerivationAsync();
        await using RunningAppliance _ = appliance;
        using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        byte[] point = PointOf(other);
        Object usable = (await PairAsync(appliance, alice, P256)).PrivateKey;
        Object signer = (await TryGenerateAsync(appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)])).Message.PrivateKey;
        Object narrow = (await PairAsync(
            appliance, alice, P256, Of(CKA.CKA_ALLOWED_MECHANISMS, AttributeSet.Bytes((ulong)CKM.CKM_ECDH1_COFACTOR_DERIVE)))).PrivateKey;
        Object edwards = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_EDWARDS_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, Ed25519)], Of(CKA.CKA_DERIVE, true))).Message.PrivateKey;
        IReadOnlyList<Object> governed = await FindAsync(appliance, alice, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY), Of(CKA.CKA_MODIFIABLE, false));

        Assert.AreEqual(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, (await DeriveAsync(appliance, alice, signer, point, Generic)).Status?.Ckr);
        foreach (Object environments in governed)
        {
            Assert.AreEqual(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, (await DeriveAsync(appliance, alice, environments, point, Generic)).Status?.Ckr);
        }

        Assert.AreEqual(CKR.CKR_MECHANISM_INVALID, (await DeriveAsync(appliance, alice, narrow, point, Generic)).Status?.Ckr);
        Assert.AreEqual(CKR.CKR_KEY_TYPE_INCONSISTENT, (await DeriveAsync(appliance, alice, edwards, point, Generic)).Status?.Ckr);
        Assert.IsNull((await DeriveAsync(appliance, alice, usable, point, Generic)).Status);
        await SetAsync(alice, set => set.ObjectImport = false);
        Assert.AreEqual("policy.import", (await DeriveAsync(appliance, alice, usable, point, Generic)).Reason);
    }

    [TestMethod]
    public async Task Lengths_and_parameters_are_what_they_may_be_and_no_more()
    {
        (RunningAppliance appliance, Client alice) = await OpenForDerivationAsync();
        await using RunningAppliance _ = appliance;
        using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        byte[] point = PointOf(other);
        Object key = (await PairAsync(appliance, alice, P256)).PrivateKey;
        async Task<CKR> AskAsync(Action<DeriveKeyRequest> set, params Attribute[] template) =>
            (await DeriveAsync(appliance, alice, key, point, template, set)).Status?.Ckr ?? CKR.CKR_OK;
        Attribute aes = Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES);

        Assert.AreEqual(CKR.CKR_OK, await AskAsync(set => { }, [.. Generic, Of(CKA.CKA_VALUE_LEN, 32UL)]));
        Assert.AreEqual(CKR.CKR_KEY_SIZE_RANGE, await AskAsync(set => { }, [.. Generic, Of(CKA.CKA_VALUE_LEN, 33UL)]));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_VALUE_INVALID, await AskAsync(set => { }, [.. Generic, Of(CKA.CKA_VALUE_LEN, 0UL)]));
        Assert.AreEqual(CKR.CKR_OK, await AskAsync(set => set.Kdf = (ulong)CKD.CKD_SHA256_KDF, [.. Generic, Of(CKA.CKA_VALUE_LEN, 4096UL)]));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_VALUE_INVALID, await AskAsync(set => set.Kdf = (ulong)CKD.CKD_SHA256_KDF, [.. Generic, Of(CKA.CKA_VALUE_LEN, 4097UL)]));
        Assert.AreEqual(CKR.CKR_TEMPLATE_INCOMPLETE, await AskAsync(set => { }, aes));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_VALUE_INVALID, await AskAsync(set => { }, aes, Of(CKA.CKA_VALUE_LEN, 17UL)));
        Assert.AreEqual(CKR.CKR_TEMPLATE_INCOMPLETE, await AskAsync(set => { }));
        Assert.AreEqual(CKR.CKR_TEMPLATE_INCONSISTENT, await AskAsync(set => { }, [.. Generic, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY)]));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await AskAsync(set => { }, [.. Generic, Of(CKA.CKA_NEVER_EXTRACTABLE, true)]));
        Assert.AreEqual(CKR.CKR_MECHANISM_PARAM_INVALID, await AskAsync(set => set.SharedData = ByteString.CopyFrom([1]), Generic));
        Assert.AreEqual(CKR.CKR_MECHANISM_PARAM_INVALID, await AskAsync(set => set.Kdf = (ulong)CKD.CKD_SHA256_KDF_SP800, Generic));
        Assert.AreEqual(CKR.CKR_MECHANISM_INVALID, await AskAsync(set => set.Mechanism = (ulong)CKM.CKM_XOR_BASE_AND_DATA, Generic));
        foreach ((int bytes, CKR answer) in ((int, CKR)[])[(ProtocolLimits.DeriveDataBytesMax, CKR.CKR_OK), (ProtocolLimits.DeriveDataBytesMax + 1, CKR.CKR_MECHANISM_PARAM_INVALID)])
        {
            Assert.AreEqual(answer, await AskAsync(set => (set.Kdf, set.SharedData) = ((ulong)CKD.CKD_SHA1_KDF, ByteString.CopyFrom(new byte[bytes])), Generic));
        }
    }

    private static Attribute[] Generic => [Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_GENERIC_SECRET)];

    private static async Task<(RunningAppliance Appliance, Client Alice)> OpenForDerivationAsync()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await SetAsync(alice, set => (set.ObjectImport, set.Extractable) = (true, true));
        return (appliance, alice);
    }

    private static async Task<GenerateKeyPairResponse> PairAsync(RunningAppliance appliance, Client alice, byte[] curve, params Attribute[] template)
    {
        bool isMontgomery = curve.Length == 5;
        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(
            appliance,
            alice,
            isMontgomery ? CKM.CKM_EC_MONTGOMERY_KEY_PAIR_GEN : CKM.CKM_EC_KEY_PAIR_GEN,
            [Of(CKA.CKA_EC_PARAMS, curve)],
            [Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_DERIVE, true), .. template]);
        Assert.IsNull(made.Status, made.Reason);
        return made.Message;
    }

    private static Task<Answer<DeriveKeyResponse>> DeriveAsync(
        RunningAppliance appliance, Client alice, Object key, byte[] point, Attribute[] template, Action<DeriveKeyRequest>? set = null)
    {
        DeriveKeyRequest request = new()
        {
            ProjectId = appliance.ProjectId("demo"),
            Mechanism = (ulong)CKM.CKM_ECDH1_DERIVE,
            BaseKeyId = key.Id,
            Kdf = (ulong)CKD.CKD_NULL,
            PublicData = ByteString.CopyFrom(point),
            Application = Application,
        };
        request.Template.AddRange(template);
        set?.Invoke(request);
        return alice.CallAsync(OperationCode.DeriveKey, request, DeriveKeyResponse.Parser);
    }

    private static async Task<byte[]> ValueOfAsync(
        RunningAppliance appliance, Client alice, Object key, byte[] point, Action<DeriveKeyRequest>? set = null)
    {
        Answer<DeriveKeyResponse> made = await DeriveAsync(appliance, alice, key, point, [.. Generic, .. Open, Of(CKA.CKA_TOKEN, true)], set);
        Assert.IsNull(made.Status, made.Reason);
        return (await RevealAsync(appliance, alice, made.Message.Object, CKA.CKA_VALUE)).Secret!.AsSpan(12).ToArray();
    }

    private static async Task RefusesAsync(RunningAppliance appliance, Client alice, Object key, byte[] point)
    {
        Answer<DeriveKeyResponse> refused = await DeriveAsync(appliance, alice, key, point, Generic);
        Assert.AreEqual("derive.point", refused.Reason, Convert.ToHexString(point.AsSpan(0, Math.Min(80, point.Length))));
        Assert.AreEqual(CKR.CKR_MECHANISM_PARAM_INVALID, refused.Status?.Ckr);
    }

    private static byte[] Curve(string oid)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(oid);
        return writer.Encode();
    }

    private static byte[] PointOf(ECDiffieHellman key)
    {
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        return [4, .. point.X!, .. point.Y!];
    }
}
