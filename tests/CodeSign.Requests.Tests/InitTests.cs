using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;

namespace CodeSign.Requests.Tests;

/// <summary>Tokens emptied and PINs set by their SO.</summary>
[TestClass]
public sealed class InitTests
{
    private const string NewPin = "a new PIN";

    [TestMethod]
    public async Task Initialising_empties_the_token_and_leaves_what_is_governed()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.TokenInit = true);
        await alice.LoginAsync(RunningAppliance.Pin);
        Assert.AreEqual("pin.incorrect", (await (await appliance.ConnectAsync("alice")).LoginAsync("a wrong PIN")).Reason);
        await CreateDataAsync(appliance, alice, "notes");
        await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [ObjectTemplates.Of(CKA.CKA_EC_PARAMS, P256)], [ObjectTemplates.Of(CKA.CKA_TOKEN, true)]);

        Answer<InitTokenResponse> answer = await InitAsync(appliance, alice, RunningAppliance.SoPin, "renamed   ");

        Assert.IsNull(answer.Status, answer.Reason);
        Assert.AreEqual("renamed", answer.Message.Token.Label);
        Assert.IsFalse(answer.Message.Token.UserPinInitialized || answer.Message.Token.UserPinCountLow, "Nothing of the PIN is left.");
        Assert.IsEmpty(appliance.Store.Current.Objects);
        Assert.HasCount(1, appliance.Store.Current.Keys, "What csctl made stays.");
        Assert.AreEqual(
            "login.missing",
            (await alice.CallAsync(
                OperationCode.FindObjects, new FindObjectsRequest { ProjectId = appliance.ProjectId("renamed") }, FindObjectsResponse.Parser)).Reason,
            "Every login has ended.");
        alice.Ticket = [];
        Assert.AreEqual("pin.not_initialized", (await alice.LoginAsync(RunningAppliance.Pin, project: "renamed")).Reason);
    }

    [TestMethod]
    public async Task A_PIN_from_before_is_no_PIN_after_another_was_set()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.TokenInit = true);
        Assert.IsNull((await alice.LoginAsync(RunningAppliance.Pin)).Status);
        alice.Ticket = [];
        await InitAsync(appliance, alice, RunningAppliance.SoPin, "demo");
        Client officer = await appliance.ConnectAsync("alice");
        await officer.LoginAsync(RunningAppliance.SoPin, UserType.UserSo);
        Assert.IsNull((await InitPinAsync(appliance, officer, NewPin)).Status);

        Assert.AreEqual("pin.incorrect", (await alice.LoginAsync(RunningAppliance.Pin)).Reason);
    }

    [TestMethod]
    public async Task Only_where_the_project_allows_it_only_its_owner_and_only_with_the_SO_PIN()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        Assert.AreEqual("policy.init", (await InitAsync(appliance, alice, RunningAppliance.SoPin, "demo")).Reason);
        await SetAsync(alice, set => set.TokenInit = true);
        await CreateDataAsync(appliance, alice, "notes");

        Assert.AreEqual(CKR.CKR_PIN_INCORRECT, (await InitAsync(appliance, alice, "not the SO PIN", "demo")).Status!.Ckr);
        Assert.AreEqual(1, appliance.Store.Current.Pins.Values.Single(pin => pin.Id.EndsWith(":so", StringComparison.Ordinal)).Wrong.Single().Count, "It is counted.");
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "bob" }, CreateUserResponse.Parser);
        await alice.OkAsync(
            OperationCode.AddMember, new AddMemberRequest { Project = "demo", Member = new Member { User = "bob", Role = "KeyUser" } }, AddMemberResponse.Parser);
        Assert.AreEqual("role.missing", (await InitAsync(appliance, await appliance.ConnectAsync("bob"), RunningAppliance.SoPin, "demo")).Reason);
        Assert.HasCount(1, appliance.Store.Current.Objects);
    }

    [TestMethod]
    public async Task A_token_without_an_SO_PIN_gets_its_first()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.TokenInit = true);

        Answer<InitTokenResponse> refused = await InitAsync(appliance, alice, "1234567", "demo");
        Assert.AreEqual((CKR.CKR_PIN_INCORRECT, "pin.length"), (refused.Status!.Ckr, refused.Reason), "The standard names no other code here.");
        Assert.IsNull((await InitAsync(appliance, alice, "12345678", "demo")).Status);
        Assert.IsNull((await alice.LoginAsync("12345678", UserType.UserSo)).Status);
    }

    [TestMethod]
    public async Task A_label_is_a_projects_name_and_nobody_elses()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.TokenInit = true);
        await appliance.Local.OkAsync(
            OperationCode.CreateProject, new CreateProjectRequest { Name = "other", Owner = "alice", Pin = "none" }, CreateProjectResponse.Parser);

        Assert.AreEqual("project.exists", (await InitAsync(appliance, alice, RunningAppliance.SoPin, "other")).Reason);
        Assert.AreEqual("project.name", (await InitAsync(appliance, alice, RunningAppliance.SoPin, new string('x', 33))).Reason);
        Assert.AreEqual("project.name", (await InitAsync(appliance, alice, RunningAppliance.SoPin, "   ")).Reason);
    }

    [TestMethod]
    public async Task The_SO_sets_the_users_PIN_and_nobody_else_does()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        Assert.AreEqual(CKR.CKR_USER_NOT_LOGGED_IN, (await InitPinAsync(appliance, alice, NewPin)).Status!.Ckr);
        await alice.LoginAsync(RunningAppliance.Pin);
        Assert.AreEqual(CKR.CKR_USER_NOT_LOGGED_IN, (await InitPinAsync(appliance, alice, NewPin)).Status!.Ckr);
        Client officer = await appliance.ConnectAsync("alice");
        await officer.LoginAsync(RunningAppliance.SoPin, UserType.UserSo);
        Assert.AreEqual(CKR.CKR_PIN_LEN_RANGE, (await InitPinAsync(appliance, officer, "1234567")).Status!.Ckr);
        Assert.AreEqual(CKR.CKR_PIN_INVALID, (await InitPinAsync(appliance, officer, "a bell: \a")).Status!.Ckr);

        Assert.IsNull((await InitPinAsync(appliance, officer, NewPin)).Status);

        Assert.AreEqual("login.missing", (await TryCreateDataAsync(appliance, alice, "x")).Reason, "The older login has ended.");
        alice.Ticket = [];
        Assert.AreEqual("pin.incorrect", (await alice.LoginAsync(RunningAppliance.Pin)).Reason);
        Assert.IsNull((await alice.LoginAsync(NewPin)).Status);
    }

    [TestMethod]
    public async Task A_PIN_that_initialising_ended_opens_nothing_beside_its_successor()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.TokenInit = true);
        Assert.IsNull((await alice.LoginAsync(RunningAppliance.Pin)).Status);
        alice.Ticket = [];
        Assert.IsNull((await InitAsync(appliance, alice, RunningAppliance.SoPin, "demo")).Status);
        await alice.LoginAsync(RunningAppliance.SoPin, UserType.UserSo);

        Assert.IsNull((await InitPinAsync(appliance, alice, NewPin)).Status);

        alice.Ticket = [];
        Assert.AreEqual("pin.incorrect", (await alice.LoginAsync(RunningAppliance.Pin)).Reason);
        Assert.IsNull((await alice.LoginAsync(NewPin)).Status);
    }

    private static Task<Answer<InitTokenResponse>> InitAsync(RunningAppliance appliance, Client client, string pin, string label) => client.CallAsync(
        OperationCode.InitToken,
        new InitTokenRequest { ProjectId = appliance.ProjectId("demo"), Label = label },
        InitTokenResponse.Parser,
        System.Text.Encoding.UTF8.GetBytes(pin));

    private static Task<Answer<InitPinResponse>> InitPinAsync(RunningAppliance appliance, Client client, string pin) => client.CallAsync(
        OperationCode.InitPin,
        new InitPinRequest { ProjectId = appliance.ProjectId("demo") },
        InitPinResponse.Parser,
        System.Text.Encoding.UTF8.GetBytes(pin));
}
