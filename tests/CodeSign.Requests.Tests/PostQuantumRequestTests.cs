using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>ML-DSA and SLH-DSA keys of environments and of applications (PKCS#11 v3.2 sections 6.67 and 6.68).</summary>
[TestClass]
public sealed class PostQuantumRequestTests
{
    private static readonly byte[] Bound = [1, 2, 3];

    [TestMethod]
    [DataRow("ml-dsa-65", CKM.CKM_ML_DSA)]
    [DataRow("slh-dsa-sha2-128f", CKM.CKM_SLH_DSA)]
    public async Task An_environment_signs_and_has_a_certificate(string algorithm, CKM mechanism)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none", algorithm);
        await using RunningAppliance _ = appliance;
        KeyAlgorithm row = KeyAlgorithm.Find(algorithm)!;

        SignResponse signed = (await alice.SignAsync(Digest, mechanism)).Message;

        Object publicKey = (await alice.FindAsync(CKO.CKO_PUBLIC_KEY)).Objects[0];
        Assert.HasCount(row.SignatureBytes, signed.Signature);
        Assert.HasCount(row.Parameters!.PublicKeyBytes, Value(publicKey, CKA.CKA_VALUE)!);
        Assert.AreEqual(row.Parameters.Number, Value(publicKey, CKA.CKA_PARAMETER_SET)![^1]);
        CreateSelfSignedResponse made = await alice.OkAsync(
            OperationCode.CreateSelfSigned,
            new CreateSelfSignedRequest { Project = "demo", Environment = appliance.Store.Current.Environments.Values.First().Name, Subject = "CN=post-quantum", Days = 30 },
            CreateSelfSignedResponse.Parser);
        X509Certificate certificate = new(made.Certificate.ToByteArray());
        Assert.AreEqual(row.Parameters.Oid, certificate.SigAlgOid);
        certificate.Verify(certificate.GetPublicKey());
    }

    [TestMethod]
    public async Task The_context_binds_the_signature_stands_in_the_record_and_makes_another_request()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none", "ml-dsa-44");
        await using RunningAppliance _ = appliance;
        SignRequest request = NewSign(appliance, new SignContext { Hedge = CKH.CKH_DETERMINISTIC_REQUIRED, Value = ByteString.CopyFrom(Bound) });

        byte[] first = (await SignAsync(alice, request)).Message.Signature.ToByteArray();
        Assert.Contains("\"context\":\"010203\"", appliance.Leaves()[^1]);
        byte[] second = (await SignAsync(alice, request)).Message.Signature.ToByteArray();
        Assert.Contains("\"event\":\"sign.repeat\"", appliance.Leaves()[^1]);
        SignRequest other = request.Clone();
        other.Context.Value = ByteString.Empty;

        Assert.AreSequenceEqual(first, second);
        Assert.AreEqual("request.reused", (await SignAsync(alice, other)).Reason);
        byte[] publicKey = Value((await alice.FindAsync(CKO.CKO_PUBLIC_KEY)).Objects[0], CKA.CKA_PUBLIC_KEY_INFO)!;
        Assert.IsTrue(Verifies(publicKey, first, Bound));
        Assert.IsFalse(Verifies(publicKey, first, []));
    }

    [TestMethod]
    [DataRow(CKM.CKM_ML_DSA, 256, CKH.CKH_HEDGE_PREFERRED)]
    [DataRow(CKM.CKM_ML_DSA, 0, 3UL)]
    [DataRow(CKM.CKM_ECDSA, 1, CKH.CKH_HEDGE_PREFERRED)]
    public async Task A_context_that_is_none_is_refused(CKM mechanism, int bytes, ulong hedge)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none", "ml-dsa-44");
        await using RunningAppliance _ = appliance;
        SignRequest request = NewSign(appliance, new SignContext { Hedge = hedge, Value = ByteString.CopyFrom(new byte[bytes]) });
        request.Mechanism = (ulong)mechanism;

        Assert.AreEqual("mechanism.context", (await SignAsync(alice, request)).Reason);
    }

    [TestMethod]
    [DataRow(CKM.CKM_ML_DSA_KEY_PAIR_GEN, 3, null)]
    [DataRow(CKM.CKM_ML_DSA_KEY_PAIR_GEN, 4, CKR.CKR_PARAMETER_SET_NOT_SUPPORTED)]
    [DataRow(CKM.CKM_SLH_DSA_KEY_PAIR_GEN, 4, null)]
    [DataRow(CKM.CKM_SLH_DSA_KEY_PAIR_GEN, 13, CKR.CKR_PARAMETER_SET_NOT_SUPPORTED)]
    [DataRow(CKM.CKM_SLH_DSA_KEY_PAIR_GEN, 0, CKR.CKR_PARAMETER_SET_NOT_SUPPORTED)]
    public async Task A_pair_is_generated_by_its_parameter_set(CKM mechanism, int set, CKR? status)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;

        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(
            appliance, alice, mechanism, [Of(CKA.CKA_PARAMETER_SET, (ulong)set)], Of(CKA.CKA_TOKEN, true));

        Assert.AreEqual(status, made.Status?.Ckr, made.Reason);
        if (status is null)
        {
            Assert.AreEqual((byte)set, Value(made.Message.PrivateKey, CKA.CKA_PARAMETER_SET)![^1]);
            CKM signs = mechanism == CKM.CKM_ML_DSA_KEY_PAIR_GEN ? CKM.CKM_ML_DSA : CKM.CKM_SLH_DSA;
            Assert.AreEqual("ok", (await ObjectRequests.SignAsync(appliance, alice, made.Message.PrivateKey.Id, signs)).Reason);
        }
    }

    [TestMethod]
    public async Task A_key_from_elsewhere_is_made_of_its_seed_and_shows_both_its_spellings_where_it_may()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => (set.ObjectImport, set.Extractable) = (true, true));
        byte[] seed = RandomNumberGenerator.GetBytes(ParameterSet.SeedBytes);
        MLDsaPrivateKeyParameters expected = MLDsaPrivateKeyParameters.FromSeed(MLDsaParameters.ml_dsa_65, seed);
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.AddRange(
        [
            Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_ML_DSA), Of(CKA.CKA_TOKEN, true),
            Of(CKA.CKA_PARAMETER_SET, CKP.CKP_ML_DSA_65), Of(CKA.CKA_SENSITIVE, false), Of(CKA.CKA_EXTRACTABLE, true),
        ]);

        Object key = (await alice.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser, Secrets((CKA.CKA_SEED, seed)))).Object;

        Assert.IsTrue(Value(key, CKA.CKA_PUBLIC_KEY_INFO)!.AsSpan()[^1952..].SequenceEqual(expected.GetPublicKeyEncoded()));
        Assert.AreSequenceEqual(
            Secrets((CKA.CKA_SEED, seed), (CKA.CKA_VALUE, expected.GetEncoded())), (await RevealAsync(appliance, alice, key, CKA.CKA_SEED, CKA.CKA_VALUE)).Secret);
        Assert.AreEqual("ok", (await ObjectRequests.SignAsync(appliance, alice, key.Id, CKM.CKM_ML_DSA)).Reason);
    }

    private static SignRequest NewSign(RunningAppliance appliance, SignContext context) => new()
    {
        ProjectId = appliance.ProjectId("demo"),
        KeyId = ByteString.CopyFrom([.. Convert.FromHexString(appliance.Store.Current.Keys.Values.First().Id), (byte)CKO.CKO_PRIVATE_KEY]),
        Mechanism = (ulong)CKM.CKM_ML_DSA,
        Data = ByteString.CopyFrom(Digest),
        RequestId = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16)),
        Context = context,
    };

    private static Task<Answer<SignResponse>> SignAsync(Client client, SignRequest request) =>
        client.CallAsync(OperationCode.Sign, request, SignResponse.Parser);

    private static bool Verifies(byte[] publicKeyInfo, byte[] signature, byte[] context)
    {
        MLDsaSigner verifier = new(MLDsaParameters.ml_dsa_44, deterministic: false);
        verifier.Init(forSigning: false, new ParametersWithContext(PublicKeyFactory.CreateKey(publicKeyInfo), context));
        verifier.BlockUpdate(Digest);
        return verifier.VerifySignature(signature);
    }
}
