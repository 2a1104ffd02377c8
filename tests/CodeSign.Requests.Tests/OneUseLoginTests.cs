using System.Security.Cryptography;
using System.Text;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>Keys that are CKA_ALWAYS_AUTHENTICATE: each signature wants a context-specific login for it, which is good for one.</summary>
[TestClass]
public sealed class OneUseLoginTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_login_of_its_own_is_good_for_one_signature(bool token)
    {
        (RunningAppliance appliance, Client alice) = await OpenLoggedInAsync();
        await using RunningAppliance _ = appliance;
        Object key = await MakeKeyAsync(appliance, alice, token);
        Assert.AreEqual("login.one_use", (await SignAsync(appliance, alice, key)).Reason);

        await LoginForAsync(appliance, alice, key);

        Answer<SignResponse> signed = await SignAsync(appliance, alice, key);
        Assert.IsNull(signed.Status, signed.Reason);
        Assert.Contains("\"login\":\"", appliance.Leaves()[^1]);
        Assert.AreEqual("login.spent", (await SignAsync(appliance, alice, key)).Reason);
        await LoginForAsync(appliance, alice, key);
        Assert.IsNull((await SignAsync(appliance, alice, key)).Status);
    }

    [TestMethod]
    public async Task A_request_that_is_repeated_is_one_use()
    {
        (RunningAppliance appliance, Client alice) = await OpenLoggedInAsync();
        await using RunningAppliance _ = appliance;
        Object key = await MakeKeyAsync(appliance, alice);
        await LoginForAsync(appliance, alice, key);
        byte[] requestId = RandomNumberGenerator.GetBytes(16);

        Assert.IsNull((await SignAsync(appliance, alice, key, requestId)).Status);
        Assert.IsNull((await SignAsync(appliance, alice, key, requestId)).Status);
        await appliance.RestartAsync();
        await alice.HelloAsync();
        Assert.IsNull((await SignAsync(appliance, alice, key, requestId)).Status);
        Assert.AreEqual("login.spent", (await SignAsync(appliance, alice, key)).Reason, "A restart forgets no use.");
    }

    [TestMethod]
    public async Task Of_many_at_once_one_has_the_use()
    {
        (RunningAppliance appliance, Client alice) = await OpenLoggedInAsync();
        await using RunningAppliance _ = appliance;
        Object key = await MakeKeyAsync(appliance, alice);
        await LoginForAsync(appliance, alice, key);

        Answer<SignResponse>[] answers = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(() => SignAsync(appliance, alice, key))));

        Assert.ContainsSingle(answers.Where(answer => answer.Status is null));
        Assert.HasCount(15, answers.Where(answer => answer.Reason is "login.spent"));
    }

    [TestMethod]
    public async Task It_is_good_for_that_key_and_for_nothing_else()
    {
        (RunningAppliance appliance, Client alice) = await OpenLoggedInAsync();
        await using RunningAppliance _ = appliance;
        Object key = await MakeKeyAsync(appliance, alice);
        Object other = await MakeKeyAsync(appliance, alice);
        await LoginForAsync(appliance, alice, other);

        Assert.AreEqual("login.one_use", (await SignAsync(appliance, alice, key)).Reason);
        Assert.AreEqual("login.missing", (await alice.SignAsync(Digest)).Reason, "An ordinary key wants the user's login.");
        Assert.AreEqual("object.unknown", (await TryDestroyAsync(appliance, alice, other)).Reason);
        Assert.IsEmpty(await FindAsync(appliance, alice, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY)));
    }

    [TestMethod]
    [DataRow(600, true)]
    [DataRow(601, false)]
    public async Task It_ends_unused_after_ten_minutes(int seconds, bool holds)
    {
        (RunningAppliance appliance, Client alice) = await OpenLoggedInAsync();
        await using RunningAppliance _ = appliance;
        Object key = await MakeKeyAsync(appliance, alice);
        await LoginForAsync(appliance, alice, key);

        appliance.Clock.Advance(TimeSpan.FromSeconds(seconds));

        Assert.AreEqual(holds, (await SignAsync(appliance, alice, key)).Status is null);
    }

    [TestMethod]
    public async Task It_ends_with_the_PIN_it_was_made_with()
    {
        (RunningAppliance appliance, Client alice) = await OpenLoggedInAsync();
        await using RunningAppliance _ = appliance;
        Object key = await MakeKeyAsync(appliance, alice);
        await LoginForAsync(appliance, alice, key);
        await alice.OkAsync(
            OperationCode.ResetPin, new ResetPinRequest { Project = "demo", UserType = UserType.UserUser }, ResetPinResponse.Parser, "another PIN");

        Assert.AreEqual("login.one_use", (await SignAsync(appliance, alice, key)).Reason);
    }

    [TestMethod]
    public async Task Wrong_PINs_count_as_at_any_login_and_a_key_must_be_named()
    {
        (RunningAppliance appliance, Client alice) = await OpenLoggedInAsync();
        await using RunningAppliance _ = appliance;
        Object key = await MakeKeyAsync(appliance, alice);

        Assert.AreEqual("pin.incorrect", (await TryLoginAsync(appliance, alice, key.Id, "wrong")).Reason);
        Assert.Contains("8 tries", (await TryLoginAsync(appliance, alice, key.Id, "wrong again")).Status!.Message);
        foreach (ByteString named in new[] { ByteString.Empty, ByteString.CopyFrom(new byte[3]), ByteString.CopyFrom(new byte[17]) })
        {
            Assert.AreEqual("login.context", (await TryLoginAsync(appliance, alice, named, RunningAppliance.Pin)).Reason);
        }
    }

    private static async Task<(RunningAppliance Appliance, Client Alice)> OpenLoggedInAsync()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync("required");
        Assert.IsNull((await alice.LoginAsync(RunningAppliance.Pin)).Status);
        return (appliance, alice);
    }

    private static async Task<Object> MakeKeyAsync(RunningAppliance appliance, Client alice, bool token = true)
    {
        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, token), Of(CKA.CKA_ALWAYS_AUTHENTICATE, true)]);
        Assert.IsNull(made.Status, made.Reason);
        return made.Message.PrivateKey;
    }

    private static Task<Answer<LoginResponse>> TryLoginAsync(RunningAppliance appliance, Client client, ByteString key, string pin) => client.CallAsync(
        OperationCode.Login,
        new LoginRequest { ProjectId = appliance.ProjectId("demo"), UserType = UserType.UserContextSpecific, KeyId = key },
        LoginResponse.Parser,
        Encoding.UTF8.GetBytes(pin));

    private static async Task LoginForAsync(RunningAppliance appliance, Client client, Object key)
    {
        Answer<LoginResponse> answer = await TryLoginAsync(appliance, client, key.Id, RunningAppliance.Pin);
        Assert.IsNull(answer.Status, answer.Reason);
        client.Ticket = answer.Secret;
    }

    private static Task<Answer<SignResponse>> SignAsync(RunningAppliance appliance, Client client, Object key, byte[]? requestId = null) => client.CallAsync(
        OperationCode.Sign,
        new SignRequest
        {
            ProjectId = appliance.ProjectId("demo"),
            KeyId = key.Id,
            Mechanism = (ulong)CKM.CKM_ECDSA_SHA256,
            Data = ByteString.CopyFrom(Digest),
            RequestId = ByteString.CopyFrom(requestId ?? RandomNumberGenerator.GetBytes(16)),
            Application = Application,
        },
        SignResponse.Parser);
}
