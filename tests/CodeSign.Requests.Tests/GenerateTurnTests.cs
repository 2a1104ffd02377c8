using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Appliance.Requests;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Keys.Tests;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;

namespace CodeSign.Requests.Tests;

/// <summary>Generating keys is costly: each project has its turn, and nothing is generated that there is no room for.</summary>
[TestClass]
public sealed class GenerateTurnTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Cancel => TestContext.CancellationToken;

    [TestMethod]
    public async Task A_project_that_wants_many_keys_delays_another_by_one()
    {
        FaultyHsm hsm = new();
        (RunningAppliance appliance, Client alice) = await OpenOnAsync(hsm);
        await using RunningAppliance _ = appliance;
        hsm.Hold(FaultyHsm.GenerateKeyPair, 4);
        Task<Answer<GenerateKeyPairResponse>>[] many = [.. Enumerable.Range(0, 6).Select(_ => GenerateAsync(appliance, alice, "demo"))];
        await Until.HoldsAsync(() => hsm.Held(FaultyHsm.GenerateKeyPair) > 0, "the device is asked", Cancel);

        Task<Answer<GenerateKeyPairResponse>> other = GenerateAsync(appliance, alice, "other");
        await Until.HoldsAsync(() => hsm.Held(FaultyHsm.GenerateKeyPair) > 1, "the device is asked for the other project", Cancel);
        Assert.AreEqual(2, hsm.Held(FaultyHsm.GenerateKeyPair), "One for each.");

        hsm.Release(FaultyHsm.GenerateKeyPair);
        Assert.IsNull((await other).Status);
        Assert.IsTrue(Array.TrueForAll(await Task.WhenAll(many), answer => answer.Status is null));
    }

    [TestMethod]
    public async Task A_project_has_so_many_waiting_and_another_has_its_own()
    {
        (RunningAppliance appliance, Client _) = await OpenAsync();
        await using RunningAppliance __ = appliance;
        Backends backends = new(appliance.Store, []);
        TaskCompletionSource<int> work = new();
        Task<int>[] held = [.. Enumerable.Range(0, Turns.RunningMax + Backends.GeneratingMax)
            .Select(_ => backends.GenerateInTurnAsync("a", () => work.Task, Cancel))];

        FaultException busy = await Assert.ThrowsExactlyAsync<FaultException>(() => backends.GenerateInTurnAsync("a", () => work.Task, Cancel));
        Assert.AreEqual("key.busy", busy.Reason);
        Assert.AreEqual(1, await backends.GenerateInTurnAsync("b", () => Task.FromResult(1), Cancel));

        work.SetResult(2);
        Assert.IsTrue(Array.TrueForAll(await Task.WhenAll(held), done => done == 2));
    }

    [TestMethod]
    public async Task Where_there_is_no_room_nothing_is_generated()
    {
        FaultyHsm hsm = new();
        (RunningAppliance appliance, Client alice) = await OpenOnAsync(hsm);
        await using RunningAppliance _ = appliance;
        AttributeSet large = new([new ObjectAttribute(CKA.CKA_CLASS, AttributeSet.Bytes((ulong)CKO.CKO_DATA)), new ObjectAttribute(CKA.CKA_VALUE, new byte[ObjectMaker.BytesMax / 2])]);
        await appliance.Store.CommitAsync(
            _ => new StoreChange()
                .Put(new StoredObject { Id = new string('1', 32), ProjectId = appliance.ProjectId("demo"), Attributes = large })
                .Put(new StoredObject { Id = new string('2', 32), ProjectId = appliance.ProjectId("demo"), Attributes = large }),
            CancellationToken.None);

        Assert.AreEqual("objects.too_large", (await GenerateAsync(appliance, alice, "demo")).Reason);
        Assert.AreEqual(0, hsm.Calls(FaultyHsm.GenerateKeyPair));
        Assert.DoesNotContain(leaf => leaf.Contains(".intent", StringComparison.Ordinal), appliance.Leaves());
    }

    private static async Task<(RunningAppliance Appliance, Client Alice)> OpenOnAsync(FaultyHsm hsm)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(
            "none", devices: new PassThroughBackend(hsm.Options, TimeProvider.System));
        await appliance.Local.OkAsync(
            OperationCode.CreateProject, new CreateProjectRequest { Name = "other", Owner = "alice", Pin = "none" }, CreateProjectResponse.Parser);
        await alice.OkAsync(
            OperationCode.AddMember, new AddMemberRequest { Project = "other", Member = new Member { User = "alice", Role = "KeyUser" } }, AddMemberResponse.Parser);
        await SetAsync(alice, set => (set.Objects, set.ObjectStorage) = (true, "hsm:test"));
        await SetAsync(alice, set => (set.Name, set.Objects, set.ObjectStorage) = ("other", true, "hsm:test"));
        return (appliance, alice);
    }

    private static Task<Answer<GenerateKeyPairResponse>> GenerateAsync(RunningAppliance appliance, Client client, string project)
    {
        GenerateKeyPairRequest request = new() { ProjectId = appliance.ProjectId(project), Mechanism = (ulong)CKM.CKM_EC_KEY_PAIR_GEN };
        request.PublicTemplate.Add(Of(CKA.CKA_EC_PARAMS, P256));
        request.PrivateTemplate.Add(Of(CKA.CKA_TOKEN, true));
        return client.CallAsync(OperationCode.GenerateKeyPair, request, GenerateKeyPairResponse.Parser);
    }
}
