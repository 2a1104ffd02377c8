using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;

namespace CodeSign.Custody.Tests;

[TestClass]
public sealed class PasswordHasherTests
{
    private static readonly Argon2 Cheap = new(8, 1, 1);

    private readonly RootKey _root = RootKey.Create();

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public void Argon2id_agrees_with_the_reference_implementation()
    {
        // phc-winner-argon2, src/test.c, Argon2id version 0x13: t = 2, m = 2^16, p = 1.
        byte[] tag = new byte[32];
        new Argon2(65536, 2, 1).Derive("password"u8, "somesalt"u8, tag);
        Assert.AreEqual("09316115D5CF24ED5A15A31A3BA326E5CF32EDC24702987C02B6566F61913CF7", Convert.ToHexString(tag));
    }

    [TestMethod]
    public async Task The_password_is_right_and_every_other_is_not()
    {
        using PasswordHasher hasher = new(_root);
        using SecretBytes password = new("Tr0ub4dor&3"u8);
        HashedPassword kept = await hasher.HashAsync(password, TestContext.CancellationToken);

        Assert.IsTrue(await hasher.VerifyAsync(password, kept, TestContext.CancellationToken));
        using SecretBytes other = new("Tr0ub4dor&4"u8);
        Assert.IsFalse(await hasher.VerifyAsync(other, kept, TestContext.CancellationToken));
        using SecretBytes longer = new("Tr0ub4dor&3\0"u8);
        Assert.IsFalse(await hasher.VerifyAsync(longer, kept, TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task Another_root_key_makes_every_password_wrong()
    {
        using PasswordHasher hasher = new(_root, Cheap);
        using RootKey otherRoot = RootKey.Create();
        using PasswordHasher other = new(otherRoot, Cheap);
        using SecretBytes password = new("p"u8);
        HashedPassword kept = await hasher.HashAsync(password, TestContext.CancellationToken);
        Assert.IsFalse(await other.VerifyAsync(password, kept, TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task The_same_password_is_kept_differently_each_time()
    {
        using PasswordHasher hasher = new(_root, Cheap);
        using SecretBytes password = new("p"u8);
        HashedPassword one = await hasher.HashAsync(password, TestContext.CancellationToken);
        HashedPassword other = await hasher.HashAsync(password, TestContext.CancellationToken);
        Assert.AreNotEqual(Convert.ToHexString(one.Salt), Convert.ToHexString(other.Salt));
        Assert.AreNotEqual(Convert.ToHexString(one.Hash), Convert.ToHexString(other.Hash));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(PasswordHasher.PasswordBytesMax)]
    public async Task Takes_a_password_within_the_limits(int length)
    {
        using PasswordHasher hasher = new(_root, Cheap);
        using SecretBytes password = new(length);
        HashedPassword kept = await hasher.HashAsync(password, TestContext.CancellationToken);
        Assert.IsTrue(await hasher.VerifyAsync(password, kept, TestContext.CancellationToken));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(PasswordHasher.PasswordBytesMax + 1)]
    public async Task Refuses_a_password_outside_the_limits(int length)
    {
        using PasswordHasher hasher = new(_root, Cheap);
        using SecretBytes password = new(length);
        FaultException e = await Assert.ThrowsExactlyAsync<FaultException>(
            () => hasher.HashAsync(password, TestContext.CancellationToken));
        Assert.AreEqual(CKR.CKR_PIN_LEN_RANGE, e.Status);

        using SecretBytes shortest = new("p"u8);
        HashedPassword kept = await hasher.HashAsync(shortest, TestContext.CancellationToken);
        Assert.IsFalse(await hasher.VerifyAsync(password, kept, TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task Takes_as_many_at_once_as_the_queue_is_long_and_refuses_one_more()
    {
        const int Limit = PasswordHasher.RunningMax + PasswordHasher.WaitingMax;
        using PasswordHasher hasher = new(_root, new Argon2(4096, 1, 1));
        using SecretBytes password = new("p"u8);
        HashedPassword kept = await hasher.HashAsync(password, TestContext.CancellationToken);

        // The first ones are still at work when the last is asked for: each takes milliseconds, asking takes microseconds.
        Task<bool>[] asked = [.. Enumerable.Range(0, Limit).Select(_ => hasher.VerifyAsync(password, kept, TestContext.CancellationToken))];
        FaultException e = await Assert.ThrowsExactlyAsync<FaultException>(
            () => hasher.VerifyAsync(password, kept, TestContext.CancellationToken));
        Assert.AreEqual("password.busy", e.Reason);

        Assert.DoesNotContain(false, await Task.WhenAll(asked));
        Assert.IsTrue(await hasher.VerifyAsync(password, kept, TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task One_who_gives_up_waiting_leaves_the_place_to_others()
    {
        using PasswordHasher hasher = new(_root, new Argon2(4096, 1, 1));
        using SecretBytes password = new("p"u8);
        HashedPassword kept = await hasher.HashAsync(password, TestContext.CancellationToken);
        using CancellationTokenSource patience = new();
        Task<bool>[] asked =
        [
            .. Enumerable.Range(0, PasswordHasher.RunningMax + PasswordHasher.WaitingMax)
                .Select(_ => hasher.VerifyAsync(password, kept, patience.Token)),
        ];
        await patience.CancelAsync();
        foreach (Task<bool> task in asked)
        {
            await task.ContinueWith(_ => { }, TestContext.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        Assert.IsTrue(await hasher.VerifyAsync(password, kept, TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task Verifying_against_nothing_takes_the_work_of_a_wrong_password()
    {
        using PasswordHasher hasher = new(_root);
        using SecretBytes password = new("p"u8);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await hasher.VerifyNothingAsync(password, TestContext.CancellationToken);
        Assert.IsGreaterThan(Argon2.ForPassword.MemoryKib * 1024L / 2, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    [TestCleanup]
    public void Cleanup() => _root.Dispose();
}
