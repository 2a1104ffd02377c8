namespace CodeSign.Client.Tests;

[TestClass]
public sealed class ClientSecretTests
{
    [TestMethod]
    public void A_secret_can_be_disposed_while_others_copy_it()
    {
        byte[] whole = [.. Enumerable.Repeat((byte)0x5a, 64)];
        for (int round = 0; round < 200; round++)
        {
            ClientSecret secret = new(whole);
            using Barrier together = new(4);
            int torn = 0;
            Thread[] threads = [.. Enumerable.Range(0, 4).Select(number => new Thread(() =>
            {
                byte[] copy = new byte[64];
                together.SignalAndWait();
                if (number < 2)
                {
                    secret.Dispose();
                }
                else if (secret.TryCopyTo(copy) && !copy.AsSpan().SequenceEqual(whole))
                {
                    Interlocked.Increment(ref torn);
                }
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            Assert.AreEqual(0, torn);
            Assert.IsFalse(secret.TryCopyTo(new byte[64]));
        }
    }
}
