using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>A public key that the client keeps, copied into the token: it was generated here where its private half says so, not where the client does.</summary>
[TestClass]
public sealed class GeneratedCopyTests
{
    [TestMethod]
    public async Task A_copy_of_what_was_generated_here_stays_local()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        await using RunningAppliance _ = appliance;
        await alice.LoginAsync(RunningAppliance.Pin);
        Object pair = await GenerateAsync(appliance, alice);
        byte[] point = Value(pair, CKA.CKA_EC_POINT)!;

        Object copy = await CreateAsync(appliance, alice, point, copiesGenerated: true);
        Assert.AreSequenceEqual(new byte[] { 1 }, Value(copy, CKA.CKA_LOCAL));
        Assert.AreSequenceEqual(Value(pair, CKA.CKA_KEY_GEN_MECHANISM)!, Value(copy, CKA.CKA_KEY_GEN_MECHANISM));

        Object brought = await CreateAsync(appliance, alice, point, copiesGenerated: false);
        Assert.AreSequenceEqual(new byte[] { 0 }, Value(brought, CKA.CKA_LOCAL));
        alice.Ticket = [];
        Object unseen = await CreateAsync(appliance, alice, point, copiesGenerated: true);
        Assert.AreSequenceEqual(new byte[] { 0 }, Value(unseen, CKA.CKA_LOCAL), "Who doesn't see the private half isn't told of it.");
    }

    [TestMethod]
    public async Task A_key_from_elsewhere_is_not_local_because_its_bearer_says_so()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await GenerateAsync(appliance, alice);
        using ECDsa elsewhere = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ECParameters numbers = elsewhere.ExportParameters(includePrivateParameters: false);

        Object lied = await CreateAsync(appliance, alice, [4, 65, 4, .. numbers.Q.X!, .. numbers.Q.Y!], copiesGenerated: true);

        Assert.AreSequenceEqual(new byte[] { 0 }, Value(lied, CKA.CKA_LOCAL));
    }

    private static async Task<Object> GenerateAsync(RunningAppliance appliance, Client alice)
    {
        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(
            appliance,
            alice,
            CKM.CKM_EC_KEY_PAIR_GEN,
            [Of(CKA.CKA_EC_PARAMS, P256), Of(CKA.CKA_TOKEN, true)],
            Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_SIGN, true));
        Assert.AreEqual("ok", made.Reason);
        return made.Message.PublicKey;
    }

    private static async Task<Object> CreateAsync(RunningAppliance appliance, Client alice, byte[] point, bool copiesGenerated)
    {
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo"), Application = Application, CopiesGenerated = copiesGenerated };
        request.Template.AddRange(
        [
            Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_EC), Of(CKA.CKA_TOKEN, true),
            Of(CKA.CKA_EC_PARAMS, P256), Of(CKA.CKA_EC_POINT, point),
        ]);
        return (await alice.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser)).Object;
    }
}
