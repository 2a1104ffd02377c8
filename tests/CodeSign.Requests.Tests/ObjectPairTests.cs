using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Project = CodeSign.Appliance.Governance.Project;

namespace CodeSign.Requests.Tests;

/// <summary>Pairs of which one half is kept in the token and the other in a session: both, or none.</summary>
[TestClass]
public sealed class ObjectPairTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Where_the_session_takes_no_more_nothing_is_left_in_the_token()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        GenerateKeyRequest request = new() { ProjectId = appliance.ProjectId("demo"), Mechanism = (ulong)CKM.CKM_AES_KEY_GEN, Application = Application };
        request.Template.AddRange([Of(CKA.CKA_VALUE_LEN, 32UL), Of(CKA.CKA_TOKEN, false)]);
        for (int i = 0; i < SessionObjects.EachMax - 1; i++)
        {
            await alice.OkAsync(OperationCode.GenerateKey, request, GenerateKeyResponse.Parser);
        }

        Assert.IsNull((await GeneratePairAsync(appliance, alice)).Status);
        Assert.HasCount(1, appliance.Store.Current.Objects);

        Assert.AreEqual("session_objects.too_many", (await GeneratePairAsync(appliance, alice)).Reason);
        Assert.HasCount(1, appliance.Store.Current.Objects, "No half of a pair is left.");
    }

    [TestMethod]
    public async Task Where_the_token_takes_none_nothing_is_left_in_the_session()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        using ManualResetEventSlim decided = new();
        Task<Snapshot> switching = appliance.Store.CommitAsync(
            latest =>
            {
                decided.Wait(TestContext.CancellationToken);
                Project project = latest.FindProject("demo")!;
                return new StoreChange().Put(project with { Objects = project.Objects with { Allow = false } });
            },
            CancellationToken.None);
        Task<Answer<GenerateKeyPairResponse>> generating = GeneratePairAsync(appliance, alice);
        decided.Set();
        await switching;

        Assert.AreEqual("objects.off", (await generating).Reason);
        await SetAsync(alice, set => set.Objects = true);
        Assert.IsEmpty(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "half")));
        Assert.IsEmpty(appliance.Store.Current.Objects);
    }

    private static Task<Answer<GenerateKeyPairResponse>> GeneratePairAsync(RunningAppliance appliance, Client client) => TryGenerateAsync(
        appliance,
        client,
        CKM.CKM_EC_KEY_PAIR_GEN,
        [Of(CKA.CKA_EC_PARAMS, P256), Of(CKA.CKA_TOKEN, true)],
        Of(CKA.CKA_TOKEN, false),
        Of(CKA.CKA_LABEL, "half"));
}
