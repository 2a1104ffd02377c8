using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;
using Project = CodeSign.Appliance.Governance.Project;

namespace CodeSign.Requests.Tests;

/// <summary>Objects that are changed or destroyed while the right to do so ends: between the decision and the commit.</summary>
[TestClass]
public sealed class ObjectMeanwhileTests
{
    [TestMethod]
    [DataRow("member", true)]
    [DataRow("member", false)]
    [DataRow("disabled", true)]
    [DataRow("disabled", false)]
    [DataRow("off", true)]
    [DataRow("off", false)]
    [DataRow("grant", true)]
    [DataRow("grant", false)]
    [DataRow("login", true)]
    [DataRow("login", false)]
    public async Task An_object_is_not_changed(string end, bool token)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        await alice.LoginAsync(RunningAppliance.Pin);
        Object key = await GenerateAsync(appliance, alice, token);
        SetAttributesRequest set = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id, Application = Application };
        set.Template.Add(Of(CKA.CKA_LABEL, "changed"));

        Answer<SetAttributesResponse> answer = await MeanwhileAsync(
            appliance, alice, end, () => alice.CallAsync(OperationCode.SetAttributes, set, SetAttributesResponse.Parser));

        Assert.IsNotNull(answer.Status);
        Assert.Contains("\"event\":\"object.set.refused\"", appliance.Leaves()[^1]);
        await RestoreAsync(appliance, alice);
        Assert.AreEqual(key, Assert.ContainsSingle(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "mine"), Of(CKA.CKA_TOKEN, token))));
    }

    [TestMethod]
    [DataRow("member", true)]
    [DataRow("member", false)]
    [DataRow("disabled", true)]
    [DataRow("disabled", false)]
    [DataRow("grant", false)]
    [DataRow("login", false)]
    public async Task An_object_is_not_destroyed(string end, bool token)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        await alice.LoginAsync(RunningAppliance.Pin);
        Object key = await GenerateAsync(appliance, alice, token);

        Answer<DestroyObjectResponse> answer = await MeanwhileAsync(appliance, alice, end, () => TryDestroyAsync(appliance, alice, key));

        Assert.IsNotNull(answer.Status);
        Assert.Contains("\"event\":\"object.destroy.refused\"", appliance.Leaves()[^1]);
        await RestoreAsync(appliance, alice);
        Assert.AreEqual(key, Assert.ContainsSingle(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "mine"), Of(CKA.CKA_TOKEN, token))));
    }

    // The change is under way on the writer's thread when the request is decided, and done when the request's own turn comes.
    private static async Task<Answer<T>> MeanwhileAsync<T>(RunningAppliance appliance, Client client, string end, Func<Task<Answer<T>>> request)
    {
        using ManualResetEventSlim decided = new();
        Task<Snapshot> ending = appliance.Store.CommitAsync(
            latest =>
            {
                decided.Wait();
                return End(latest, latest.FindProject("demo")!, client, end);
            },
            CancellationToken.None);
        Task<Answer<T>> asked = request();
        decided.Set();
        await ending;
        return await asked;
    }

    private static StoreChange End(Snapshot latest, Project project, Client client, string end) => end switch
    {
        "member" => new StoreChange().Put(project with { Members = [.. project.Members.Where(member => member.Role != ProjectRole.KeyUser)] }),
        "disabled" => new StoreChange().Put(project with { Enabled = false }),
        "off" => new StoreChange().Put(project with { Objects = project.Objects with { Allow = false } }),
        "grant" => new StoreChange().Put(latest.Grants[client.GrantId] with { Revoked = true }),
        _ => new StoreChange().Put(project with { Epoch = project.Epoch + 1 }),
    };

    private static async Task RestoreAsync(RunningAppliance appliance, Client client)
    {
        await appliance.Store.CommitAsync(
            latest =>
            {
                Project project = latest.FindProject("demo")!;
                Membership member = new(project.Members[0].IdentityId, ProjectRole.KeyUser, []);
                return new StoreChange()
                    .Put(project with { Enabled = true, Members = [project.Members[0], member], Objects = project.Objects with { Allow = true } })
                    .Put(latest.Grants[client.GrantId] with { Revoked = false });
            },
            CancellationToken.None);
        client.Ticket = [];
        Assert.IsNull((await client.LoginAsync(RunningAppliance.Pin)).Status);
    }

    private static async Task<Object> GenerateAsync(RunningAppliance appliance, Client client, bool token)
    {
        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(
            appliance,
            client,
            CKM.CKM_EC_KEY_PAIR_GEN,
            [Of(CKA.CKA_EC_PARAMS, P256)],
            [Of(CKA.CKA_TOKEN, token), Of(CKA.CKA_LABEL, "mine")]);
        return made.Status is null ? made.Message.PrivateKey : throw new InvalidOperationException(made.Reason);
    }
}
