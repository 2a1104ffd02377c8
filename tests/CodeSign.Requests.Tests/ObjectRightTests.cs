using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>Who may do what with objects that applications make, and what they never do.</summary>
[TestClass]
public sealed class ObjectRightTests
{
    [TestMethod]
    public async Task Nobody_makes_objects_where_the_project_does_not_want_them()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await using RunningAppliance _ = appliance;

        Assert.AreEqual("objects.off", (await TryCreateDataAsync(appliance, alice, "x")).Reason);
        Assert.AreEqual("objects.off", (await TryGenerateAsync(appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)])).Reason);
    }

    [TestMethod]
    public async Task Only_KeyUsers_of_the_default_environment_make_objects()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "bob" }, CreateUserResponse.Parser);
        Member bob = new() { User = "bob", Role = "KeyUser" };
        bob.Environments.Add("p256");
        await alice.OkAsync(OperationCode.AddMember, new AddMemberRequest { Project = "demo", Member = bob }, AddMemberResponse.Parser);
        Client narrow = await appliance.ConnectAsync("bob");
        await CreateDataAsync(appliance, alice, "notes");

        Assert.AreEqual("role.missing", (await TryCreateDataAsync(appliance, narrow, "x")).Reason);
        Assert.IsEmpty(await FindAsync(appliance, narrow, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA)));
    }

    [TestMethod]
    public async Task A_key_that_is_not_made_to_sign_does_not()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object key = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_SIGN, false)])).Message.PrivateKey;

        Assert.AreEqual(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, (await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Status!.Ckr);
    }

    [TestMethod]
    public async Task Keys_stay_closed_unless_the_project_allows_others()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        GenerateKeyRequest request = new() { ProjectId = appliance.ProjectId("demo"), Mechanism = (ulong)CKM.CKM_AES_KEY_GEN, Application = Application };
        request.Template.AddRange([Of(CKA.CKA_VALUE_LEN, 32UL), Of(CKA.CKA_SENSITIVE, false), Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_TOKEN, true)]);

        Assert.AreEqual("policy.extractable", (await alice.CallAsync(OperationCode.GenerateKey, request, GenerateKeyResponse.Parser)).Reason);
        await SetAsync(alice, set => set.Extractable = true);
        Object key = (await alice.OkAsync(OperationCode.GenerateKey, request, GenerateKeyResponse.Parser)).Object;
        Assert.IsNull(Value(key, CKA.CKA_VALUE));
        Answer<RevealAttributesResponse> shown = await RevealAsync(appliance, alice, key, CKA.CKA_VALUE);
        Assert.IsNull(shown.Status, shown.Reason);
        Assert.HasCount(12 + 32, shown.Secret);

        SetAttributesRequest close = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id };
        close.Template.Add(Of(CKA.CKA_SENSITIVE, true));
        await alice.OkAsync(OperationCode.SetAttributes, close, SetAttributesResponse.Parser);
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_SENSITIVE, (await RevealAsync(appliance, alice, key, CKA.CKA_VALUE)).Status!.Ckr);
        close.Template[0] = Of(CKA.CKA_SENSITIVE, false);
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, (await alice.CallAsync(OperationCode.SetAttributes, close, SetAttributesResponse.Parser)).Status!.Ckr);
    }

    [TestMethod]
    public async Task Private_objects_are_seen_and_touched_after_the_users_login_only()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        CreateObjectRequest request = Data(appliance, "secret notes");
        request.Template.Add(Of(CKA.CKA_PRIVATE, true));
        Assert.AreEqual(CKR.CKR_USER_NOT_LOGGED_IN, (await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser)).Status!.Ckr);
        await alice.LoginAsync(RunningAppliance.Pin);
        Object made = (await alice.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser)).Object;
        Assert.HasCount(1, await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "secret notes")));

        Client anonymous = await appliance.ConnectAsync("alice");
        Assert.IsEmpty(await FindAsync(appliance, anonymous, Of(CKA.CKA_LABEL, "secret notes")));
        Assert.AreEqual(CKR.CKR_OBJECT_HANDLE_INVALID, (await TryDestroyAsync(appliance, anonymous, made)).Status!.Ckr);
        await anonymous.LoginAsync(RunningAppliance.SoPin, UserType.UserSo);
        Assert.AreEqual(CKR.CKR_OBJECT_HANDLE_INVALID, (await TryDestroyAsync(appliance, anonymous, made)).Status!.Ckr);
    }

    [TestMethod]
    public async Task Only_the_security_officer_makes_anything_trusted()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        await alice.LoginAsync(RunningAppliance.Pin);
        Object key = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256), Of(CKA.CKA_TOKEN, true)], [Of(CKA.CKA_TOKEN, true)])).Message.PublicKey;
        SetAttributesRequest trust = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id };
        trust.Template.Add(Of(CKA.CKA_TRUSTED, true));

        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, (await alice.CallAsync(OperationCode.SetAttributes, trust, SetAttributesResponse.Parser)).Status!.Ckr);
        Client officer = await appliance.ConnectAsync("alice");
        await officer.LoginAsync(RunningAppliance.SoPin, UserType.UserSo);
        await officer.OkAsync(OperationCode.SetAttributes, trust, SetAttributesResponse.Parser);
    }

    [TestMethod]
    public async Task Keys_of_environments_are_not_touched()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object governed = (await alice.FindAsync(CKO.CKO_PRIVATE_KEY)).Objects.Single();

        Assert.AreEqual("object.governed", (await TryDestroyAsync(appliance, alice, governed)).Reason);
        Assert.AreEqual(
            "object.governed",
            (await alice.CallAsync(
                OperationCode.CopyObject, new CopyObjectRequest { ProjectId = appliance.ProjectId("demo"), ObjectId = governed.Id }, CopyObjectResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task Another_projects_objects_are_not_found_and_not_touched()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object made = await CreateDataAsync(appliance, alice, "notes");
        await appliance.Local.OkAsync(
            OperationCode.CreateProject, new CreateProjectRequest { Name = "other", Owner = "alice", Pin = "none" }, CreateProjectResponse.Parser);
        await alice.OkAsync(
            OperationCode.AddMember, new AddMemberRequest { Project = "other", Member = new Member { User = "alice", Role = "KeyUser" } }, AddMemberResponse.Parser);
        await SetAsync(alice, set => (set.Name, set.Objects) = ("other", true));

        Answer<DestroyObjectResponse> answer = await alice.CallAsync(
            OperationCode.DestroyObject, new DestroyObjectRequest { ProjectId = appliance.ProjectId("other"), ObjectId = made.Id }, DestroyObjectResponse.Parser);

        Assert.AreEqual("object.unknown", answer.Reason);
    }
}
