using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Cryptoki;

namespace CodeSign.Keys.Tests;

[TestClass]
public sealed class PreparedKeysTests
{
    private static readonly KeyAlgorithm Curve = KeyAlgorithm.Find("p256")!;
    private readonly ManualTime _time = new();
    private int _unsealed;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Keeps_as_many_as_it_says_and_forgets_the_one_used_longest_ago()
    {
        await using SoftwareBackend backend = new(new SoftwareOptions { PreparedKeysMax = 2 }, _time);
        KeyReference[] keys = [await NewAsync(backend, "a"), await NewAsync(backend, "b"), await NewAsync(backend, "c")];
        await UseAsync(backend, keys[0]);
        await UseAsync(backend, keys[1]);
        await UseAsync(backend, keys[0]);
        Assert.AreEqual(2, _unsealed);
        await UseAsync(backend, keys[2]);
        Assert.AreEqual(2, backend.PreparedKeyCount);
        await UseAsync(backend, keys[0]);
        Assert.AreEqual(3, _unsealed);
        await UseAsync(backend, keys[1]);
        Assert.AreEqual(4, _unsealed);
    }

    [TestMethod]
    public async Task Forgets_what_nobody_used_for_the_idle_time()
    {
        using PreparedKeys prepared = new(new SoftwareOptions { PreparedKeyIdle = TimeSpan.FromMinutes(1) }, _time);
        await using SoftwareBackend maker = new(new SoftwareOptions(), TimeProvider.System);
        KeyReference key = await NewAsync(maker, "a");
        prepared.Hold(key).Release();
        _time.Advance(TimeSpan.FromSeconds(59));
        prepared.DropIdle();
        Assert.AreEqual(1, prepared.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        prepared.DropIdle();
        Assert.AreEqual(0, prepared.Count);
    }

    [TestMethod]
    public async Task A_key_in_use_outlives_its_place_in_the_cache()
    {
        using PreparedKeys prepared = new(new SoftwareOptions(), _time);
        await using SoftwareBackend maker = new(new SoftwareOptions(), TimeProvider.System);
        KeyReference key = await NewAsync(maker, "a");
        PreparedKey held = prepared.Hold(key);
        prepared.Forget("a");
        SignatureInput input = new Challenge(Curve).Input;
        Assert.IsTrue(IndependentVerifier.Verifies(key.PublicKeyInfo, input, held.Sign(input, input.Data.Span)));
        held.Release();
        Assert.IsFalse(held.TryHold());
    }

    [TestMethod]
    public async Task Many_threads_that_want_one_key_unseal_it_once()
    {
        await using SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        KeyReference key = await NewAsync(backend, "a");
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 64), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.CancellationToken },
            async (_, _) => await UseAsync(backend, key));
        Assert.AreEqual(1, _unsealed);
    }

    [TestMethod]
    public async Task Signing_goes_on_while_keys_are_evicted_under_it()
    {
        await using SoftwareBackend backend = new(new SoftwareOptions { PreparedKeysMax = 2 }, TimeProvider.System);
        KeyReference[] keys = [.. await Task.WhenAll(Enumerable.Range(0, 6).Select(i => NewAsync(backend, $"{i}")))];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 2000), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.CancellationToken },
            async (i, _) => await UseAsync(backend, keys[i % keys.Length]));
        Assert.IsLessThanOrEqualTo(2, backend.PreparedKeyCount);
    }

    [TestMethod]
    public async Task After_disposal_nothing_signs()
    {
        SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        KeyReference key = await NewAsync(backend, "a");
        await UseAsync(backend, key);
        await backend.DisposeAsync();
        Assert.AreEqual(0, backend.PreparedKeyCount);
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(async () => await UseAsync(backend, key));
    }

    private async Task<KeyReference> NewAsync(SoftwareBackend backend, string id)
    {
        NewKey made = await backend.GenerateAsync(Curve, id, TestContext.CancellationToken);
        return new KeyReference(id, Curve, made.PublicKeyInfo, DeviceId: null, () =>
        {
            Interlocked.Increment(ref _unsealed);
            return new SecretBytes(made.Private!.Span);
        });
    }

    private async Task UseAsync(SoftwareBackend backend, KeyReference key)
    {
        _time.Advance(TimeSpan.FromMilliseconds(1));
        SignatureInput input = new Challenge(Curve).Input;
        byte[] signature = await backend.SignAsync(key, input, TestContext.CancellationToken);
        Assert.HasCount(64, signature);
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public void Advance(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);
    }
}
