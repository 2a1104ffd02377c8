using System.Text;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Requests.Tests;

/// <summary>Attempts to guess PINs, and to lock others out of theirs.</summary>
[TestClass]
public sealed class PinAttackTests
{
    private const string Elsewhere = "198.51.100.9";
    private const string BobsPin = "a PIN of bob's";

    private static readonly byte[] Digest = new byte[32];

    [TestMethod]
    public async Task A_stranger_and_another_member_lock_nobody_s_PIN()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        Client bob = await AddBobAsync(appliance, alice, "KeyUser");
        await alice.LoginAsync(RunningAppliance.Pin);
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "eve" }, CreateUserResponse.Parser);
        Client eve = await appliance.ConnectAsync("eve");

        for (int i = 0; i < 12; i++)
        {
            Assert.AreNotEqual("ok", (await bob.LoginAsync($"wrong PIN {i}")).Reason);
            Assert.AreNotEqual("pin.incorrect", (await eve.LoginAsync($"wrong PIN {i}")).Reason);
            Client nobody = appliance.Anonymous();
            await nobody.HelloAsync();
            Assert.AreNotEqual("pin.incorrect", (await nobody.LoginAsync($"wrong PIN {i}")).Reason);
        }

        Assert.AreEqual("pin.locked", (await bob.LoginAsync(BobsPin)).Reason);
        Assert.AreEqual("ok", (await alice.SignAsync(Digest)).Reason, "Her login goes on.");
        Assert.AreEqual("ok", (await alice.LoginAsync(RunningAppliance.Pin)).Reason);
    }

    [TestMethod]
    public async Task An_owner_locks_the_SO_PIN_for_itself_alone()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        Client bob = await AddBobAsync(appliance, alice, "Owner");

        for (int i = 0; i < 10; i++)
        {
            Assert.AreEqual("pin.incorrect", (await bob.LoginAsync($"wrong PIN {i}", UserType.UserSo)).Reason);
        }

        Assert.AreEqual("pin.locked", (await bob.LoginAsync(RunningAppliance.SoPin, UserType.UserSo)).Reason);
        Assert.IsTrue((await TokenAsync(bob)).SoPinLocked);
        Assert.IsFalse((await TokenAsync(alice)).SoPinCountLow);
        Assert.AreEqual("ok", (await alice.LoginAsync(RunningAppliance.SoPin, UserType.UserSo)).Reason);
    }

    [TestMethod]
    public async Task Whoever_has_a_grant_locks_the_PIN_at_its_own_address_alone()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        Client thief = await AtAsync(appliance, alice, Elsewhere);
        await alice.LoginAsync(RunningAppliance.Pin);
        await thief.LoginAsync(RunningAppliance.Pin);
        byte[] before = thief.Ticket;

        for (int i = 0; i < 10; i++)
        {
            Assert.AreEqual("pin.incorrect", (await thief.LoginAsync($"wrong PIN {i}")).Reason);
            Assert.AreEqual("ok", (await alice.LoginAsync(RunningAppliance.Pin)).Reason, "The right PIN from here sets nothing back there.");
        }

        Assert.AreEqual("pin.locked", (await thief.LoginAsync(RunningAppliance.Pin)).Reason);
        thief.Ticket = before;
        Assert.AreEqual("login.missing", (await thief.SignAsync(Digest)).Reason, "Logins from where it is locked are void.");
        Assert.IsTrue((await TokenAsync(thief)).UserPinLocked);
        Assert.AreEqual("ok", (await alice.SignAsync(Digest)).Reason);
        Assert.IsFalse((await TokenAsync(alice)).UserPinCountLow);
        await appliance.RestartAsync();
        alice = await AtAsync(appliance, alice, "192.0.2.7");
        Assert.AreEqual("ok", (await alice.LoginAsync(RunningAppliance.Pin)).Reason, "Also where nothing is remembered.");
    }

    [TestMethod]
    public async Task Many_addresses_give_a_bounded_number_of_guesses()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        await alice.OkAsync(OperationCode.SetProject, new SetProjectRequest { Name = "demo", PinTries = 3 }, SetProjectResponse.Parser);

        int guesses = 0;
        for (int network = 0; network < 20; network++)
        {
            Client thief = await AtAsync(appliance, alice, $"198.51.100.{network}");
            while ((await thief.LoginAsync("wrong PIN")).Reason == "pin.incorrect")
            {
                guesses++;
            }
        }

        Assert.AreEqual(17 * 3, guesses, "Sixteen networks, and all others together.");
        Client bob = await AddBobAsync(appliance, alice, "KeyUser");
        Assert.AreEqual("ok", (await bob.LoginAsync(BobsPin)).Reason);
    }

    [TestMethod]
    public async Task A_flood_from_one_address_does_not_stop_a_right_PIN_from_another()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        Client bob = await AddBobAsync(appliance, alice, "Owner");
        Client[] flood = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => AtAsync(appliance, bob, Elsewhere)));
        using CancellationTokenSource over = new();

        // New PINs cost as much as wrong ones, and none of them ever locks.
        Task[] floods = [.. flood.Select(async client =>
        {
            while (!over.IsCancellationRequested)
            {
                await client.CallAsync(
                    OperationCode.ResetPin,
                    new ResetPinRequest { Project = "demo", UserType = UserType.UserUser, User = "bob" },
                    ResetPinResponse.Parser,
                    Encoding.UTF8.GetBytes(BobsPin));
            }
        })];
        try
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.AreEqual("pin.incorrect", (await alice.LoginAsync("a wrong PIN")).Reason);
                Assert.AreEqual("ok", (await alice.LoginAsync(RunningAppliance.Pin)).Reason);
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(floods);
        }
    }

    [TestMethod]
    public async Task Hundreds_of_right_PINs_of_one_user_at_one_address_are_right_each_time()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        Client[] builds = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => AtAsync(appliance, alice, Elsewhere)));

        Answer<LoginResponse>[] answers = await Task.WhenAll(builds.Select(build => build.LoginAsync(RunningAppliance.Pin)));

        Assert.IsTrue(Array.TrueForAll(answers, answer => answer.Reason == "ok"), string.Join(' ', answers.Select(answer => answer.Reason).Distinct()));
    }

    private static async Task<Client> AddBobAsync(RunningAppliance appliance, Client alice, string role)
    {
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "bob" }, CreateUserResponse.Parser);
        foreach (string each in new[] { "KeyUser", role }.Distinct())
        {
            await alice.OkAsync(
                OperationCode.AddMember, new AddMemberRequest { Project = "demo", Member = new Member { User = "bob", Role = each } }, AddMemberResponse.Parser);
        }

        await alice.OkAsync(
            OperationCode.ResetPin, new ResetPinRequest { Project = "demo", UserType = UserType.UserUser, User = "bob" }, ResetPinResponse.Parser, BobsPin);
        return await appliance.ConnectAsync("bob");
    }

    private static async Task<Client> AtAsync(RunningAppliance appliance, Client client, string address)
    {
        Client other = appliance.Anonymous(address);
        other.Grant = client.Grant;
        await other.HelloAsync();
        return other;
    }

    private static async Task<TokenDescription> TokenAsync(Client client) =>
        (await client.OkAsync(OperationCode.ListTokens, new ListTokensRequest(), ListTokensResponse.Parser)).Tokens.Single();
}
