using System.Text;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Requests.Tests;

/// <summary>How short a project's PINs may be, and how many wrong ones lock.</summary>
[TestClass]
public sealed class PinPolicyTests
{
    [TestMethod]
    [DataRow(3u, "project.pin_min")]
    [DataRow(4u, "ok")]
    [DataRow(64u, "ok")]
    [DataRow(65u, "project.pin_min")]
    public async Task The_shortest_PIN_has_4_to_64_bytes(uint bytes, string reason)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;

        Assert.AreEqual(reason, (await SetAsync(alice, new SetProjectRequest { Name = "demo", PinMin = bytes })).Reason);

        uint shortest = reason is "ok" ? bytes : 8;
        Assert.AreEqual(shortest, (await TokenAsync(alice)).PinLengthMin);
        Assert.AreEqual("pin.length", (await ResetAsync(alice, new string('x', (int)shortest - 1))).Reason);
        Assert.AreEqual("ok", (await ResetAsync(alice, new string('x', (int)shortest))).Reason);
    }

    [TestMethod]
    [DataRow(2u, "project.pin_tries")]
    [DataRow(3u, "ok")]
    [DataRow(20u, "ok")]
    [DataRow(21u, "project.pin_tries")]
    public async Task A_PIN_is_locked_by_3_to_20_wrong_ones_and_its_flags_say_how_far_it_is(uint tries, string reason)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;

        Assert.AreEqual(reason, (await SetAsync(alice, new SetProjectRequest { Name = "demo", PinTries = tries })).Reason);

        uint locksAt = reason is "ok" ? tries : 10;
        for (int wrong = 1; wrong <= locksAt; wrong++)
        {
            Assert.AreEqual("pin.incorrect", (await alice.LoginAsync($"wrong PIN {wrong}")).Reason);
            TokenDescription token = await TokenAsync(alice);
            Assert.AreEqual(
                (true, wrong == locksAt - 1, wrong == locksAt), (token.UserPinCountLow, token.UserPinFinalTry, token.UserPinLocked), $"{wrong} of {locksAt}");
        }

        Assert.AreEqual(CKR.CKR_PIN_LOCKED, (await alice.LoginAsync(RunningAppliance.Pin)).Status?.Ckr);
    }

    [TestMethod]
    public async Task Only_an_owner_or_administrator_sets_it_and_a_project_shows_it()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "bob" }, CreateUserResponse.Parser);
        await alice.OkAsync(
            OperationCode.AddMember, new AddMemberRequest { Project = "demo", Member = new Member { User = "bob", Role = "KeyUser" } }, AddMemberResponse.Parser);
        Client bob = await appliance.ConnectAsync("bob");

        Assert.AreEqual("role.missing", (await SetAsync(bob, new SetProjectRequest { Name = "demo", PinTries = 20 })).Reason);
        await SetAsync(alice, new SetProjectRequest { Name = "demo", PinTries = 5, PinMin = 12 });

        await appliance.RestartAsync();
        Project shown = (await appliance.Local.OkAsync(OperationCode.ListProjects, new ListProjectsRequest(), ListProjectsResponse.Parser)).Projects.Single();
        Assert.AreEqual((12u, 5u), (shown.PinMin, shown.PinTries));
    }

    [TestMethod]
    [DataRow("tab\tin it!")]
    [DataRow("delete\u007fd")]
    [DataRow("zero\0zero")]
    public async Task A_PIN_that_nobody_can_type_is_not_set(string pin)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;

        Answer<ResetPinResponse> refused = await ResetAsync(alice, pin);

        Assert.AreEqual((CKR.CKR_PIN_INVALID, "pin.characters"), (refused.Status?.Ckr, refused.Reason));
        Assert.AreEqual("ok", (await ResetAsync(alice, "naïve PIN")).Reason);
        Assert.AreEqual(
            "pin.characters",
            (await alice.CallAsync(
                OperationCode.ResetPin,
                new ResetPinRequest { Project = "demo", UserType = UserType.UserUser },
                ResetPinResponse.Parser,
                Encoding.Latin1.GetBytes("naïve PIN"))).Reason);
    }

    private static Task<Answer<SetProjectResponse>> SetAsync(Client client, SetProjectRequest request) =>
        client.CallAsync(OperationCode.SetProject, request, SetProjectResponse.Parser);

    private static Task<Answer<ResetPinResponse>> ResetAsync(Client client, string pin) => client.CallAsync(
        OperationCode.ResetPin,
        new ResetPinRequest { Project = "demo", UserType = UserType.UserUser },
        ResetPinResponse.Parser,
        Encoding.UTF8.GetBytes(pin));

    private static async Task<TokenDescription> TokenAsync(Client client) =>
        (await client.OkAsync(OperationCode.ListTokens, new ListTokensRequest(), ListTokensResponse.Parser)).Tokens.Single();
}
