using System.Security.Cryptography;
using System.Text;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Cryptoki;
using CKA = Net.Pkcs11Interop.Common.CKA;
using CKO = Net.Pkcs11Interop.Common.CKO;

namespace CodeSign.Keys.Tests;

/// <summary>What callers see of a device that sleeps, forgets, vanishes or turns the PIN down.</summary>
[TestClass]
public sealed class FaultyHsmTests
{
    private static readonly KeyAlgorithm Curve = KeyAlgorithm.Find("p256")!;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Cancel => TestContext.CancellationToken;

    [TestMethod]
    public async Task A_device_that_sleeps_in_C_Sign_holds_up_nobody_else_and_its_caller_no_longer_than_the_deadline()
    {
        FaultyHsm hsm = new();
        await using PassThroughBackend backend = await StartAsync(
            hsm.Options with { Sessions = 2, Deadline = TimeSpan.FromSeconds(4) });
        KeyReference one = await NewKeyAsync(backend, 1);
        KeyReference other = await NewKeyAsync(backend, 2);

        hsm.Hold(FaultyHsm.Sign, 1);
        long start = TimeProvider.System.GetTimestamp();
        Task<byte[]> stuck = SignAsync(backend, one);
        await Until.HoldsAsync(() => hsm.Held(FaultyHsm.Sign) == 1, "the device sleeps", Cancel);
        for (int i = 0; i < 20; i++)
        {
            _ = await SignAsync(backend, other);
        }

        Assert.IsFalse(stuck.IsCompleted);
        Assert.AreEqual("hsm.timeout", (await Assert.ThrowsExactlyAsync<FaultException>(() => stuck)).Reason);
        Assert.IsLessThan(20, TimeProvider.System.GetElapsedTime(start).TotalSeconds);
        Assert.AreEqual(1, hsm.Held(FaultyHsm.Sign));
        _ = await SignAsync(backend, one);
        hsm.Release(FaultyHsm.Sign);
    }

    [TestMethod]
    public async Task When_every_session_is_stuck_callers_are_refused_at_once_until_one_comes_back()
    {
        FaultyHsm hsm = new();
        await using PassThroughBackend backend = await StartAsync(
            hsm.Options with { Sessions = 2, Deadline = TimeSpan.FromMilliseconds(1500) });
        KeyReference key = await NewKeyAsync(backend, 1);
        hsm.Hold(FaultyHsm.Sign, 2);
        Task<byte[]>[] stuck = [SignAsync(backend, key), SignAsync(backend, key)];
        foreach (Task<byte[]> one in stuck)
        {
            Assert.AreEqual("hsm.timeout", (await Assert.ThrowsExactlyAsync<FaultException>(() => one)).Reason);
        }

        await Until.HoldsAsync(() => !backend.Health.Available, "health tells", Cancel);
        Task<byte[]> refused = SignAsync(backend, key);
        Assert.IsTrue(refused.IsCompleted);
        Assert.AreEqual("hsm.unavailable", (await Assert.ThrowsExactlyAsync<FaultException>(() => refused)).Reason);

        hsm.Release(FaultyHsm.Sign);
        await Until.HoldsAsync(() => backend.Health.Available, "the device answers again", Cancel);
        _ = await SignAsync(backend, key);
    }

    [TestMethod]
    public async Task A_device_stuck_when_it_is_looked_for_is_told_and_refused_at_once_until_it_comes_back()
    {
        FaultyHsm hsm = new();
        hsm.Hold(FaultyHsm.GetSlotList, 1);
        await using PassThroughBackend backend = new(
            hsm.Options with { Sessions = 1, Deadline = TimeSpan.FromMilliseconds(1500) }, TimeProvider.System);
        await Until.HoldsAsync(() => hsm.Held(FaultyHsm.GetSlotList) == 1, "the device sleeps", Cancel);

        await Until.HoldsAsync(() => backend.Health.Detail.Contains("does not answer", StringComparison.Ordinal), "health tells", Cancel);
        Task<NewKey> refused = backend.GenerateAsync(Curve, new string('1', 32), Cancel);
        Assert.IsTrue(refused.IsCompleted);
        Assert.AreEqual("hsm.unavailable", (await Assert.ThrowsExactlyAsync<FaultException>(() => refused)).Reason);

        hsm.Release(FaultyHsm.GetSlotList);
        await Until.HoldsAsync(() => backend.Health.Available, "the device answers again", Cancel);
        _ = await NewKeyAsync(backend, 1);
    }

