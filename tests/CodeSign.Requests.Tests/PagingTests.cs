using CodeSign.Appliance.Requests.Operations;
using CodeSign.Appliance.Requests.Operations.People;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf.Collections;

namespace CodeSign.Requests.Tests;

[TestClass]
public sealed class PagingTests
{
    [TestMethod]
    public void A_list_of_any_size_comes_whole_in_pages_that_fit()
    {
        string[] all = [.. Enumerable.Range(0, 3000).Select(i => $"{i:D5}")];
        List<string> seen = [];
        string after = "";
        int pages = 0;
        do
        {
            RepeatedField<User> page = [];
            after = Page.Fill(page, all.Reverse(), name => name, after, name => new User { Name = name, Id = new string('x', 500) });
            Assert.IsLessThan(Page.BytesMax + 1024, page.Sum(user => user.CalculateSize()));
            seen.AddRange(page.Select(user => user.Name));
            pages++;
        }
        while (after.Length > 0);

        Assert.AreSequenceEqual(all, seen);
        Assert.IsGreaterThan(4, pages);
    }

    [TestMethod]
    public void An_item_larger_than_a_page_has_one_for_itself()
    {
        RepeatedField<User> page = [];
        string next = Page.Fill(page, ["a", "b"], name => name, "", name => new User { Name = new string(name[0], Page.BytesMax) });

        Assert.HasCount(1, page);
        Assert.AreEqual("a", next);
        Assert.AreEqual("", Page.Fill(page, ["a", "b"], name => name, next, name => new User { Name = name }));
        Assert.HasCount(2, page);
    }

    [TestMethod]
    public async Task A_user_has_so_many_grants_and_not_one_more_and_all_are_listed()
    {
        await using RunningAppliance appliance = RunningAppliance.Create();
        Client local = appliance.Local;
        await local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "alice" }, CreateUserResponse.Parser);
        CreateGrantRequest request = new() { User = "alice", Description = new string('ä', 1024) };
        for (int i = 0; i < GrantOperations.GrantsMax; i++)
        {
            await local.OkAsync(OperationCode.CreateGrant, request, CreateGrantResponse.Parser);
        }

        Assert.AreEqual("grant.too_many", (await local.CallAsync(OperationCode.CreateGrant, request, CreateGrantResponse.Parser)).Reason);
        List<Grant> listed = await ListAsync(local, "alice");
        Assert.HasCount(GrantOperations.GrantsMax, listed);
        Assert.HasCount(GrantOperations.GrantsMax, listed.Select(grant => grant.Id).ToHashSet());

        await local.OkAsync(OperationCode.RevokeGrant, new RevokeGrantRequest { Id = listed[7].Id }, RevokeGrantResponse.Parser);
        await local.OkAsync(OperationCode.CreateGrant, request, CreateGrantResponse.Parser);
    }

    [TestMethod]
    public async Task Ended_grants_are_forgotten_when_there_are_many()
    {
        await using RunningAppliance appliance = RunningAppliance.Create();
        Client local = appliance.Local;
        await local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "alice" }, CreateUserResponse.Parser);
        CreateGrantRequest request = new() { User = "alice", LifetimeSeconds = 60 };
        for (int i = 0; i < GrantOperations.EndedMax + 10; i++)
        {
            appliance.Clock.Advance(TimeSpan.FromSeconds(10));
            await local.OkAsync(OperationCode.CreateGrant, request, CreateGrantResponse.Parser);
        }

        appliance.Clock.Advance(TimeSpan.FromDays(1));
        await local.OkAsync(OperationCode.CreateGrant, request, CreateGrantResponse.Parser);

        Assert.HasCount(GrantOperations.EndedMax + 1, await ListAsync(local, "alice"));
    }

    [TestMethod]
    public async Task An_environment_with_more_keys_than_a_page_holds_comes_in_parts()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        RotateKeyRequest rotate = new() { Project = "demo", Environment = "p256", SelfSignedSubject = $"CN={new string('n', 60)}" };
        const int Rotations = 700;
        for (int i = 0; i < Rotations; i++)
        {
            RotateKeyResponse rotated = await alice.OkAsync(OperationCode.RotateKey, rotate, RotateKeyResponse.Parser);
            Assert.HasCount(1, rotated.Environment.Keys.Single(key => key.Current).Chain);
            Assert.IsTrue(rotated.Environment.Keys.Where(key => !key.Current).All(key => key.Chain.Count == 0 && key.PublicKey.IsEmpty));
            Assert.IsTrue(rotated.Environment.Keys.All(key => key.Certificates == 1), "They are counted where they are left out.");
        }

        List<uint> generations = [];
        string after = "";
        int pages = 0;
        do
        {
            ListEnvironmentsResponse page = await alice.OkAsync(
                OperationCode.ListEnvironments, new ListEnvironmentsRequest { Project = "demo", After = after }, ListEnvironmentsResponse.Parser);
            Assert.HasCount(1, page.Environments);
            Assert.IsTrue(page.Environments[0].Keys.All(key => key.Chain.Count == 1));
            generations.AddRange(page.Environments[0].Keys.Select(key => key.Generation));
            after = page.Next;
            pages++;
        }
        while (after.Length > 0);

        Assert.AreSequenceEqual(Enumerable.Range(1, Rotations + 1).Select(i => (uint)i), generations);
        Assert.IsGreaterThan(1, pages);
    }

    [TestMethod]
    public async Task Tokens_that_hello_has_no_room_for_are_listed_behind_it()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        const int Projects = 4500;
        foreach (Task<Answer<CreateProjectResponse>> create in Enumerable.Range(0, Projects).Select(i => appliance.Local.CallAsync(
            OperationCode.CreateProject,
            new CreateProjectRequest { Name = $"{i:D4} {new string('p', 27)}", Owner = "alice", Pin = "none" },
            CreateProjectResponse.Parser)).ToArray())
        {
            Assert.AreEqual("ok", (await create).Reason);
        }

        Answer<HelloResponse> hello = await alice.Reconnected().HelloAsync();
        Assert.AreEqual("ok", hello.Reason);
        List<string> labels = [.. hello.Message.Tokens.Select(token => token.Label)];
        for (string after = hello.Message.TokensNext; after.Length > 0;)
        {
            ListTokensResponse page = await alice.OkAsync(OperationCode.ListTokens, new ListTokensRequest { After = after }, ListTokensResponse.Parser);
            labels.AddRange(page.Tokens.Select(token => token.Label));
            after = page.Next;
        }

        Assert.AreNotEqual("", hello.Message.TokensNext);
        Assert.HasCount(Projects + 1, labels.ToHashSet());
        Assert.HasCount(Projects + 1, labels);
    }

    private static async Task<List<Grant>> ListAsync(Client client, string user)
    {
        List<Grant> all = [];
        string after = "";
        do
        {
            ListGrantsResponse page = await client.OkAsync(
                OperationCode.ListGrants, new ListGrantsRequest { User = user, After = after }, ListGrantsResponse.Parser);
            all.AddRange(page.Grants);
            after = page.Next;
        }
        while (after.Length > 0);
        return all;
    }
}
