using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSign.EndToEnd.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests;

/// <summary>What one signature costs, and what is remembered of it.</summary>
[TestClass]
public sealed class SignatureTests : ApplianceTests
{
    private const string Key = "p256";

    [TestMethod]
    public void A_signature_is_one_round_trip_and_both_sides_count_the_same()
    {
        using CountingProxy proxy = new(ServerAddress());
        ConnectThrough(proxy.Address);
        Driver driver = Driver(Key, out ulong handle);
        // The first may have to fetch what the others find.
        Assert.AreEqual(0UL, driver.Sign(handle, Harness.Driver.CkmEcdsa, RandomDigest()).Result);
        long counted = SignaturesCounted();
        int turns = proxy.Turns;

        for (int i = 0; i < Repetitions; i++)
        {
            Assert.AreEqual(0UL, driver.Sign(handle, Harness.Driver.CkmEcdsa, RandomDigest()).Result);
        }

        Assert.AreEqual(Repetitions, proxy.Turns - turns, "round trips seen by the proxy");
        Assert.AreEqual(Repetitions, SignaturesCounted() - counted, "signatures counted by the appliance");
    }

    [TestMethod]
    [DataRow("sized")]
    [DataRow("sized-parts")]
    public void Asking_for_the_size_signs_nothing(string command)
    {
        Driver driver = Driver("rsa2048", out ulong handle);
        long before = AuditRecord.Export(Appliance)[^1].Seq;
        long counted = SignaturesCounted();

        string[] words = driver.Ask($"{command} {handle} {Harness.Driver.CkmSha256RsaPkcs:x} 0102030405").Split(' ');

        Assert.AreEqual("0 256", $"{words[0]} {words[1]}", "no buffer: CKR_OK and the size");
        Assert.AreEqual("150 256", $"{words[2]} {words[3]}", "one byte short: CKR_BUFFER_TOO_SMALL and the size");
        Assert.AreEqual("0", words[4], "enough: CKR_OK");
        byte[] signature = Convert.FromHexString(words[5].Trim());
        using X509Certificate2 certificate = Certificate("rsa2048");
        using RSA key = certificate.GetRSAPublicKey()!;
        Assert.IsTrue(key.VerifyData((byte[])[1, 2, 3, 4, 5], signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.AreEqual(1, SignaturesCounted() - counted, "signatures counted by the appliance");
        AuditRecord record = AuditRecord.Export(Appliance, before + 1).Single(r => r.Event.StartsWith("sign", StringComparison.Ordinal));
        Assert.AreEqual("sign", record.Event);
        Assert.AreEqual("ok", record.Outcome);
        Assert.AreEqual("rsa2048", record.Environment);
        Assert.AreEqual("CKM_SHA256_RSA_PKCS", record.Mechanism);
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData([1, 2, 3, 4, 5])), record.Digest);
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(signature)), record.SignatureSha256);
    }

    [TestMethod]
    public void A_lost_answer_is_asked_for_again_and_spends_nothing()
    {
        using CountingProxy proxy = new(ServerAddress());
        ConnectThrough(proxy.Address);
        Driver driver = Driver(Key, out ulong handle);
        Assert.AreEqual(0UL, driver.Sign(handle, Harness.Driver.CkmEcdsa, RandomDigest()).Result);
        long before = AuditRecord.Export(Appliance)[^1].Seq;
        byte[] digest = RandomDigest();

        proxy.SwallowNextAnswer();
        Signature signature = driver.Sign(handle, Harness.Driver.CkmEcdsa, digest);

        Assert.AreEqual(0UL, signature.Result);
        using ECDsa key = PublicKey(Key);
        Assert.IsTrue(key.VerifyHash(digest, signature.Value));
        AuditRecord[] records =
            [.. AuditRecord.Export(Appliance, before + 1).Where(r => r.Event.StartsWith("sign", StringComparison.Ordinal))];
        Assert.AreSequenceEqual(["sign", "sign.repeat"], records.Select(r => r.Event).ToArray());
        Assert.AreEqual(records[0].Request, records[1].Request);
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(signature.Value)), records[1].SignatureSha256);
    }

    [TestMethod]
    public void Threads_with_a_session_each_sign_side_by_side()
    {
        const int Threads = 64;
        const int Each = 157;
        Driver driver = Driver(Key, out ulong handle);
        driver.Expect($"load {handle} {Harness.Driver.CkmEcdsa:x} {Threads} {Each} {Bench.At("load")}", "0");

        Assert.AreEqual($"0 {Threads * Each} 0", driver.Ask("join").Trim(), "signed, failed");

        using ECDsa key = PublicKey(Key);
        Assert.AreEqual(Threads * Each, Delivered.Read(Bench, "load").Count(d => key.VerifyHash(d.Digest, d.Signature)));
    }

    [TestMethod]
    public void Cold_processes_in_crowds_all_sign()
    {
        const int AtOnce = 50;
        const int Processes = 500;
        string begin = $"initialize\nopen {Appliance.TokenLabel}\nlogin {Appliance.At("pin")}\n";
        string sign = $"sign-first {Key} {Harness.Driver.CkmEcdsa:x} {Convert.ToHexStringLower(RandomDigest())}\n";

        // Each process takes a thread to wait for it and two to read what it says; the pool must not ration them.
        ThreadPool.SetMinThreads(4 * AtOnce, 4 * AtOnce);
        int failed = 0;
        Parallel.For(0, Processes, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, _ =>
        {
            ToolRun run = Bench.Run($"{Harness.Driver.Path} {Appliance.Module}", $"{begin}{sign}finalize\n");
            string[] answers = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (run.ExitCode != 0 || answers.Length != 5 || !answers.All(answer => answer.StartsWith('0')))
            {
                Interlocked.Increment(ref failed);
                TestContext.WriteLine(run.ToString());
            }
        });
        Assert.AreEqual(0, failed, $"of {Processes} processes");
    }
}
