using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;

namespace CodeSign.Requests.Tests;

/// <summary>Session objects whose application is silent: they end by the clock, whether anybody asks or not.</summary>
[TestClass]
public sealed class SessionObjectsTests
{
    [TestMethod]
    public void What_nothing_was_heard_of_for_long_ends_by_itself_and_its_secret_is_wiped()
    {
        TestClock clock = new();
        List<string> forgotten = [];
        using SessionObjects session = new(clock, gone => forgotten.Add(gone.Id));
        SecretBytes secret = new("a secret"u8);
        using (SessionObjects.Places places = session.Take("alice", "one", [(Made("key"), secret)]))
        {
            places.Keep();
        }

        clock.Advance(SessionObjects.IdleMax);
        Assert.IsEmpty(forgotten);
        Assert.AreSequenceEqual("a secret"u8.ToArray(), secret.Span.ToArray());

        clock.Advance(SessionObjects.IdleMax / 24);
        Assert.AreSequenceEqual((string[])["key"], forgotten);
        Assert.ThrowsExactly<ObjectDisposedException>(() => secret.Span.Length);
        Assert.IsNull(session.Find("alice", "one", "key", "project"));
    }

    [TestMethod]
    public void Who_is_heard_of_goes_on()
    {
        TestClock clock = new();
        List<string> forgotten = [];
        using SessionObjects session = new(clock, gone => forgotten.Add(gone.Id));
        using (SessionObjects.Places places = session.Take("alice", "one", [(Made("key"), new SecretBytes(1))]))
        {
            places.Keep();
        }

        for (int i = 0; i < 4; i++)
        {
            clock.Advance(SessionObjects.IdleMax - TimeSpan.FromMinutes(1));
            Assert.IsNotNull(session.Find("alice", "one", "key", "project"));
        }

        Assert.IsEmpty(forgotten);
    }

    [TestMethod]
    public async Task A_key_of_a_silent_application_signs_no_more()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Answer<CodeSign.Wire.V1.GenerateKeyPairResponse> made = await TryGenerateAsync(
            appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, false)]);

        appliance.Clock.Advance(SessionObjects.IdleMax + (SessionObjects.IdleMax / 24));

        Assert.AreEqual("key.unknown", (await SignAsync(appliance, alice, made.Message.PrivateKey.Id, CKM.CKM_ECDSA_SHA256)).Reason);
    }

    private static StoredObject Made(string id) => new() { Id = id, ProjectId = "project", Attributes = new AttributeSet([]) };
}
