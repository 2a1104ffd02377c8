using System.Text;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Requests.Tests;

[TestClass]
public sealed class LoginTests
{
    private static readonly byte[] Digest = new byte[32];

    [TestMethod]
    public async Task The_right_pin_lets_the_user_sign()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;

        Assert.AreEqual("login.missing", (await alice.SignAsync(Digest)).Reason);
        Assert.AreEqual("ok", (await alice.LoginAsync(RunningAppliance.Pin)).Reason);
        Assert.AreEqual("ok", (await alice.SignAsync(Digest)).Reason);
    }

    [TestMethod]
    public async Task A_wrong_pin_is_refused_and_counted()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;

        Answer<LoginResponse> answer = await alice.LoginAsync("wrong");

        Assert.AreEqual(CKR.CKR_PIN_INCORRECT, answer.Status?.Ckr);
        Assert.AreEqual(1, appliance.Store.Current.Pins.Values.Single(pin => !pin.Id.EndsWith(":so", StringComparison.Ordinal)).Wrong.Single().Count);
        Assert.IsEmpty(answer.Secret);
        Assert.Contains("\"event\":\"login.refused\"", appliance.Leaves()[^1]);
    }

    [TestMethod]
    public async Task An_empty_pin_is_wrong_and_not_counted()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;

        Assert.AreEqual(CKR.CKR_PIN_INCORRECT, (await alice.LoginAsync("")).Status?.Ckr);
        Assert.IsTrue(appliance.Store.Current.Pins.Values.All(pin => pin.Wrong.IsEmpty));
    }

    [TestMethod]
    public async Task The_tenth_wrong_pin_locks_and_the_ninth_does_not()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;

        for (int i = 0; i < 9; i++)
        {
            await alice.LoginAsync("wrong");
        }

        Assert.AreEqual("ok", (await alice.LoginAsync(RunningAppliance.Pin)).Reason, "Nine wrong ones are survived, and forgotten.");
        for (int i = 0; i < 10; i++)
        {
            await alice.LoginAsync("wrong");
        }

        Assert.AreEqual(CKR.CKR_PIN_LOCKED, (await alice.LoginAsync(RunningAppliance.Pin)).Status?.Ckr);
        Assert.AreEqual("login.missing", (await alice.SignAsync(Digest)).Reason, "The ticket from before the lock is void.");
    }

    [TestMethod]
    public async Task Guesses_made_in_parallel_are_all_counted()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        Client[] guessers = await Task.WhenAll(Enumerable.Range(0, 14).Select(_ => appliance.ConnectAsync("alice")));

        Answer<LoginResponse>[] answers = await Task.WhenAll(guessers.Select((guesser, i) => guesser.LoginAsync($"guess {i}")));

        Assert.AreEqual(10, answers.Count(answer => answer.Status?.Ckr == CKR.CKR_PIN_INCORRECT));
        Assert.AreEqual(4, answers.Count(answer => answer.Status?.Ckr == CKR.CKR_PIN_LOCKED));
        Assert.AreEqual(CKR.CKR_PIN_LOCKED, (await alice.LoginAsync(RunningAppliance.Pin)).Status?.Ckr);
    }

    [TestMethod]
    public async Task The_counter_survives_a_restart()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        for (int i = 0; i < 9; i++)
        {
            await alice.LoginAsync("wrong");
        }

        await appliance.RestartAsync();
        await alice.LoginAsync("wrong");

        Assert.AreEqual(CKR.CKR_PIN_LOCKED, (await alice.LoginAsync(RunningAppliance.Pin)).Status?.Ckr);
    }

    [TestMethod]
    public async Task A_login_outlives_a_restart_of_the_appliance()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        await alice.LoginAsync(RunningAppliance.Pin);

        await appliance.RestartAsync();

        Assert.AreEqual("ok", (await alice.SignAsync(Digest)).Reason);
    }

    [TestMethod]
    public async Task Logout_ends_one_ticket_alone_and_for_good()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        await alice.LoginAsync(RunningAppliance.Pin);
        byte[] first = alice.Ticket;
        await alice.LoginAsync(RunningAppliance.Pin);
        byte[] second = alice.Ticket;

        alice.Ticket = first;
        await alice.OkAsync(OperationCode.Logout, new LogoutRequest { ProjectId = appliance.ProjectId("demo") }, LogoutResponse.Parser);

        Assert.AreEqual("login.missing", (await alice.SignAsync(Digest)).Reason);
        await appliance.RestartAsync();
        Assert.AreEqual("login.missing", (await alice.SignAsync(Digest)).Reason, "Also after a restart.");
        alice.Ticket = second;
        Assert.AreEqual("ok", (await alice.SignAsync(Digest)).Reason);
    }

    [TestMethod]
    public async Task A_login_ends_after_a_year_and_its_logout_is_forgotten_then()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        CreateGrantRequest twoYears = new() { User = "alice", LifetimeSeconds = 2L * 366 * 24 * 3600 };
        alice.Grant = (await appliance.Local.CallAsync(OperationCode.CreateGrant, twoYears, CreateGrantResponse.Parser)).Secret;
        alice = alice.Reconnected();
        await alice.HelloAsync();
        LogoutRequest logout = new() { ProjectId = appliance.ProjectId("demo") };
        await alice.LoginAsync(RunningAppliance.Pin);
        await alice.OkAsync(OperationCode.Logout, logout, LogoutResponse.Parser);
        await alice.LoginAsync(RunningAppliance.Pin);

        appliance.Clock.Advance(TimeSpan.FromDays(366));
        Assert.AreEqual("ok", (await alice.SignAsync(Digest)).Reason);
        appliance.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.AreEqual("login.missing", (await alice.SignAsync(Digest)).Reason);

        await alice.LoginAsync(RunningAppliance.Pin);
        await alice.OkAsync(OperationCode.Logout, logout, LogoutResponse.Parser);
        Assert.HasCount(1, appliance.Store.Current.RevokedTickets, "The logout of a year ago is forgotten.");
    }

    [TestMethod]
    public async Task A_search_with_a_login_that_has_ended_is_told_so()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        await alice.LoginAsync(RunningAppliance.Pin);
        byte[] ticket = alice.Ticket;
        await alice.OkAsync(OperationCode.Logout, new LogoutRequest { ProjectId = appliance.ProjectId("demo") }, LogoutResponse.Parser);
        FindObjectsRequest all = new() { ProjectId = appliance.ProjectId("demo") };

        alice.Ticket = ticket;
        Answer<FindObjectsResponse> found = await alice.CallAsync(OperationCode.FindObjects, all, FindObjectsResponse.Parser);
        Assert.AreEqual(CKR.CKR_USER_NOT_LOGGED_IN, found.Status?.Ckr);

        alice.Ticket = [];
        Assert.AreEqual("ok", (await alice.CallAsync(OperationCode.FindObjects, all, FindObjectsResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task A_ticket_serves_no_other_grant_and_no_forger()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        await alice.LoginAsync(RunningAppliance.Pin);
        Client other = await appliance.ConnectAsync("alice");

        other.Ticket = alice.Ticket;
        Assert.AreEqual("login.missing", (await other.SignAsync(Digest)).Reason);
        for (int i = 0; i < alice.Ticket.Length; i++)
        {
            byte[] forged = [.. alice.Ticket];
            forged[i] ^= 1;
            alice.Ticket = forged;
            Assert.AreEqual("login.missing", (await alice.SignAsync(Digest)).Reason, $"Byte {i} was flipped.");
            forged[i] ^= 1;
        }
    }

    [TestMethod]
    public async Task A_new_pin_voids_older_tickets_but_not_the_one_that_set_it()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        Client elsewhere = await appliance.ConnectAsync("alice");
        await elsewhere.LoginAsync(RunningAppliance.Pin);
        await alice.LoginAsync(RunningAppliance.Pin);

        Answer<SetPinResponse> answer = await alice.CallAsync(
            OperationCode.SetPin,
            new SetPinRequest { ProjectId = appliance.ProjectId("demo"), UserType = UserType.UserUser },
            SetPinResponse.Parser,
            Encoding.UTF8.GetBytes(RunningAppliance.Pin),
            "a new PIN"u8.ToArray());

        Assert.AreEqual("ok", answer.Reason);
        Assert.AreEqual("login.missing", (await alice.SignAsync(Digest)).Reason);
        alice.Ticket = answer.Secret;
        Assert.AreEqual("ok", (await alice.SignAsync(Digest)).Reason);
        Assert.AreEqual("login.missing", (await elsewhere.SignAsync(Digest)).Reason);
        Assert.AreEqual(CKR.CKR_PIN_INCORRECT, (await elsewhere.LoginAsync(RunningAppliance.Pin)).Status?.Ckr);
        Assert.AreEqual("ok", (await elsewhere.LoginAsync("a new PIN")).Reason);
    }

    [TestMethod]
    [DataRow(7, "pin.length")]
    [DataRow(8, "ok")]
    [DataRow(255, "ok")]
    [DataRow(256, "pin.length")]
    public async Task A_pin_has_8_to_255_bytes(int length, string reason)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;

        Answer<ResetPinResponse> answer = await alice.CallAsync(
            OperationCode.ResetPin,
            new ResetPinRequest { Project = "demo", UserType = UserType.UserUser },
            ResetPinResponse.Parser,
            Encoding.ASCII.GetBytes(new string('x', length)));

        Assert.AreEqual(reason, answer.Reason);
    }

    [TestMethod]
    public async Task A_project_without_a_pin_asks_for_none_and_takes_none()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;

        Assert.AreEqual("ok", (await alice.SignAsync(Digest)).Reason);
        Assert.AreEqual("pin.none", (await alice.LoginAsync("1234")).Reason);
    }

    [TestMethod]
    public async Task A_project_that_takes_any_pin_takes_any_but_the_empty_one()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "any");
        await using RunningAppliance _ = appliance;

        Assert.AreEqual("ok", (await alice.LoginAsync("whatever")).Reason);
        Assert.AreEqual("pin.incorrect", (await alice.LoginAsync("")).Reason);
    }

    [TestMethod]
    public async Task Private_keys_are_seen_after_login_only_and_the_rest_before()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;

        Assert.IsEmpty((await alice.FindAsync(CKO.CKO_PRIVATE_KEY)).Objects);
        Assert.HasCount(1, (await alice.FindAsync(CKO.CKO_PUBLIC_KEY)).Objects);
        Assert.HasCount(1, (await alice.FindAsync(CKO.CKO_CERTIFICATE)).Objects);
        await alice.LoginAsync(RunningAppliance.Pin);
        Assert.HasCount(1, (await alice.FindAsync(CKO.CKO_PRIVATE_KEY)).Objects);
    }

    [TestMethod]
    public async Task The_so_is_an_owner_with_the_so_pin_and_may_not_sign()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;

        Assert.AreEqual(CKR.CKR_PIN_INCORRECT, (await alice.LoginAsync(RunningAppliance.Pin, UserType.UserSo)).Status?.Ckr);
        Assert.AreEqual("ok", (await alice.LoginAsync(RunningAppliance.SoPin, UserType.UserSo)).Reason);
        Assert.AreEqual("login.missing", (await alice.SignAsync(Digest)).Reason);
    }

    [TestMethod]
    public async Task A_member_put_out_loses_the_login_too()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        await alice.LoginAsync(RunningAppliance.Pin);

        await appliance.Local.OkAsync(
            OperationCode.RemoveMember, new RemoveMemberRequest { Project = "demo", User = "alice", Role = "KeyUser" }, RemoveMemberResponse.Parser);
        Assert.AreEqual("role.missing", (await alice.SignAsync(Digest)).Reason);
        await appliance.Local.OkAsync(
            OperationCode.AddMember,
            new AddMemberRequest { Project = "demo", Member = new Member { User = "alice", Role = "KeyUser" } },
            AddMemberResponse.Parser);
        Assert.AreEqual("login.missing", (await alice.SignAsync(Digest)).Reason, "The old login does not come back with the role.");
    }
}
