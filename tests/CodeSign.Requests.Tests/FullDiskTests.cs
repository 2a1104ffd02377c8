using CodeSign.Cryptoki;
using CodeSign.Tests;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Requests.Tests;

/// <summary>What may be guessed while nothing can be written down: nothing.</summary>
[TestClass]
public sealed class FullDiskTests
{
    [TestMethod]
    public async Task Wrong_pins_lock_though_none_can_be_written_down()
    {
        using TemporaryMount mount = TemporaryMount.Make("8m");
        await using RunningAppliance appliance = RunningAppliance.CreateIn(mount.DataFolder);
        Client alice = await appliance.AddProjectAsync();

        // Accepted before: the right one is quick to recognise.
        await alice.LoginAsync(RunningAppliance.Pin);
        string ballast = Path.Combine(mount.Path, "ballast");
        mount.Fill(ballast, leavePages: 0);
        List<string> refused = [];
        for (int i = 0; i < 10; i++)
        {
            refused.Add((await alice.LoginAsync($"wrong {i}")).Reason);
        }

        Assert.Contains("store.full", refused);
        string right = (await alice.LoginAsync(RunningAppliance.Pin)).Reason;
        Assert.AreEqual((await alice.LoginAsync("wrong")).Reason, right, "The right one is told from none.");
        Assert.AreNotEqual("ok", right);

        File.Delete(ballast);
        Assert.AreEqual(CKR.CKR_PIN_LOCKED, (await alice.LoginAsync(RunningAppliance.Pin)).Status?.Ckr);
        Assert.IsGreaterThanOrEqualTo(10, appliance.Store.Current.Pins.Values.Single(pin => !pin.Id.EndsWith(":so", StringComparison.Ordinal)).Wrong.Single().Count, "Written down now.");

        ResetPinRequest reset = new() { Project = "demo", UserType = UserType.UserUser };
        await alice.OkAsync(OperationCode.ResetPin, reset, ResetPinResponse.Parser, "another PIN");
        Assert.AreEqual("ok", (await alice.LoginAsync("another PIN")).Reason, "What was counted for the old one is not for the new one.");
    }
}
