using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Keys.Tests;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;
using Project = CodeSign.Appliance.Governance.Project;

namespace CodeSign.Requests.Tests;

/// <summary>What is left of objects that have ended, with their token or by themselves: it is of no use, and cleared away sooner or later.</summary>
[TestClass]
public sealed class EndedObjectsTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task A_full_token_is_cleared_in_many_commits_that_others_come_between()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.TokenInit = true);
        const int Objects = (4 * EndedObjects.EachCommitMax) + 1;
        await CreateDataAsync(appliance, alice, "notes");
        StoredObject one = appliance.Store.Current.Objects.Values.Single();
        await appliance.Store.CommitAsync(
            _ => Enumerable.Range(1, Objects - 1).Aggregate(new StoreChange(), (change, i) => change.Put(one with { Id = i.ToString("x32", null) })),
            CancellationToken.None);
        Assert.HasCount(Objects, appliance.Store.Current.Objects);
        long before = appliance.Store.Current.Generation;

        Task<Answer<InitTokenResponse>> initialising = InitAsync(appliance, alice);
        int meanwhile = 0;
        while (!initialising.IsCompleted)
        {
            Assert.IsNull((await alice.SignAsync(Digest)).Status);
            meanwhile += appliance.Store.Current.Objects.Count is > 0 and < Objects ? 1 : 0;
        }

        Assert.IsNull((await initialising).Status);
        Assert.IsEmpty(appliance.Store.Current.Objects);
        Assert.AreEqual(before + 1 + 5, appliance.Store.Current.Generation, "One commit ends them all, five clear them away.");
        Assert.IsGreaterThan(0, meanwhile, "Signatures in between.");
    }

    [TestMethod]
    public async Task What_a_crash_left_of_an_initialised_token_is_of_no_use_and_the_next_time_clears_it_away()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.TokenInit = true);
        Assert.IsNull((await InitAsync(appliance, alice)).Status);
        Object notes = await CreateDataAsync(appliance, alice, "notes");
        Object key = await GenerateAsync(appliance, alice);
        Object passing = await GenerateAsync(appliance, alice, Of(CKA.CKA_TOKEN, false));

        // Of C_InitToken, the first commit alone.
        await appliance.Store.CommitAsync(
            latest => new StoreChange().Put(latest.FindProject("demo")! with { TokenLife = latest.FindProject("demo")!.TokenLife + 1 }), CancellationToken.None);

        Assert.IsEmpty(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "notes")));
        Assert.IsEmpty(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "mine")));
        Assert.AreEqual("key.unknown", (await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Reason);
        Assert.AreEqual("key.unknown", (await SignAsync(appliance, alice, passing.Id, CKM.CKM_ECDSA_SHA256)).Reason);
        Assert.AreEqual("object.unknown", (await TryDestroyAsync(appliance, alice, notes)).Reason);
        await appliance.RestartAsync();
        alice = await appliance.ConnectAsync("alice");
        Object after = await CreateDataAsync(appliance, alice, "later");
        Assert.AreEqual(after, Assert.ContainsSingle(await FindAsync(appliance, alice, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA))));

        Assert.IsNull((await InitAsync(appliance, alice)).Status);
        Assert.IsEmpty(appliance.Store.Current.Objects);
    }

    [TestMethod]
    public async Task A_key_made_while_its_token_is_initialised_is_none()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        using ManualResetEventSlim decided = new();
        Task<Snapshot> initialising = appliance.Store.CommitAsync(
            latest =>
            {
                decided.Wait(TestContext.CancellationToken);
                Project project = latest.FindProject("demo")!;
                return new StoreChange().Put(project with { TokenLife = project.TokenLife + 1 });
            },
            CancellationToken.None);
        Task<Answer<CreateObjectResponse>> creating = TryCreateDataAsync(appliance, alice, "late");
        decided.Set();

        await initialising;
        Assert.AreEqual("token.initialised", (await creating).Reason);
    }

    [TestMethod]
    public async Task Initialising_goes_on_past_a_key_its_device_keeps_and_deletes_that_the_next_time()
    {
        FaultyHsm hsm = new();
        (RunningAppliance appliance, Client alice) = await OpenOnAsync(hsm);
        await using RunningAppliance _ = appliance;
        await GenerateAsync(appliance, alice);
        await GenerateAsync(appliance, alice);
        hsm.Answer(FaultyHsm.DestroyObject, CKR.CKR_FUNCTION_FAILED, 1);

        Answer<InitTokenResponse> answer = await InitAsync(appliance, alice);

        Assert.IsNull(answer.Status, answer.Reason);
        StoredObject left = Assert.ContainsSingle(appliance.Store.Current.Objects.Values);
        Assert.IsTrue(left.RemainsOnDevice);
        Assert.Contains("1 keys are still on their devices", appliance.Leaves()[^1]);
        Assert.IsEmpty(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "mine")));

        Assert.IsNull((await InitAsync(appliance, alice)).Status);
        Assert.IsEmpty(appliance.Store.Current.Objects);
    }

    [TestMethod]
    public async Task A_device_that_refuses_again_and_again_is_left_alone_for_now()
    {
        FaultyHsm hsm = new();
        (RunningAppliance appliance, Client alice) = await OpenOnAsync(hsm);
        await using RunningAppliance _ = appliance;
        for (int i = 0; i <= EndedObjects.FailuresMax; i++)
        {
            await GenerateAsync(appliance, alice);
        }

        hsm.Answer(FaultyHsm.DestroyObject, CKR.CKR_FUNCTION_FAILED, -1);
        int before = hsm.Calls(FaultyHsm.DestroyObject);
        Assert.IsNull((await InitAsync(appliance, alice)).Status);

        Assert.HasCount(EndedObjects.FailuresMax + 1, appliance.Store.Current.Objects);
        Assert.IsLessThanOrEqualTo(2 * EndedObjects.FailuresMax, hsm.Calls(FaultyHsm.DestroyObject) - before, "Each key has two halves at most.");
        hsm.Answer(FaultyHsm.DestroyObject, CKR.CKR_OK, 0);
        Assert.IsNull((await InitAsync(appliance, alice)).Status);
        Assert.IsEmpty(appliance.Store.Current.Objects);
    }

    [TestMethod]
    public async Task A_destroyed_key_that_its_device_keeps_is_deleted_with_the_next_one()
    {
        FaultyHsm hsm = new();
        (RunningAppliance appliance, Client alice) = await OpenOnAsync(hsm);
        await using RunningAppliance _ = appliance;
        Object first = await GenerateAsync(appliance, alice);
        Object second = await GenerateAsync(appliance, alice);
        hsm.Answer(FaultyHsm.DestroyObject, CKR.CKR_FUNCTION_FAILED, 1);

        Assert.AreEqual("object.on_device", (await TryDestroyAsync(appliance, alice, first)).Reason);
        Assert.AreEqual("key.unknown", (await SignAsync(appliance, alice, first.Id, CKM.CKM_ECDSA_SHA256)).Reason);
        Assert.AreEqual("object.unknown", (await TryDestroyAsync(appliance, alice, first)).Reason);
        await appliance.RestartAsync();
        alice = await appliance.ConnectAsync("alice");
        Assert.ContainsSingle(appliance.Store.Current.Objects.Values.Where(made => made.RemainsOnDevice));

        await DestroyAsync(appliance, alice, second);

        Assert.DoesNotContain(made => made.RemainsOnDevice, appliance.Store.Current.Objects.Values);
    }

    private static async Task<(RunningAppliance Appliance, Client Alice)> OpenOnAsync(FaultyHsm hsm)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(
            "none", devices: new PassThroughBackend(hsm.Options, TimeProvider.System));
        await SetAsync(alice, set => (set.Objects, set.TokenInit, set.ObjectStorage) = (true, true, "hsm:test"));
        return (appliance, alice);
    }

    private static async Task<Object> GenerateAsync(RunningAppliance appliance, Client client, CodeSign.Wire.V1.Attribute? where = null)
    {
        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(
            appliance,
            client,
            CKM.CKM_EC_KEY_PAIR_GEN,
            [Of(CKA.CKA_EC_PARAMS, P256)],
            [where ?? Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_LABEL, "mine")]);
        return made.Status is null ? made.Message.PrivateKey : throw new InvalidOperationException(made.Status.Message);
    }

    private static Task<Answer<InitTokenResponse>> InitAsync(RunningAppliance appliance, Client client) => client.CallAsync(
        OperationCode.InitToken,
        new InitTokenRequest { ProjectId = appliance.ProjectId("demo"), Label = "demo" },
        InitTokenResponse.Parser,
        "the SO's own PIN"u8.ToArray());
}
