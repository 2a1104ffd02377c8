using System.Security.Cryptography;
using CodeSign.EndToEnd.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests;

/// <summary>A key that was on the HSM before the appliance came is taken over, signs, and is left where it was.</summary>
[TestClass]
public sealed class AdoptionTests : ApplianceTests
{
    private const string SoftHsm = "/usr/lib/softhsm/libsofthsm2.so";

    [TestMethod]
    public void An_EC_key_of_the_device_signs_once_adopted_and_outlives_its_record()
    {
        OnDevice($"--keypairgen --key-type EC:secp256r1 --id a1b2 --label older");
        using ECDsa devices = ECDsa.Create();
        devices.ImportSubjectPublicKeyInfo(PublicKeyOnDevice("a1b2"), out _);

        Adopt("adopted", "a1b2").Succeeds();

        Driver driver = Driver("adopted", out ulong key);
        byte[] digest = RandomDigest();
        Signature signature = driver.Sign(key, Harness.Driver.CkmEcdsa, digest);
        Assert.AreEqual(0UL, signature.Result);
        Assert.IsTrue(devices.VerifyHash(digest, signature.Value), "it is the device's key that signed");
        AuditRecord made = AuditRecord.Export(Appliance).Last(record => record.Event.StartsWith("environment.", StringComparison.Ordinal) && record.Environment is "adopted");
        Assert.AreEqual("ok", made.Outcome);

        Appliance.Admin($"key destroy demo/adopted --confirm demo/adopted/1").Succeeds();

        Assert.AreNotEqual(0UL, driver.Sign(key, Harness.Driver.CkmEcdsa, digest).Result);
        OnDevice($"--list-objects --type privkey --id a1b2").Says("older");
        OnDevice($"--list-objects --type pubkey --id a1b2").Says("older");
        // Destroyed is for ever: it doesn't come back under another name.
        Sentence.Is(Adopt("again", "a1b2"), 1, "in the appliance already");
    }

    [TestMethod]
    public void An_RSA_key_of_the_device_signs_once_adopted()
    {
        OnDevice($"--keypairgen --key-type rsa:2048 --id 77 --label older-rsa");
        using RSA devices = RSA.Create();
        devices.ImportSubjectPublicKeyInfo(PublicKeyOnDevice("77"), out _);

        Adopt("adopted-rsa", "77").Succeeds();

        Driver driver = Driver("adopted-rsa", out ulong key);
        byte[] data = RandomDigest();
        Signature signature = driver.Sign(key, Harness.Driver.CkmSha256RsaPkcs, data);
        Assert.AreEqual(0UL, signature.Result);
        Assert.IsTrue(devices.VerifyData(data, signature.Value, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    [TestMethod]
    public void What_cannot_be_adopted_is_refused_in_one_sentence()
    {
        OnDevice($"--keypairgen --key-type EC:secp256r1 --id 0c --label once");
        Adopt("once", "0c").Succeeds();

        Sentence.Is(Adopt("twice", "0c"), 1, "in the appliance already");
        Sentence.Is(Adopt("nothing", "ffff"), 6, "no private key with id ffff");
        Sentence.Is(Adopt("no-hex", "xyz"), 1, "hex");
        Assert.IsFalse(Appliance.Admin($"environment list --project demo --output json").Succeeds().Output.Contains("twice", StringComparison.Ordinal));
    }

    [TestMethod]
    public void A_key_that_the_device_could_not_destroy_can_be_destroyed_there_later()
    {
        Appliance.Admin($"environment create demo/stubborn --storage hsm:softhsm --algorithm p256").Succeeds();
        Driver driver = Driver("stubborn", out ulong key);
        string tokens = Appliance.At("hsm/tokens");
        ToolRun refused;
        Bench.Run($"chattr -R +i {tokens}").Succeeds();
        try
        {
            refused = Appliance.Admin($"key destroy demo/stubborn --confirm demo/stubborn/1");
        }
        finally
        {
            Bench.Run($"chattr -R -i {tokens}").Succeeds();
        }

        Sentence.Is(refused, 1, "still be on the device", "destroy it again");
        Assert.AreNotEqual(0UL, driver.Sign(key, Harness.Driver.CkmEcdsa, RandomDigest()).Result);
        Assert.Contains("still on the device", Appliance.Admin($"key list demo/stubborn").Succeeds().Output);
        string id = Appliance.Admin($"key list demo/stubborn --quiet").Succeeds().Output.Trim();

        // SoftHSM forgets in its process what it couldn't delete on the disk; a new one finds it again.
        Appliance.Down();
        Appliance.Restart();
        Appliance.Admin($"key destroy demo/stubborn {id} --confirm demo/stubborn/1").Succeeds();

        Assert.DoesNotContain("still on the device", Appliance.Admin($"key list demo/stubborn").Succeeds().Output);
        Assert.DoesNotContain(id, OnDevice($"--list-objects --type privkey").Output);
    }

    private ToolRun Adopt(string environment, string id) =>
        Appliance.Admin($"environment create demo/{environment} --storage hsm:softhsm --adopt {id} --self-signed CN={environment}");

    private byte[] PublicKeyOnDevice(string id)
    {
        OnDevice($"--read-object --type pubkey --id {id} --output-file {Bench.At("spki")}");
        return Bench.Read("spki");
    }

    /// <summary>pkcs11-tool on the HSM itself, past the appliance.</summary>
    private ToolRun OnDevice(Command command)
    {
        Bench.Set("SOFTHSM2_CONF", Appliance.At("hsm/softhsm2.conf"));
        string pin = File.ReadLines(Appliance.At("hsm/pin")).First();
        return Bench.Run($"pkcs11-tool --module {SoftHsm} --token-label hsm --login --pin {pin} {command}").Succeeds();
    }
}