    [TestMethod]
    public async Task A_caller_who_gives_up_is_answered_at_once()
    {
        FaultyHsm hsm = new();
        await using PassThroughBackend backend = await StartAsync(hsm.Options with { Sessions = 1 });
        KeyReference key = await NewKeyAsync(backend, 1);
        hsm.Hold(FaultyHsm.Sign, 1);
        using CancellationTokenSource running = new();
        using CancellationTokenSource waiting = new();
        Task<byte[]> first = backend.SignAsync(key, Input(), running.Token).AsTask();
        await Until.HoldsAsync(() => hsm.Held(FaultyHsm.Sign) == 1, "the device sleeps", Cancel);
        Task<byte[]> second = backend.SignAsync(key, Input(), waiting.Token).AsTask();
        await waiting.CancelAsync();
        await Assert.ThrowsExactlyAsync<TaskCanceledException>(() => second);
        Assert.AreEqual(0, backend.Health.Queued);
        await running.CancelAsync();
        await Assert.ThrowsExactlyAsync<TaskCanceledException>(() => first);
        Assert.AreEqual(1, hsm.Held(FaultyHsm.Sign));
        hsm.Release(FaultyHsm.Sign);
        _ = await SignAsync(backend, key);
    }

    [TestMethod]
    public async Task The_queue_takes_as_many_as_it_says_and_not_one_more()
    {
        FaultyHsm hsm = new();
        await using PassThroughBackend backend = await StartAsync(hsm.Options with { Sessions = 1, QueueMax = 3 });
        KeyReference key = await NewKeyAsync(backend, 1);
        hsm.Hold(FaultyHsm.Sign, 1);
        Task<byte[]> running = SignAsync(backend, key);
        await Until.HoldsAsync(() => hsm.Held(FaultyHsm.Sign) == 1, "the device sleeps", Cancel);
        Task<byte[]>[] waiting = [SignAsync(backend, key), SignAsync(backend, key), SignAsync(backend, key)];
        Assert.AreEqual(3, backend.Health.Queued);
        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(() => SignAsync(backend, key));
        Assert.AreEqual("hsm.busy", refused.Reason);
        Assert.AreEqual(CKR.CKR_DEVICE_ERROR, refused.Status);

        hsm.Release(FaultyHsm.Sign);
        foreach (Task<byte[]> one in waiting.Prepend(running))
        {
            Assert.HasCount(64, await one);
        }
    }

    [TestMethod]
    public async Task A_wrong_PIN_is_tried_once_until_an_operator_acts()
    {
        FaultyHsm hsm = new();
        string pin = "999999";
        await using PassThroughBackend backend = new(
            hsm.Options with { Pin = () => new SecretBytes(Encoding.ASCII.GetBytes(pin)) }, TimeProvider.System);
        for (int i = 0; i < 5; i++)
        {
            FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(() => NewKeyAsync(backend, i));
            Assert.AreEqual("hsm.unavailable", refused.Reason);
            Assert.Contains("CKR_PIN_INCORRECT", refused.Message);
            await Task.Delay(hsm.Options.RetryAfter, Cancel);
        }

        Assert.AreEqual(1, hsm.Calls(FaultyHsm.Login));
        Assert.IsFalse(backend.Health.Available);
        pin = SoftHsm.Pin;
        backend.OperatorReset();
        await Until.HoldsAsync(() => backend.Health.Available, "the right PIN is taken", Cancel);
        Assert.AreEqual(2, hsm.Calls(FaultyHsm.Login));
        _ = await NewKeyAsync(backend, 9);
    }

    [TestMethod]
    [DataRow(CKR.CKR_PIN_LOCKED)]
    [DataRow(CKR.CKR_PIN_EXPIRED)]
    public async Task A_PIN_that_is_locked_or_expired_is_left_alone(CKR code)
    {
        FaultyHsm hsm = new();
        hsm.Answer(FaultyHsm.Login, code, -1);
        await using PassThroughBackend backend = new(hsm.Options, TimeProvider.System);
        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsExactlyAsync<FaultException>(() => NewKeyAsync(backend, i));
            await Task.Delay(hsm.Options.RetryAfter, Cancel);
        }

