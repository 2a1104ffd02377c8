using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Requests.Tests;

/// <summary>A grant narrowed to some projects, a build machine's say, against the other grants of its user.</summary>
[TestClass]
public sealed class NarrowGrantTests
{
    [TestMethod]
    public async Task A_narrow_grant_lists_and_revokes_no_grant_that_reaches_further()
    {
        (RunningAppliance appliance, Client wide) = await WithTwoProjectsAsync();
        await using RunningAppliance _ = appliance;
        Client narrow = await appliance.ConnectAsync("alice", "demo");
        Client beside = await appliance.ConnectAsync("alice", "other");
        Client both = await appliance.ConnectAsync("alice", "demo", "other");

        Assert.AreSequenceEqual([narrow.GrantId], await ListAsync(narrow));
        foreach (Client further in new[] { wide, beside, both })
        {
            Assert.AreEqual("grant.unknown", await RevokeAsync(narrow, further.GrantId));
            Assert.AreEqual("ok", await TokensAsync(further));
        }
    }

    [TestMethod]
    public async Task A_narrow_grant_handles_those_that_reach_no_further_and_a_wide_one_all()
    {
        (RunningAppliance appliance, Client wide) = await WithTwoProjectsAsync();
        await using RunningAppliance _ = appliance;
        Client both = await appliance.ConnectAsync("alice", "demo", "other");
        Client narrow = await appliance.ConnectAsync("alice", "demo");

        Assert.HasCount(2, await ListAsync(both));
        Assert.Contains(both.GrantId, await ListAsync(wide));
        Assert.AreEqual("ok", await RevokeAsync(both, narrow.GrantId));
        Assert.AreEqual("identity.ended", await TokensAsync(narrow));
        Assert.AreEqual("ok", await RevokeAsync(both, both.GrantId), "its own");
        Assert.AreEqual("identity.ended", await TokensAsync(both));
    }

    private static async Task<(RunningAppliance Appliance, Client Alice)> WithTwoProjectsAsync()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await appliance.Local.OkAsync(
            OperationCode.CreateProject, new CreateProjectRequest { Name = "other", Owner = "alice" }, CreateProjectResponse.Parser);
        return (appliance, alice);
    }

    private static async Task<IReadOnlyList<string>> ListAsync(Client client) =>
        [.. (await client.OkAsync(OperationCode.ListGrants, new ListGrantsRequest(), ListGrantsResponse.Parser)).Grants.Select(grant => grant.Id)];

    private static async Task<string> RevokeAsync(Client client, string id) =>
        (await client.CallAsync(OperationCode.RevokeGrant, new RevokeGrantRequest { Id = id }, RevokeGrantResponse.Parser)).Reason;

    private static async Task<string> TokensAsync(Client client) =>
        (await client.CallAsync(OperationCode.ListTokens, new ListTokensRequest(), ListTokensResponse.Parser)).Reason;
}
