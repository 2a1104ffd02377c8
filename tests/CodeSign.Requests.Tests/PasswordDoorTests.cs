using CodeSign.Appliance.Requests.Login;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Requests.Tests;

[TestClass]
public sealed class PasswordDoorTests
{
    private const string Password = "twelve bytes or more";

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public async Task Strangers_who_try_passwords_keep_nobody_from_a_pin_or_a_password()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync();
        await using RunningAppliance _ = appliance;
        await CreateRootAsync(appliance);
        Task<Answer<HelloResponse>>[] strangers =
            [.. Enumerable.Range(0, 200).Select(i => appliance.Anonymous().HelloAsync($"stranger{i}", "a guess at a password"))];

        Assert.AreEqual("ok", (await alice.LoginAsync(RunningAppliance.Pin)).Reason);
        Assert.AreEqual("ok", (await appliance.Anonymous("198.51.100.1").HelloAsync("root", Password)).Reason);
        Assert.AreEqual("ok", (await appliance.Anonymous("2001:db8::1").HelloAsync("root", Password)).Reason);

        string[] reasons = [.. (await Task.WhenAll(strangers)).Select(answer => answer.Reason)];
        Assert.IsTrue(Array.TrueForAll(reasons, reason => reason is "password.incorrect" or "password.busy"), string.Join(' ', reasons.Distinct()));
        Assert.Contains("password.busy", reasons);
    }

    [TestMethod]
    public async Task The_right_password_said_many_times_at_once_is_right_each_time()
    {
        await using RunningAppliance appliance = RunningAppliance.Create();
        await CreateRootAsync(appliance);

        Answer<HelloResponse>[] answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => appliance.Anonymous().HelloAsync("root", Password)));

        Assert.IsTrue(Array.TrueForAll(answers, answer => answer.Reason == "ok"));
    }

    [TestMethod]
    public async Task One_network_has_so_many_places_and_another_has_its_own()
    {
        AddressTurns turns = new(PasswordDoor.WaitingMax);
        CancellationToken cancel = TestContext.CancellationToken;
        Task<IDisposable>[] held = [.. Enumerable.Range(0, AddressTurns.RunningMax + PasswordDoor.WaitingMax)
            .Select(_ => turns.EnterAsync("192.0.2.7", cancel).AsTask())];

        Assert.HasCount(AddressTurns.RunningMax, held.Where(turn => turn.IsCompleted).ToArray());
        FaultException busy = await Assert.ThrowsExactlyAsync<FaultException>(async () => await turns.EnterAsync("192.0.2.7", cancel));
        Assert.AreEqual("password.busy", busy.Reason);
        (await turns.EnterAsync("192.0.2.8", cancel)).Dispose();

        foreach (Task<IDisposable> turn in held)
        {
            (await turn).Dispose();
        }

        (await turns.EnterAsync("192.0.2.7", cancel)).Dispose();
    }

    [TestMethod]
    public async Task A_turn_nobody_waits_for_any_more_is_given_back()
    {
        AddressTurns turns = new(PasswordDoor.WaitingMax);
        IDisposable[] running = await Task.WhenAll(
            Enumerable.Range(0, AddressTurns.RunningMax).Select(_ => turns.EnterAsync("a", TestContext.CancellationToken).AsTask()));
        using CancellationTokenSource gone = new();
        Task<IDisposable>[] waiting = [.. Enumerable.Range(0, PasswordDoor.WaitingMax).Select(_ => turns.EnterAsync("a", gone.Token).AsTask())];
        await gone.CancelAsync();
        foreach (Task<IDisposable> left in waiting)
        {
            await Assert.ThrowsAsync<OperationCanceledException>(() => left);
        }

        Task<IDisposable> next = turns.EnterAsync("a", TestContext.CancellationToken).AsTask();
        running[0].Dispose();
        (await next).Dispose();
    }

    [TestMethod]
    [DataRow("192.0.2.7", "192.0.2.7")]
    [DataRow("::ffff:192.0.2.7", "192.0.2.7")]
    [DataRow("2001:db8:1:2:3:4:5:6", "2001:db8:1::/56")]
    [DataRow("2001:db8:1:2::9", "2001:db8:1::/56")]
    [DataRow("local", "local")]
    public void Addresses_of_one_machine_are_one_network(string address, string network) =>
        Assert.AreEqual(network, AddressTurns.NetworkOf(address));

    private static Task<CreateUserResponse> CreateRootAsync(RunningAppliance appliance) => appliance.Local.OkAsync(
        OperationCode.CreateUser, new CreateUserRequest { Name = "root", Roles = { "Administrator" } }, CreateUserResponse.Parser, Password);
}