        Assert.AreEqual(1, hsm.Calls(FaultyHsm.Login));
    }

    [TestMethod]
    public async Task Lost_sessions_are_opened_again_within_the_request()
    {
        FaultyHsm hsm = new();
        await using PassThroughBackend backend = await StartAsync(hsm.Options with { Sessions = 1 });
        KeyReference key = await NewKeyAsync(backend, 1);
        CKR[] losses =
        [
            CKR.CKR_SESSION_HANDLE_INVALID, CKR.CKR_SESSION_CLOSED, CKR.CKR_DEVICE_REMOVED, CKR.CKR_TOKEN_NOT_PRESENT,
            CKR.CKR_USER_NOT_LOGGED_IN, CKR.CKR_DEVICE_ERROR, CKR.CKR_OPERATION_ACTIVE,
        ];
        foreach (CKR loss in losses)
        {
            int opened = hsm.Calls(FaultyHsm.OpenSession);
            hsm.Answer(FaultyHsm.SignInit, loss, 1);
            Assert.HasCount(64, await SignAsync(backend, key));
            Assert.AreEqual(opened + 1, hsm.Calls(FaultyHsm.OpenSession), loss.ToString());
            hsm.Answer(FaultyHsm.Sign, loss, 1);
            Assert.HasCount(64, await SignAsync(backend, key));
        }

        // Lost twice in a row is not tried for ever.
        hsm.Answer(FaultyHsm.SignInit, CKR.CKR_DEVICE_ERROR, 2);
        Assert.AreEqual("hsm.refused", (await Assert.ThrowsExactlyAsync<FaultException>(() => SignAsync(backend, key))).Reason);
        Assert.HasCount(64, await SignAsync(backend, key));
    }

    [TestMethod]
    public async Task A_handle_that_went_stale_is_looked_up_again()
    {
        FaultyHsm hsm = new();
        await using PassThroughBackend backend = await StartAsync(hsm.Options with { Sessions = 1 });
        KeyReference key = await NewKeyAsync(backend, 1);
        _ = await SignAsync(backend, key);
        hsm.Answer(FaultyHsm.SignInit, CKR.CKR_KEY_HANDLE_INVALID, 1);
        Assert.HasCount(64, await SignAsync(backend, key));
    }

    [TestMethod]
    public async Task A_lost_login_is_made_again()
    {
        FaultyHsm hsm = new();
        await using PassThroughBackend backend = await StartAsync(hsm.Options with { Sessions = 1 });
        KeyReference key = await NewKeyAsync(backend, 1);
        int logins = hsm.Calls(FaultyHsm.Login);
        hsm.Answer(FaultyHsm.GetSessionInfo, CKR.CKR_SESSION_HANDLE_INVALID, 1);
        hsm.Answer(FaultyHsm.SignInit, CKR.CKR_USER_NOT_LOGGED_IN, 1);
        Assert.HasCount(64, await SignAsync(backend, key));
        Assert.AreEqual(logins + 1, hsm.Calls(FaultyHsm.Login));
    }

    [TestMethod]
    public async Task A_device_that_was_away_is_found_again_without_a_request()
    {
        FaultyHsm hsm = new();
        await using PassThroughBackend backend = await StartAsync(hsm.Options with { Sessions = 2 });
        KeyReference key = await NewKeyAsync(backend, 1);
        int[] functions = [FaultyHsm.SignInit, FaultyHsm.GetSlotList, FaultyHsm.OpenSession, FaultyHsm.GetSessionInfo];
        foreach (int function in functions)
        {
            hsm.Answer(function, CKR.CKR_DEVICE_REMOVED, -1);
        }

        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(() => SignAsync(backend, key));
        Assert.AreEqual("hsm.unavailable", refused.Reason);
        Assert.Contains("CKR_DEVICE_REMOVED", refused.Message);
        Assert.IsFalse(backend.Health.Available);
        foreach (int function in functions)
        {
            hsm.Answer(function, CKR.CKR_OK, 0);
        }

        await Until.HoldsAsync(() => backend.Health.Available, "the device is back", Cancel);
        Assert.HasCount(64, await SignAsync(backend, key));
    }

    [TestMethod]
    public async Task A_key_made_for_a_caller_who_left_is_removed()
    {
        FaultyHsm hsm = new();
        await using PassThroughBackend backend = await StartAsync(hsm.Options with { Sessions = 1 });
        string left = new('f', 32);
        hsm.Hold(FaultyHsm.GenerateKeyPair, 1);
        using CancellationTokenSource patience = new();
        Task<NewKey> making = backend.GenerateAsync(Curve, left, patience.Token);
        await Until.HoldsAsync(() => hsm.Held(FaultyHsm.GenerateKeyPair) == 1, "the device makes a key", Cancel);
        await patience.CancelAsync();
        await Assert.ThrowsExactlyAsync<TaskCanceledException>(() => making);
        hsm.Release(FaultyHsm.GenerateKeyPair);

        // The one session is the witness: what comes after has the removal before it.
        _ = await NewKeyAsync(backend, 1);
        HsmDevice device = new(SoftHsm.Options(hsm.Token), TimeProvider.System);
        using HsmSession session = device.OpenSession();
        Assert.IsEmpty(session.Find(CKO.CKO_PRIVATE_KEY, CKA.CKA_LABEL, Encoding.ASCII.GetBytes(left)));
        Assert.IsEmpty(session.Find(CKO.CKO_PUBLIC_KEY, CKA.CKA_LABEL, Encoding.ASCII.GetBytes(left)));
        device.Close(stuck: false);
    }

    [TestMethod]
    public async Task A_mechanism_the_device_does_not_offer_is_refused_by_name()
    {
        FaultyHsm hsm = new();
        hsm.HideMechanism(CKM.CKM_ECDSA);
        await using PassThroughBackend backend = await StartAsync(hsm.Options);
        Assert.IsFalse(backend.Supports(Curve, SignatureMechanism.Find(CKM.CKM_ECDSA_SHA256)!));
        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(() => SignAsync(
            backend, new KeyReference("x", Curve, [], [1], OpenPrivate: null)));
        Assert.AreEqual("hsm.mechanism", refused.Reason);
        Assert.Contains("CKM_ECDSA", refused.Message);
    }

    [TestMethod]
    public async Task Stopping_refuses_what_waits_and_is_not_held_up_by_a_stuck_thread()
    {
        FaultyHsm hsm = new();
        PassThroughBackend backend = await StartAsync(
            hsm.Options with { Sessions = 1, Deadline = TimeSpan.FromSeconds(1) });
        KeyReference key = await NewKeyAsync(backend, 1);
        hsm.Hold(FaultyHsm.Sign, 1);
        Task<byte[]> running = SignAsync(backend, key);
        await Until.HoldsAsync(() => hsm.Held(FaultyHsm.Sign) == 1, "the device sleeps", Cancel);
        Task<byte[]> waiting = SignAsync(backend, key);
        await backend.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        Assert.AreEqual("hsm.unavailable", (await Assert.ThrowsExactlyAsync<FaultException>(() => waiting)).Reason);
        Assert.AreEqual("hsm.timeout", (await Assert.ThrowsExactlyAsync<FaultException>(() => running)).Reason);
        hsm.Release(FaultyHsm.Sign);
    }

    private static SignatureInput Input() =>
        new(SignatureMechanism.Find(CKM.CKM_ECDSA_SHA256)!, Pss: null, RandomNumberGenerator.GetBytes(32));

    private async Task<PassThroughBackend> StartAsync(HsmOptions options)
    {
        PassThroughBackend backend = new(options, TimeProvider.System);
        await Until.HoldsAsync(() => backend.Health.Available, "the token is there", Cancel);
        return backend;
    }

    private async Task<KeyReference> NewKeyAsync(PassThroughBackend backend, int number)
    {
        string keyId = $"{number:x32}";
        return KeysInUse.Reference(keyId, Curve, await backend.GenerateAsync(Curve, keyId, Cancel));
    }

    private async Task<byte[]> SignAsync(PassThroughBackend backend, KeyReference key) =>
        await backend.SignAsync(key, Input(), Cancel);
}
