using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;

namespace CodeSign.Requests.Tests;

/// <summary>
/// A project with an environment called default, from before that was the name of the built-in one: it works as before, and what
/// applications make never comes under its name.
/// </summary>
[TestClass]
public sealed class OlderDefaultTests
{
    [TestMethod]
    public async Task The_older_environment_works_on_for_those_who_are_narrowed_to_it()
    {
        (RunningAppliance appliance, Client alice) = await OpenOlderAsync();
        await using RunningAppliance _ = appliance;
        Member narrowed = new() { User = "alice", Role = "KeyUser" };
        narrowed.Environments.Add("default");
        await alice.OkAsync(OperationCode.AddMember, new AddMemberRequest { Project = "demo", Member = narrowed }, AddMemberResponse.Parser);

        Assert.IsNull((await alice.SignAsync(Digest)).Status);
        Assert.HasCount(3, await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "default")));
        Assert.IsNull((await alice.CallAsync(
            OperationCode.RotateKey, new RotateKeyRequest { Project = "demo", Environment = "default" }, RotateKeyResponse.Parser)).Status);
    }

    [TestMethod]
    public async Task Applications_make_nothing_beside_it()
    {
        (RunningAppliance appliance, Client alice) = await OpenOlderAsync();
        await using RunningAppliance _ = appliance;

        Answer<SetProjectResponse> answer = await alice.CallAsync(
            OperationCode.SetProject, new SetProjectRequest { Name = "demo", Objects = true }, SetProjectResponse.Parser);
        Assert.AreEqual("environment.default", answer.Reason);
        Assert.IsNull((await alice.CallAsync(
            OperationCode.SetProject, new SetProjectRequest { Name = "demo", Objects = false, Description = "x" }, SetProjectResponse.Parser)).Status);

        await appliance.Store.CommitAsync(
            latest => new StoreChange().Put(latest.FindProject("demo")! with { Objects = new CodeSign.Appliance.Governance.ObjectPolicy { Allow = true } }),
            CancellationToken.None);
        Assert.AreEqual("environment.default", (await TryCreateDataAsync(appliance, alice, "x")).Reason);
        Assert.AreEqual(
            "environment.default",
            (await TryGenerateAsync(appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, true)])).Reason);
    }

    private static async Task<(RunningAppliance Appliance, Client Alice)> OpenOlderAsync()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await appliance.Store.CommitAsync(
            latest => new StoreChange().Put(latest.Environments.Values.Single() with { Name = "default" }), CancellationToken.None);
        await appliance.RestartAsync();
        return (appliance, await appliance.ConnectAsync("alice"));
    }
}
