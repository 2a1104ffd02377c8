using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Attribute = CodeSign.Wire.V1.Attribute;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>
/// The known attacks on PKCS#11's keys, tried on objects: double roles, weakening, forged history, other people's objects (Clulow 2003;
/// Bortolozzo, Centenaro, Focardi, Steel 2010).
/// </summary>
[TestClass]
public sealed class ObjectAttackTests
{
    public static IEnumerable<object[]> DoubleRoles =>
    [
        [new Attribute[] { Of(CKA.CKA_WRAP, true), Of(CKA.CKA_DECRYPT, true) }],
        [new Attribute[] { Of(CKA.CKA_UNWRAP, true), Of(CKA.CKA_ENCRYPT, true) }],
    ];

    public static IEnumerable<object[]> Weakenings =>
    [
        [CKA.CKA_SENSITIVE, false],
        [CKA.CKA_EXTRACTABLE, true],
        [CKA.CKA_WRAP_WITH_TRUSTED, false],
        [CKA.CKA_ALWAYS_SENSITIVE, false],
        [CKA.CKA_NEVER_EXTRACTABLE, false],
        [CKA.CKA_LOCAL, false],
    ];

    [TestMethod]
    [DynamicData(nameof(DoubleRoles))]
    public async Task A_secret_key_never_has_two_roles_that_undo_each_other(Attribute[] roles)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;

        Assert.AreEqual(CKR.CKR_TEMPLATE_INCONSISTENT, (await TryGenerateSecretAsync(appliance, alice, roles)).Status!.Ckr);

