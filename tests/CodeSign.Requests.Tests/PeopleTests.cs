using System.Text;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Requests.Tests;

[TestClass]
public sealed class PeopleTests
{
    private const string Password = "twelve bytes or more";

    [TestMethod]
    public async Task The_right_password_opens_and_a_wrong_one_says_no_more_than_an_unknown_name()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();

        Assert.AreEqual("ok", (await appliance.Anonymous().HelloAsync("root", Password)).Reason);
        Answer<HelloResponse> wrong = await appliance.Anonymous().HelloAsync("root", "something else");
        Answer<HelloResponse> unknown = await appliance.Anonymous().HelloAsync("nobody", "something else");
        Assert.AreEqual(wrong.Status, unknown.Status);
        Assert.AreEqual("password.incorrect", wrong.Reason);
    }

    [TestMethod]
    public async Task Whoever_guesses_waits_and_others_do_not()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        for (int i = 0; i < 6; i++)
        {
            await appliance.Anonymous().HelloAsync("root", "guess");
        }

        Assert.AreEqual("password.throttled", (await appliance.Anonymous().HelloAsync("root", Password)).Reason);
        Assert.AreEqual("ok", (await appliance.Anonymous("192.0.2.99").HelloAsync("root", Password)).Reason);
        appliance.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.AreEqual("ok", (await appliance.Anonymous().HelloAsync("root", Password)).Reason);
    }

    [TestMethod]
    public async Task The_last_administrator_can_be_neither_disabled_nor_stripped()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();

        Answer<SetUserResponse> disabled = await appliance.Local.CallAsync(
            OperationCode.SetUser, new SetUserRequest { Name = "root", Enabled = false }, SetUserResponse.Parser);
        Answer<SetUserResponse> stripped = await appliance.Local.CallAsync(
            OperationCode.SetUser, new SetUserRequest { Name = "root", SetRoles = true }, SetUserResponse.Parser);

        Assert.AreEqual("user.last_administrator", disabled.Reason);
        Assert.AreEqual("user.last_administrator", stripped.Reason);
    }

    [TestMethod]
    public async Task A_disabled_user_is_out_at_once()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "bob" }, CreateUserResponse.Parser);
        Client bob = await appliance.ConnectAsync("bob");

        await appliance.Local.OkAsync(OperationCode.SetUser, new SetUserRequest { Name = "bob", Enabled = false }, SetUserResponse.Parser);

        Assert.AreEqual("identity.ended", (await bob.CallAsync(OperationCode.ListTokens, new ListTokensRequest(), ListTokensResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task A_lost_administrator_gets_back_in_on_the_server_itself()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();

        await appliance.Local.OkAsync(
            OperationCode.RecoverAdministrator, new RecoverAdministratorRequest { Name = "root" }, RecoverAdministratorResponse.Parser, "a brand new password");

        Assert.AreEqual("ok", (await appliance.Anonymous().HelloAsync("root", "a brand new password")).Reason);
        Assert.AreEqual("password.incorrect", (await appliance.Anonymous().HelloAsync("root", Password)).Reason);
        Client overTheNetwork = await appliance.ConnectAsync("root");
        Answer<RecoverAdministratorResponse> refused = await overTheNetwork.CallAsync(
            OperationCode.RecoverAdministrator,
            new RecoverAdministratorRequest { Name = "root" },
            RecoverAdministratorResponse.Parser,
            "a third password"u8.ToArray());
        Assert.AreEqual("role.missing", refused.Reason);
    }

    [TestMethod]
    [DataRow("rooot")]
    [DataRow("bob")]
    public async Task Recovery_makes_no_administrator_unless_told_to(string name)
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "bob" }, CreateUserResponse.Parser);
        RecoverAdministratorRequest request = new() { Name = name };

        Answer<RecoverAdministratorResponse> refused = await appliance.Local.CallAsync(
            OperationCode.RecoverAdministrator, request, RecoverAdministratorResponse.Parser, Encoding.UTF8.GetBytes(Password));
        Assert.AreEqual("administrator.unknown", refused.Reason);
        Assert.AreNotEqual("ok", (await appliance.Anonymous().HelloAsync(name, Password)).Reason);

        request.Create = true;
        RecoverAdministratorResponse made = await appliance.Local.OkAsync(
            OperationCode.RecoverAdministrator, request, RecoverAdministratorResponse.Parser, Password);
        Assert.Contains("Administrator", made.User.Roles);
        Assert.AreEqual("ok", (await appliance.Anonymous().HelloAsync(name, Password)).Reason);
    }

    [TestMethod]
    [DataRow(11, "password.length")]
    [DataRow(12, "ok")]
    [DataRow(255, "ok")]
    [DataRow(256, "password.length")]
    public async Task A_password_has_12_to_255_bytes(int length, string reason)
    {
        await using RunningAppliance appliance = RunningAppliance.Create();
        Answer<CreateUserResponse> answer = await appliance.Local.CallAsync(
            OperationCode.CreateUser, new CreateUserRequest { Name = "bob" }, CreateUserResponse.Parser, Encoding.ASCII.GetBytes(new string('x', length)));
        Assert.AreEqual(reason, answer.Reason);
    }

    [TestMethod]
    [DataRow("a", "ok")]
    [DataRow("", "name.characters")]
    [DataRow("Alice", "name.characters")]
    [DataRow("a b", "name.characters")]
    [DataRow("../etc", "name.characters")]
    public async Task A_users_name_is_of_few_characters(string name, string reason)
    {
        await using RunningAppliance appliance = RunningAppliance.Create();
        Assert.AreEqual(
            reason, (await appliance.Local.CallAsync(OperationCode.CreateUser, new CreateUserRequest { Name = name }, CreateUserResponse.Parser)).Reason);
    }

    [TestMethod]
    [DataRow("x", "ok")]
    [DataRow("12345678901234567890123456789012", "ok")]
    [DataRow("123456789012345678901234567890123", "project.name")]
    [DataRow("ääääääääääääääää", "ok")]
    [DataRow("äääääääääääääääää", "project.name")]
    [DataRow("", "project.name")]
    [DataRow(" x", "project.name")]
    [DataRow("a\nb", "project.name")]
    public async Task A_projects_name_fits_a_token_label(string name, string reason)
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        Assert.AreEqual(
            reason,
            (await appliance.Local.CallAsync(
                OperationCode.CreateProject, new CreateProjectRequest { Name = name, Owner = "root" }, CreateProjectResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task A_grant_made_with_a_narrow_grant_is_no_wider()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        foreach (string project in new[] { "one", "two" })
        {
            await appliance.Local.OkAsync(
                OperationCode.CreateProject, new CreateProjectRequest { Name = project, Owner = "root" }, CreateProjectResponse.Parser);
        }

        Client narrow = await appliance.ConnectAsync("root", "one");
        CreateGrantResponse inherited = await narrow.OkAsync(OperationCode.CreateGrant, new CreateGrantRequest(), CreateGrantResponse.Parser);
        CreateGrantRequest wider = new();
        wider.Projects.Add("two");

        Assert.AreEqual("one", inherited.Grant.Projects.Single());
        Assert.AreEqual("grant.scope", (await narrow.CallAsync(OperationCode.CreateGrant, wider, CreateGrantResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task A_grant_made_with_a_grant_ends_with_it_at_the_latest()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        Client root = await appliance.ConnectAsync("root");
        appliance.Clock.Advance(TimeSpan.FromDays(80));

        CreateGrantResponse later = await root.OkAsync(OperationCode.CreateGrant, new CreateGrantRequest(), CreateGrantResponse.Parser);

        Assert.AreEqual(appliance.Store.Current.Grants[root.GrantId].Expires.ToUnixTimeMilliseconds(), later.Grant.ExpiresUnixMs);
    }

    [TestMethod]
    public async Task A_grant_does_not_become_a_password()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "bob" }, CreateUserResponse.Parser);
        Client bob = await appliance.ConnectAsync("bob");

        Answer<SetPasswordResponse> answer = await bob.CallAsync(
            OperationCode.SetPassword, new SetPasswordRequest(), SetPasswordResponse.Parser, Encoding.UTF8.GetBytes(Password));

        Assert.AreEqual("password.none", answer.Reason);
    }

    [TestMethod]
    public async Task A_connection_keeps_its_caller()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        Client root = await appliance.ConnectAsync("root");

        Assert.AreEqual("hello.again", (await root.HelloAsync()).Reason);
    }

    [TestMethod]
    public async Task A_grant_narrowed_to_a_project_carries_no_role_over_the_appliance()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        await appliance.Local.OkAsync(
            OperationCode.CreateProject, new CreateProjectRequest { Name = "one", Owner = "root" }, CreateProjectResponse.Parser);
        Client narrow = await appliance.ConnectAsync("root", "one");

        Assert.AreEqual(
            "role.missing", (await narrow.CallAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "bob" }, CreateUserResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task A_new_password_ends_connections_made_with_the_old_one()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        Client root = appliance.Anonymous();
        await root.HelloAsync("root", Password);

        await appliance.Local.OkAsync(
            OperationCode.RecoverAdministrator, new RecoverAdministratorRequest { Name = "root" }, RecoverAdministratorResponse.Parser, "a brand new password");

        Assert.AreEqual("identity.ended", (await root.CallAsync(OperationCode.ListTokens, new ListTokensRequest(), ListTokensResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task An_owner_cannot_be_narrowed_to_environments()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        Member member = new() { User = "alice", Role = "Owner" };
        member.Environments.Add("p256");

        Assert.AreEqual(
            "member.owner",
            (await alice.CallAsync(OperationCode.AddMember, new AddMemberRequest { Project = "demo", Member = member }, AddMemberResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task An_expired_grant_opens_nothing()
    {
        await using RunningAppliance appliance = await WithAdministratorAsync();
        Client root = await appliance.ConnectAsync("root");

        appliance.Clock.Advance(TimeSpan.FromDays(91));

        Assert.AreEqual("identity.ended", (await root.CallAsync(OperationCode.ListTokens, new ListTokensRequest(), ListTokensResponse.Parser)).Reason);
        Assert.AreEqual("grant.expired", (await root.Reconnected().HelloAsync()).Reason);
    }

    [TestMethod]
    public async Task An_operation_from_the_future_is_a_clean_refusal()
    {
        await using RunningAppliance appliance = RunningAppliance.Create();
        Answer<ListTokensResponse> answer = await appliance.Local.CallAsync((OperationCode)9999, new ListTokensRequest(), ListTokensResponse.Parser);
        Assert.AreEqual(CKR.CKR_FUNCTION_NOT_SUPPORTED, answer.Status?.Ckr);
    }

    private static async Task<RunningAppliance> WithAdministratorAsync()
    {
        RunningAppliance appliance = RunningAppliance.Create();
        CreateUserRequest root = new() { Name = "root" };
        root.Roles.Add("Administrator");
        await appliance.Local.OkAsync(OperationCode.CreateUser, root, CreateUserResponse.Parser, Password);
        return appliance;
    }
}
