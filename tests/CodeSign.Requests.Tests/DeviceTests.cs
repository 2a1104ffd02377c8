using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Cryptoki;
using CodeSign.Keys.Tests;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Requests.Tests;

/// <summary>Requests that go to an HSM, while something changes or fails.</summary>
[TestClass]
public sealed class DeviceTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Cancel => TestContext.CancellationToken;

    [TestMethod]
    public async Task Who_is_no_Administrator_any_more_when_the_device_has_answered_adopts_no_key()
    {
        FaultyHsm hsm = new();
        PassThroughBackend device = new(hsm.Options, TimeProvider.System);
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none", devices: device);
        await using RunningAppliance _ = appliance;
        await SetAdministratorAsync(appliance, "root");
        await SetAdministratorAsync(appliance, "alice");
        NewKey older = await device.GenerateAsync(KeyAlgorithm.Find("p256")!, new string('1', 32), Cancel);
        CreateEnvironmentRequest adopt = new()
        {
            Project = "demo",
            Name = "adopted",
            Storage = "hsm:test",
            Adopt = Convert.ToHexStringLower(older.DeviceId!),
        };

        hsm.Hold(FaultyHsm.Sign, 1);
        Task<Answer<CreateEnvironmentResponse>> adopting = alice.CallAsync(OperationCode.CreateEnvironment, adopt, CreateEnvironmentResponse.Parser);
        await Until.HoldsAsync(() => hsm.Held(FaultyHsm.Sign) == 1, "the device is asked", Cancel);
        await appliance.Local.OkAsync(OperationCode.SetUser, new SetUserRequest { Name = "alice", SetRoles = true }, SetUserResponse.Parser);
        hsm.Release(FaultyHsm.Sign);

        Assert.AreEqual("role.missing", (await adopting).Reason);
        Assert.IsNull(appliance.Store.Current.FindEnvironment(appliance.ProjectId("demo"), "adopted"));
        await SetAdministratorAsync(appliance, "alice");
        await alice.OkAsync(OperationCode.CreateEnvironment, adopt, CreateEnvironmentResponse.Parser);
    }

    [TestMethod]
    public async Task What_failed_is_said_though_the_key_made_for_it_could_not_be_removed()
    {
        FaultyHsm hsm = new();
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(
            "none", devices: new PassThroughBackend(hsm.Options, TimeProvider.System));
        await using RunningAppliance _ = appliance;
        hsm.Answer(FaultyHsm.DestroyObject, CKR.CKR_FUNCTION_FAILED, -1);

        Answer<CreateEnvironmentResponse> answer = await alice.CallAsync(
            OperationCode.CreateEnvironment,
            new CreateEnvironmentRequest { Project = "demo", Name = "x", Storage = "hsm:test", Algorithm = "p256", SelfSignedSubject = "no subject" },
            CreateEnvironmentResponse.Parser);

        Assert.AreEqual("certificate.subject", answer.Reason);
        string intent = appliance.Leaves().Single(leaf => leaf.Contains(".intent", StringComparison.Ordinal));
        using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(intent);
        Assert.Contains(json.RootElement.GetProperty("key").GetString()!, answer.Status!.Message);
        Assert.Contains("on the device", answer.Status.Message);
    }

    private static async Task SetAdministratorAsync(RunningAppliance appliance, string user)
    {
        if (appliance.Store.Current.FindIdentity(user) is null)
        {
            await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = user }, CreateUserResponse.Parser);
        }

        SetUserRequest request = new() { Name = user, SetRoles = true };
        request.Roles.Add("Administrator");
        await appliance.Local.OkAsync(OperationCode.SetUser, request, SetUserResponse.Parser);
    }
}