        // One after the other, by change and by copy.
        Object key = (await TryGenerateSecretAsync(appliance, alice, roles[0])).Message.Object;
        Assert.AreEqual(CKR.CKR_TEMPLATE_INCONSISTENT, (await SetAttributesAsync(appliance, alice, key, roles[1])).Status!.Ckr);
        Assert.AreEqual(CKR.CKR_TEMPLATE_INCONSISTENT, (await CopyAsync(appliance, alice, key, roles[1])).Status!.Ckr);
    }

    [TestMethod]
    [DataRow(CKA.CKA_WRAP, CKA.CKA_DECRYPT)]
    [DataRow(CKA.CKA_ENCRYPT, CKA.CKA_UNWRAP)]
    public async Task The_halves_of_a_pair_never_undo_each_other_where_keys_are_wrapped(CKA publicUse, CKA privateUse)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        async Task<CKR?> GenerateAsync() => (await TryGenerateAsync(
            appliance, alice, CKM.CKM_RSA_PKCS_KEY_PAIR_GEN, [Of(CKA.CKA_MODULUS_BITS, 2048UL), Of(publicUse, true)], [Of(privateUse, true)])).Status?.Ckr;

        Assert.IsNull(await GenerateAsync());
        await SetAsync(alice, set => set.ObjectWrap = true);
        Assert.AreEqual(CKR.CKR_TEMPLATE_INCONSISTENT, await GenerateAsync());
    }

    [TestMethod]
    public async Task A_pair_made_for_data_as_well_wraps_nothing_once_keys_are_wrapped()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        GenerateKeyPairResponse pair = (await TryGenerateAsync(
            appliance,
            alice,
            CKM.CKM_RSA_PKCS_KEY_PAIR_GEN,
            [Of(CKA.CKA_MODULUS_BITS, 3072UL), Of(CKA.CKA_WRAP, true), Of(CKA.CKA_TOKEN, true)],
            [Of(CKA.CKA_DECRYPT, true), Of(CKA.CKA_TOKEN, true)])).Message;
        await SetAsync(alice, set => set.ObjectWrap = true);
        Object key = await WrapRequests.GenerateAesAsync(appliance, alice, 16, Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_WRAP_WITH_TRUSTED, false));
        CodeSign.Wire.V1.CipherParameters oaep = new() { Hash = (ulong)CKM.CKM_SHA256, Mgf = (ulong)CKG.CKG_MGF1_SHA256 };

        Answer<WrapKeyResponse> answer = await WrapRequests.WrapAsync(appliance, alice, pair.PublicKey, key, CKM.CKM_RSA_PKCS_OAEP, oaep);

        Assert.AreEqual("wrap.pair", answer.Reason);
        await DestroyAsync(appliance, alice, pair.PrivateKey);
        Assert.AreEqual("ok", (await WrapRequests.WrapAsync(appliance, alice, pair.PublicKey, key, CKM.CKM_RSA_PKCS_OAEP, oaep)).Reason);
    }

    [TestMethod]
    [DynamicData(nameof(Weakenings))]
    public async Task Nothing_makes_a_key_weaker_than_it_was(CKA type, bool weaker)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.Extractable = true);
        Object key = (await TryGenerateSecretAsync(appliance, alice, Of(CKA.CKA_WRAP_WITH_TRUSTED, true))).Message.Object;

        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, (await SetAttributesAsync(appliance, alice, key, Of(type, weaker))).Status!.Ckr);
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, (await CopyAsync(appliance, alice, key, Of(type, weaker))).Status!.Ckr);
    }

    [TestMethod]
    [DataRow(CKA.CKA_LOCAL)]
    [DataRow(CKA.CKA_ALWAYS_SENSITIVE)]
    [DataRow(CKA.CKA_NEVER_EXTRACTABLE)]
    [DataRow(CKA.CKA_KEY_GEN_MECHANISM)]
    [DataRow(CKA.CKA_UNIQUE_ID)]
    public async Task A_key_from_elsewhere_can_not_forge_its_history(CKA type)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.ObjectImport = true);
        (CreateObjectRequest request, byte[] secrets, byte[] _, CKM _) = Import(appliance, "ec");
        request.Template.Add(type is CKA.CKA_KEY_GEN_MECHANISM or CKA.CKA_UNIQUE_ID ? Of(type, (ulong)CKM.CKM_EC_KEY_PAIR_GEN) : Of(type, true));

        Assert.AreEqual(
            CKR.CKR_ATTRIBUTE_READ_ONLY, (await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser, secrets)).Status!.Ckr);
    }

    [TestMethod]
    public async Task A_copy_of_a_private_object_is_private()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        await alice.LoginAsync(RunningAppliance.Pin);
        Object key = (await TryGenerateSecretAsync(appliance, alice)).Message.Object;

        Assert.AreEqual(CKR.CKR_TEMPLATE_INCONSISTENT, (await CopyAsync(appliance, alice, key, Of(CKA.CKA_PRIVATE, false))).Status!.Ckr);
    }

    [TestMethod]
    public async Task A_secret_number_is_not_taken_among_those_that_may_be_seen()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.ObjectImport = true);
        (CreateObjectRequest request, byte[] _, byte[] _, CKM _) = Import(appliance, "ec");
        request.Template.Add(Of(CKA.CKA_VALUE, new byte[32]));

        Assert.AreEqual(CKR.CKR_ATTRIBUTE_VALUE_INVALID, (await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser)).Status!.Ckr);
    }

    [TestMethod]
    public async Task Somebody_elses_session_objects_are_out_of_reach_though_the_application_is_known()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "bob" }, CreateUserResponse.Parser);
        await alice.OkAsync(
            OperationCode.AddMember, new AddMemberRequest { Project = "demo", Member = new Member { User = "bob", Role = "KeyUser" } }, AddMemberResponse.Parser);
        Client bob = await appliance.ConnectAsync("bob");
        Object key = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, false)])).Message.PrivateKey;

        Assert.AreEqual("key.unknown", (await SignAsync(appliance, bob, key.Id, CKM.CKM_ECDSA_SHA256)).Reason);
        Assert.AreEqual("object.unknown", (await CopyAsync(appliance, bob, key)).Reason);
        await bob.OkAsync(OperationCode.EndApplication, new EndApplicationRequest { Application = Application }, EndApplicationResponse.Parser);
        Assert.IsNull((await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Status, "Nobody ends what is another's.");
    }

    [TestMethod]
    public async Task A_session_key_signs_in_its_own_project_alone()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object key = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, false)])).Message.PrivateKey;
        await appliance.Local.OkAsync(
            OperationCode.CreateProject, new CreateProjectRequest { Name = "other", Owner = "alice", Pin = "none" }, CreateProjectResponse.Parser);
        await alice.OkAsync(
            OperationCode.AddMember, new AddMemberRequest { Project = "other", Member = new Member { User = "alice", Role = "KeyUser" } }, AddMemberResponse.Parser);

        Answer<SignResponse> answer = await alice.CallAsync(
            OperationCode.Sign,
            new SignRequest
            {
                ProjectId = appliance.ProjectId("other"),
                KeyId = key.Id,
                Mechanism = (ulong)CKM.CKM_ECDSA_SHA256,
                Data = ByteString.CopyFrom(Digest),
                RequestId = ByteString.CopyFrom(new byte[16]),
                Application = Application,
            },
            SignResponse.Parser);

        Assert.AreEqual("key.unknown", answer.Reason);
    }

    [TestMethod]
    public async Task A_session_key_obeys_the_policy_of_now()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object key = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, false)])).Message.PrivateKey;
        Member narrowed = new() { User = "alice", Role = "KeyUser" };
        narrowed.Environments.Add("p256");

        await alice.OkAsync(OperationCode.AddMember, new AddMemberRequest { Project = "demo", Member = narrowed }, AddMemberResponse.Parser);

        Assert.AreEqual("key.unknown", (await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Reason);
    }

    [TestMethod]
    [DataRow(SessionObjectsMax, true)]
    [DataRow(SessionObjectsMax + 1, false)]
    public async Task An_application_has_so_many_session_objects_and_no_more(int count, bool all)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Answer<GenerateKeyResponse>? last = null;
        for (int i = 0; i < count; i++)
        {
            last = await TryGenerateSecretAsync(appliance, alice, Of(CKA.CKA_TOKEN, false));
        }

        Assert.AreEqual(all ? "ok" : "session_objects.too_many", last!.Reason);
    }

    [TestMethod]
    [DataRow(ProtocolLimits.TemplateAttributesMax, "attribute.type")]
    [DataRow(ProtocolLimits.TemplateAttributesMax + 1, "template.too_long")]
    public async Task A_template_has_so_many_attributes_and_no_more(int count, string reason)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.Add(Of(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA));
        request.Template.AddRange(Enumerable.Range(1, count - 1).Select(i => Of((CKA)(0x80000000 + (ulong)i), true)));

        Assert.AreEqual(reason, (await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser)).Reason);
    }

    [TestMethod]
    [DataRow(0, "object.too_large")]
    [DataRow(1, "template.too_long")]
    public async Task A_template_has_so_many_bytes_and_no_more(int more, string reason)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.AddRange(
            [Of(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA), Of(CKA.CKA_VALUE, new byte[ProtocolLimits.ObjectBytesMax - sizeof(ulong) + more])]);

        Assert.AreEqual(reason, (await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task Objects_have_so_many_bytes_together_and_no_more()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.AddRange(
            [Of(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA), Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_VALUE, new byte[60 * 1024])]);
        long bytes = 0;
        string reason = "ok";
        for (int i = 0; i < 3000 && reason is "ok"; i++)
        {
            Answer<CreateObjectResponse> answer = await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser);
            reason = answer.Reason;
            bytes = appliance.Store.Current.BytesOfObjects(appliance.ProjectId("demo"));
        }

        Assert.AreEqual("objects.too_large", reason);
        Assert.IsGreaterThan(127L << 20, bytes);
        Assert.IsLessThanOrEqualTo(128L << 20, bytes);
        Object one = (await FindAsync(appliance, alice, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA)))[0];
        await DestroyAsync(appliance, alice, one);
        Assert.AreEqual("ok", (await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser)).Reason);
    }

    private const int SessionObjectsMax = 1_000;

    private static Task<Answer<GenerateKeyResponse>> TryGenerateSecretAsync(RunningAppliance appliance, Client client, params Attribute[] template)
    {
        GenerateKeyRequest request = new() { ProjectId = appliance.ProjectId("demo"), Mechanism = (ulong)CKM.CKM_AES_KEY_GEN, Application = Application };
        request.Template.Add(Of(CKA.CKA_VALUE_LEN, 32UL));
        request.Template.AddRange(template);
        if (!template.Any(attribute => attribute.Type == (ulong)CKA.CKA_TOKEN))
        {
            request.Template.Add(Of(CKA.CKA_TOKEN, true));
        }

        return client.CallAsync(OperationCode.GenerateKey, request, GenerateKeyResponse.Parser);
    }

    private static Task<Answer<SetAttributesResponse>> SetAttributesAsync(
        RunningAppliance appliance, Client client, Object target, params Attribute[] template)
    {
        SetAttributesRequest request = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = target.Id, Application = Application };
        request.Template.AddRange(template);
        return client.CallAsync(OperationCode.SetAttributes, request, SetAttributesResponse.Parser);
    }

    private static Task<Answer<CopyObjectResponse>> CopyAsync(RunningAppliance appliance, Client client, Object target, params Attribute[] template)
    {
        CopyObjectRequest request = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = target.Id, Application = Application };
        request.Template.AddRange(template);
        return client.CallAsync(OperationCode.CopyObject, request, CopyObjectResponse.Parser);
    }
}
