using System.Security.Cryptography;
using CodeSign.Appliance.Custody;

namespace CodeSign.Custody.Tests;

[TestClass]
public sealed class SecretBytesTests
{
    [TestMethod]
    public void Is_zeroed_when_disposed_and_can_not_be_read_any_more()
    {
        SecretBytes secret = new([1, 2, 3]);
        secret.Dispose();
        secret.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => secret.Span.Length);
    }

    [TestMethod]
    public void Prints_as_nothing() => Assert.AreEqual("secret", new SecretBytes("hunter2"u8).ToString());

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(31)]
    [DataRow(32)]
    [DataRow(33)]
    [DataRow(4096)]
    [DataRow(4097)]
    [DataRow(65536)]
    [DataRow(65537)]
    [DataRow(1_000_000)]
    public void Holds_any_length_zeroed_at_first(int length)
    {
        // Twice: the second comes out of memory that the first has used and given back.
        for (int round = 0; round < 2; round++)
        {
            using SecretBytes secret = new(length);
            Assert.HasCount(length, secret.Span.ToArray());
            Assert.IsFalse(secret.Span.ContainsAnyExcept((byte)0));
            secret.Span.Fill(0xAA);
        }
    }

    [TestMethod]
    public void Neighbours_do_not_overlap()
    {
        SecretBytes[] secrets = [.. Enumerable.Range(0, 5000).Select(i => new SecretBytes(1 + (i % 100)))];
        for (int i = 0; i < secrets.Length; i++)
        {
            secrets[i].Span.Fill((byte)(i % 251));
        }

        for (int i = 0; i < secrets.Length; i++)
        {
            Assert.IsFalse(secrets[i].Span.ContainsAnyExcept((byte)(i % 251)));
            secrets[i].Dispose();
        }
    }

    [TestMethod]
    public void Many_threads_may_allocate_and_free()
    {
        Parallel.For(0, 20_000, i =>
        {
            byte[] expected = RandomNumberGenerator.GetBytes(1 + (i % 70));
            using SecretBytes secret = new(expected);
            Assert.IsTrue(secret.FixedTimeEquals(expected));
        });
    }
}
