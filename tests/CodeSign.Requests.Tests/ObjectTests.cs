using System.Text;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Keys.Tests;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>Objects that applications make.</summary>
[TestClass]
public sealed class ObjectTests
{
    [TestMethod]
    public async Task A_data_object_is_made_found_changed_copied_and_destroyed_and_each_stands_in_the_record()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;

        Object made = await CreateDataAsync(appliance, alice, "notes");
        Assert.AreEqual("notes", Encoding.UTF8.GetString(Value(Assert.ContainsSingle(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "notes"))), CKA.CKA_LABEL)!));

        SetAttributesRequest change = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = made.Id };
        change.Template.Add(Of(CKA.CKA_LABEL, "other"));
        Object changed = (await alice.OkAsync(OperationCode.SetAttributes, change, SetAttributesResponse.Parser)).Object;
        Assert.AreEqual(made.Version + 1, changed.Version);
        Assert.IsEmpty(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "notes")));

        CopyObjectRequest copy = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = made.Id };
        copy.Template.Add(Of(CKA.CKA_LABEL, "copy"));
        Object copied = (await alice.OkAsync(OperationCode.CopyObject, copy, CopyObjectResponse.Parser)).Object;
        Assert.AreNotEqual(made.Id, copied.Id);
        Assert.AreSequenceEqual("the value"u8.ToArray(), Value(copied, CKA.CKA_VALUE));

        await DestroyAsync(appliance, alice, made);
        Assert.HasCount(1, await FindAsync(appliance, alice, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA)));
        Assert.AreEqual("object.unknown", (await TryDestroyAsync(appliance, alice, made)).Reason);
        Assert.AreSequenceEqual(
            (string[])["object.create", "object.set", "object.copy", "object.destroy", "object.destroy.refused"],
            appliance.Leaves().Select(EventOf).Where(name => name.StartsWith("object.", StringComparison.Ordinal)).ToArray());
    }

    [TestMethod]
    public async Task Objects_outlive_a_restart()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object made = await CreateDataAsync(appliance, alice, "notes");

        await appliance.RestartAsync();

        Client again = await appliance.ConnectAsync("alice");
        Assert.AreEqual(made, Assert.ContainsSingle(await FindAsync(appliance, again, Of(CKA.CKA_LABEL, "notes"))));
    }

    [TestMethod]
    [DataRow(CKM.CKM_EC_KEY_PAIR_GEN, CKM.CKM_ECDSA_SHA256, true)]
    [DataRow(CKM.CKM_EC_KEY_PAIR_GEN, CKM.CKM_ECDSA_SHA256, false)]
    [DataRow(CKM.CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM.CKM_EDDSA, true)]
    [DataRow(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN, CKM.CKM_SHA256_RSA_PKCS, true)]
    [DataRow(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN, CKM.CKM_SHA256_RSA_PKCS, false)]
    public async Task A_generated_key_signs(CKM generate, CKM sign, bool token)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        CodeSign.Wire.V1.Attribute kind = generate switch
        {
            CKM.CKM_RSA_PKCS_KEY_PAIR_GEN => Of(CKA.CKA_MODULUS_BITS, 2048UL),
            CKM.CKM_EC_KEY_PAIR_GEN => Of(CKA.CKA_EC_PARAMS, P256),
            _ => Of(CKA.CKA_EC_PARAMS, Ed25519),
        };

        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(appliance, alice, generate, [kind], [Of(CKA.CKA_TOKEN, token), Of(CKA.CKA_LABEL, "mine")]);

        Assert.IsNull(made.Status, made.Reason);
        Object key = made.Message.PrivateKey;
        Assert.IsTrue(Is(key, CKA.CKA_LOCAL) && Is(key, CKA.CKA_ALWAYS_SENSITIVE) && Is(key, CKA.CKA_NEVER_EXTRACTABLE));
        Assert.AreEqual(key, Assert.ContainsSingle(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "mine"))));
        Answer<SignResponse> signed = await SignAsync(appliance, alice, key.Id, sign);
        Assert.IsNull(signed.Status, signed.Reason);
        Assert.IsTrue(Verify(Value(made.Message.PublicKey, CKA.CKA_PUBLIC_KEY_INFO)!, signed.Message.Signature.ToByteArray(), sign));
        Assert.Contains("\"environment\":\"default\"", appliance.Leaves()[^1]);
    }

    [TestMethod]
    public async Task A_session_key_is_its_applications_alone_and_ends_with_it()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object key = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, false)])).Message.PrivateKey;
        ByteString other = ByteString.CopyFrom(new byte[16]);

        Assert.AreEqual("key.unknown", (await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256, other)).Reason);
        Assert.IsEmpty(await FindAsync(appliance, alice, other, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY), Of(CKA.CKA_TOKEN, false)));
        Assert.IsNull((await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Status);

        await alice.OkAsync(OperationCode.EndApplication, new EndApplicationRequest { Application = Application }, EndApplicationResponse.Parser);
        Assert.AreEqual("key.unknown", (await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Reason);
    }

    [TestMethod]
    [DataRow("rsa")]
    [DataRow("ec")]
    public async Task A_key_from_elsewhere_is_brought_in_where_the_project_allows_it_and_signs(string kind)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        (CreateObjectRequest request, byte[] secrets, byte[] publicKey, CKM sign) = Import(appliance, kind);

        Assert.AreEqual("policy.import", (await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser, secrets)).Reason);
        await SetAsync(alice, set => set.ObjectImport = true);
        Object key = (await alice.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser, secrets)).Object;

        Assert.IsFalse(Is(key, CKA.CKA_LOCAL) || Is(key, CKA.CKA_ALWAYS_SENSITIVE) || Is(key, CKA.CKA_NEVER_EXTRACTABLE));
        Assert.IsTrue(Verify(publicKey, (await SignAsync(appliance, alice, key.Id, sign)).Message.Signature.ToByteArray(), sign));
    }

    [TestMethod]
    public async Task Numbers_that_do_not_fit_together_are_no_key()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.ObjectImport = true);
        (CreateObjectRequest request, byte[] secrets, byte[] _, CKM _) = Import(appliance, "rsa");
        secrets[^1] ^= 1;

        Answer<CreateObjectResponse> answer = await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser, secrets);

        Assert.AreEqual(CKR.CKR_ATTRIBUTE_VALUE_INVALID, answer.Status!.Ckr);
    }

    [TestMethod]
    public async Task What_was_brought_in_is_read_out_again_number_by_number()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => (set.ObjectImport, set.Extractable) = (true, true));
        foreach (string kind in (string[])["rsa", "ec"])
        {
            (CreateObjectRequest request, byte[] secrets, byte[] _, CKM _) = Import(appliance, kind);
            request.Template.AddRange([Of(CKA.CKA_SENSITIVE, false), Of(CKA.CKA_EXTRACTABLE, true)]);
            Object key = (await alice.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser, secrets)).Object;

            CKA[] types = kind is "rsa"
                ? [CKA.CKA_PRIVATE_EXPONENT, CKA.CKA_PRIME_1, CKA.CKA_PRIME_2, CKA.CKA_EXPONENT_1, CKA.CKA_EXPONENT_2, CKA.CKA_COEFFICIENT]
                : [CKA.CKA_VALUE];
            Assert.AreSequenceEqual(secrets, (await RevealAsync(appliance, alice, key, types)).Secret);
        }
    }

    [TestMethod]
    [DataRow(CKM.CKM_AES_KEY_GEN, 32UL)]
    [DataRow(CKM.CKM_GENERIC_SECRET_KEY_GEN, 20UL)]
    public async Task A_secret_key_is_generated_on_the_projects_hsm_and_removed_from_it(CKM mechanism, ulong bytes)
    {
        FaultyHsm hsm = new();
        await using PassThroughBackend device = new(hsm.Options, TimeProvider.System);
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none", devices: device);
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => (set.Objects, set.ObjectStorage) = (true, "hsm:test"));

        Object key = (await TryGenerateSecretAsync(appliance, alice, mechanism, Of(CKA.CKA_VALUE_LEN, bytes), Of(CKA.CKA_TOKEN, true))).Message.Object;

        Assert.IsTrue(Is(key, CKA.CKA_LOCAL) && Is(key, CKA.CKA_ALWAYS_SENSITIVE) && Is(key, CKA.CKA_NEVER_EXTRACTABLE));
        Assert.AreSequenceEqual(AttributeSet.Bytes(bytes), Value(key, CKA.CKA_VALUE_LEN));
        Assert.AreEqual(1, hsm.Calls(FaultyHsm.GenerateKey));
        int destroyed = hsm.Calls(FaultyHsm.DestroyObject);
        await DestroyAsync(appliance, alice, key);
        Assert.AreEqual(destroyed + 1, hsm.Calls(FaultyHsm.DestroyObject));
    }

    [TestMethod]
    public async Task A_secret_key_that_a_device_cannot_keep_is_refused_and_not_made()
    {
        FaultyHsm hsm = new();
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(
            "none", devices: new PassThroughBackend(hsm.Options, TimeProvider.System));
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => (set.Objects, set.ObjectStorage, set.Extractable) = (true, "hsm:test", true));

        foreach (CodeSign.Wire.V1.Attribute wish in (CodeSign.Wire.V1.Attribute[])
            [Of(CKA.CKA_TOKEN, false), Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_SENSITIVE, false), Of(CKA.CKA_DERIVE, true)])
        {
            Answer<GenerateKeyResponse> answer = await TryGenerateSecretAsync(
                appliance, alice, CKM.CKM_AES_KEY_GEN, Of(CKA.CKA_VALUE_LEN, 32UL), wish, Of(CKA.CKA_TOKEN, (CKA)wish.Type != CKA.CKA_TOKEN));
            Assert.AreEqual("hsm.template", answer.Reason, $"{(CKA)wish.Type}");
        }

        Assert.AreEqual(0, hsm.Calls(FaultyHsm.GenerateKey));
    }

    [TestMethod]
    public async Task A_key_is_generated_on_the_projects_hsm_and_removed_from_it()
    {
        FaultyHsm hsm = new();
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(
            "none", devices: new PassThroughBackend(hsm.Options, TimeProvider.System));
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => (set.Objects, set.ObjectStorage) = (true, "hsm:test"));

        Object key = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, true)])).Message.PrivateKey;
        Assert.IsNull((await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Status);
        await SetAsync(alice, set => set.ObjectStorage = "software");
        Assert.IsNull((await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Status, "A key stays where it was made.");
        await DestroyAsync(appliance, alice, key);
        Assert.AreEqual("key.unknown", (await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Reason);
    }
}
