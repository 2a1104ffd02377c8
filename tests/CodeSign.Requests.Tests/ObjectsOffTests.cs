using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>What is left of applications' objects where their project switches them off again: nothing is used, everything can be cleared away.</summary>
[TestClass]
public sealed class ObjectsOffTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_key_made_before_signs_no_more_and_the_record_says_why(bool token)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object key = await GenerateAsync(appliance, alice, token);
        Assert.IsNull((await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Status);

        await SetAsync(alice, set => set.Objects = false);

        Answer<SignResponse> refused = await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256);
        Assert.AreEqual((CKR.CKR_FUNCTION_REJECTED, "objects.off"), (refused.Status!.Ckr, refused.Reason));
        Assert.Contains("\"event\":\"sign.refused\"", appliance.Leaves()[^1]);
        Assert.Contains("objects.off", appliance.Leaves()[^1]);
        await SetAsync(alice, set => set.Objects = true);
        Assert.IsNull((await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Status, "Switched on again it is as it was.");
    }

    [TestMethod]
    public async Task Keys_of_environments_sign_on()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.Objects = false);

        Assert.IsNull((await alice.SignAsync(Digest)).Status);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task What_was_made_before_is_listed_and_destroyed_and_nothing_else(bool token)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.Extractable = true);
        Object key = await GenerateAsync(appliance, alice, token, Of(CKA.CKA_SENSITIVE, false), Of(CKA.CKA_EXTRACTABLE, true));
        await SetAsync(alice, set => set.Objects = false);

        Assert.Contains(key, await FindAsync(appliance, alice, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY)));
        Assert.AreEqual("objects.off", (await RevealAsync(appliance, alice, key, CKA.CKA_VALUE)).Reason);
        SetAttributesRequest set = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id, Application = Application };
        set.Template.Add(Of(CKA.CKA_LABEL, "x"));
        Assert.AreEqual("objects.off", (await alice.CallAsync(OperationCode.SetAttributes, set, SetAttributesResponse.Parser)).Reason);
        CopyObjectRequest copy = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id, Application = Application };
        Assert.AreEqual("objects.off", (await alice.CallAsync(OperationCode.CopyObject, copy, CopyObjectResponse.Parser)).Reason);

        Answer<DestroyObjectResponse> destroyed = await TryDestroyAsync(appliance, alice, key);

        Assert.IsNull(destroyed.Status, destroyed.Reason);
        Assert.DoesNotContain(key, await FindAsync(appliance, alice, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY)));
    }

    private static async Task<Object> GenerateAsync(
        RunningAppliance appliance, Client client, bool token, params IEnumerable<CodeSign.Wire.V1.Attribute> more)
    {
        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(
            appliance, client, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, token), .. more]);
        return made.Status is null ? made.Message.PrivateKey : throw new InvalidOperationException(made.Reason);
    }
}
