using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys;
using CodeSign.Cryptoki;

namespace CodeSign.Keys.Tests;

/// <summary>What holds for keys in software holds for keys on a device.</summary>
public abstract class KeyBackendContract
{
    public TestContext TestContext { get; set; } = null!;

    private protected abstract KeysInUse Subject { get; }

    // Of SLH-DSA the quickest: all twelve are tried by PostQuantumTests, once.
    private IEnumerable<KeyAlgorithm> Algorithms => KeyAlgorithm.All.Where(row =>
        Subject.Backend.Supports(row) && (row.KeyType != CKK.CKK_SLH_DSA || string.Equals(row.Name, "slh-dsa-sha2-128f", StringComparison.Ordinal)));

    [TestMethod]
    public async Task A_signature_of_every_supported_mechanism_verifies_elsewhere()
    {
        int signed = 0;
        foreach (KeyAlgorithm algorithm in Algorithms)
        {
            KeyReference key = await Subject.KeyAsync(algorithm);
            foreach (SignatureMechanism mechanism in SignatureMechanism.All.Where(row => Subject.Backend.Supports(algorithm, row)))
            {
                SignatureInput input = Input(algorithm, mechanism);
                byte[] signature = await Subject.Backend.SignAsync(key, input, TestContext.CancellationToken);
                Assert.HasCount(algorithm.SignatureBytes, signature);
                Assert.IsTrue(
                    IndependentVerifier.Verifies(key.PublicKeyInfo, input, signature), $"{algorithm.Name} {mechanism.Mechanism}");
                signed++;
            }
        }

        TestContext.WriteLine($"{signed} pairs of key and mechanism");
        Assert.IsGreaterThan(20, signed);
    }

    [TestMethod]
    public async Task A_digest_one_byte_short_or_long_is_refused()
    {
        foreach (KeyAlgorithm algorithm in Algorithms)
        {
            KeyReference key = await Subject.KeyAsync(algorithm);
            foreach (SignatureMechanism mechanism in SignatureMechanism.All.Where(
                row => row.HashesFirst && Subject.Backend.Supports(algorithm, row)))
            {
                SignatureInput right = Input(algorithm, mechanism);
                await RefusesAsync(key, right with { Data = right.Data[1..] }, CKR.CKR_DATA_LEN_RANGE);
                await RefusesAsync(key, right with { Data = new byte[right.Data.Length + 1] }, CKR.CKR_DATA_LEN_RANGE);
            }
        }
    }

    [TestMethod]
    public async Task Pkcs1_takes_eleven_bytes_less_than_the_modulus_and_not_one_more()
    {
        KeyReference key = await Subject.KeyAsync(KeyAlgorithm.Find("rsa2048")!);
        SignatureInput input = new(SignatureMechanism.Find(CKM.CKM_RSA_PKCS)!, Pss: null, RandomNumberGenerator.GetBytes(245));
        byte[] signature = await Subject.Backend.SignAsync(key, input, TestContext.CancellationToken);
        Assert.IsTrue(IndependentVerifier.Verifies(key.PublicKeyInfo, input, signature));
        await RefusesAsync(key, input with { Data = new byte[246] }, CKR.CKR_DATA_LEN_RANGE);
    }

    [TestMethod]
    public async Task Raw_ecdsa_counts_only_the_leftmost_bits()
    {
        KeyReference key = await Subject.KeyAsync(KeyAlgorithm.Find("p256")!);
        SignatureInput input = new(SignatureMechanism.Find(CKM.CKM_ECDSA)!, Pss: null, RandomNumberGenerator.GetBytes(64));
        byte[] signature = await Subject.Backend.SignAsync(key, input, TestContext.CancellationToken);
        Assert.IsTrue(IndependentVerifier.Verifies(key.PublicKeyInfo, input with { Data = input.Data[..32] }, signature));
        await RefusesAsync(key, input with { Data = default }, CKR.CKR_DATA_LEN_RANGE);
        await RefusesAsync(key, input with { Data = new byte[SigningRules.EcdsaInputBytesMax + 1] }, CKR.CKR_DATA_LEN_RANGE);
    }

    [TestMethod]
    public async Task A_mechanism_of_another_key_type_is_refused()
    {
        KeyReference key = await Subject.KeyAsync(KeyAlgorithm.Find("p256")!);
        await RefusesAsync(
            key, new SignatureInput(SignatureMechanism.Find(CKM.CKM_RSA_PKCS)!, Pss: null, new byte[32]), CKR.CKR_KEY_TYPE_INCONSISTENT);
        Assert.IsFalse(Subject.Backend.Supports(key.Algorithm, SignatureMechanism.Find(CKM.CKM_RSA_PKCS)!));
    }

    [TestMethod]
    public async Task Pss_without_parameters_or_with_a_salt_too_long_is_refused()
    {
        KeyReference key = await Subject.KeyAsync(KeyAlgorithm.Find("rsa2048")!);
        SignatureInput input = new(
            SignatureMechanism.Find(CKM.CKM_SHA256_RSA_PKCS_PSS)!, new PssParameters(HashKind.Sha256, HashKind.Sha256, 222), new byte[32]);
        byte[] signature = await Subject.Backend.SignAsync(key, input, TestContext.CancellationToken);
        Assert.IsTrue(IndependentVerifier.Verifies(key.PublicKeyInfo, input, signature));
        await RefusesAsync(key, input with { Pss = input.Pss! with { SaltBytes = 223 } }, CKR.CKR_MECHANISM_PARAM_INVALID);
        await RefusesAsync(key, input with { Pss = input.Pss! with { SaltBytes = -1 } }, CKR.CKR_MECHANISM_PARAM_INVALID);
        await RefusesAsync(key, input with { Pss = null }, CKR.CKR_MECHANISM_PARAM_INVALID);
        await RefusesAsync(key, input with { Pss = input.Pss! with { Hash = HashKind.Sha384 } }, CKR.CKR_MECHANISM_PARAM_INVALID);
    }

    [TestMethod]
    public async Task Two_keys_are_two_keys()
    {
        KeyReference one = await Subject.KeyAsync(KeyAlgorithm.Find("p256")!);
        KeyReference other = await Subject.NewKeyAsync(KeyAlgorithm.Find("p256")!);
        SignatureInput input = Input(one.Algorithm, SignatureMechanism.Find(CKM.CKM_ECDSA_SHA256)!);
        byte[] signature = await Subject.Backend.SignAsync(other, input, TestContext.CancellationToken);
        Assert.IsFalse(IndependentVerifier.Verifies(one.PublicKeyInfo, input, signature));
        Assert.IsTrue(IndependentVerifier.Verifies(other.PublicKeyInfo, input, signature));
    }

    [TestMethod]
    public async Task Destroying_twice_does_no_harm()
    {
        KeyReference key = await Subject.NewKeyAsync(KeyAlgorithm.Find("p256")!);
        await Subject.Backend.DestroyAsync(key, TestContext.CancellationToken);
        await Subject.Backend.DestroyAsync(key, TestContext.CancellationToken);
    }

    [TestMethod]
    [DataRow(CKM.CKM_AES_KEY_GEN, 16)]
    [DataRow(CKM.CKM_AES_KEY_GEN, 24)]
    [DataRow(CKM.CKM_AES_KEY_GEN, 32)]
    [DataRow(CKM.CKM_GENERIC_SECRET_KEY_GEN, 1)]
    [DataRow(CKM.CKM_GENERIC_SECRET_KEY_GEN, 48)]
    public async Task A_secret_key_is_a_value_or_stands_on_a_device(CKM mechanism, int bytes)
    {
        SecretKeyMechanism row = SecretKeyMechanism.Find(mechanism)!;
        Assert.IsTrue(Subject.Backend.Supports(row));
        NewSecretKey one = await Subject.NewSecretAsync(row, bytes, SecretKeyUses.Encrypt | SecretKeyUses.Decrypt);
        NewSecretKey other = await Subject.NewSecretAsync(row, bytes, SecretKeyUses.None);
        using SecretBytes? value = one.Value;
        using SecretBytes? otherValue = other.Value;

        Assert.AreNotEqual(value is null, one.DeviceId is null);
        if (value is not null)
        {
            Assert.AreEqual(bytes, value.Length);
            Assert.IsTrue(bytes == 1 || !value.Span.SequenceEqual(otherValue!.Span));
            return;
        }

        Assert.IsFalse(one.DeviceId.AsSpan().SequenceEqual(other.DeviceId));
        Assert.IsTrue(await Subject.Backend.DestroySecretAsync(one.DeviceId, TestContext.CancellationToken));
        Assert.IsFalse(await Subject.Backend.DestroySecretAsync(one.DeviceId, TestContext.CancellationToken));
        Assert.IsTrue(await Subject.Backend.DestroySecretAsync(other.DeviceId, TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task Sixteen_threads_sign_at_once()
    {
        KeyReference curve = await Subject.KeyAsync(KeyAlgorithm.Find("p256")!);
        KeyReference rsa = await Subject.KeyAsync(KeyAlgorithm.Find("rsa2048")!);
        CancellationToken cancel = TestContext.CancellationToken;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(thread => Task.Factory.StartNew(
            async () =>
            {
                for (int i = 0; i < 20; i++)
                {
                    KeyReference key = (thread + i) % 4 == 0 ? rsa : curve;
                    SignatureInput input = Input(
                        key.Algorithm, SignatureMechanism.Find(key == rsa ? CKM.CKM_SHA256_RSA_PKCS : CKM.CKM_ECDSA_SHA256)!);
                    byte[] signature = await Subject.Backend.SignAsync(key, input, cancel);
                    Assert.IsTrue(IndependentVerifier.Verifies(key.PublicKeyInfo, input, signature));
                }
            },
            cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
    }

    [TestMethod]
    public async Task Self_signed_certificates_and_requests_come_from_any_backend()
    {
        foreach (string name in new[] { "rsa2048", "p384" })
        {
            KeyReference key = await Subject.KeyAsync(KeyAlgorithm.Find(name)!);
            byte[] certificate = await Appliance.Keys.X509.CodeSigningCertificate.SelfSignAsync(
                key.PublicKeyInfo, "CN=Contract", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(60),
                input => Subject.Backend.SignAsync(key, input, TestContext.CancellationToken));
            Assert.HasCount(1, Appliance.Keys.X509.CertificateChain.Import(key.PublicKeyInfo, [certificate]));
        }
    }

    private protected static SignatureInput Input(KeyAlgorithm algorithm, SignatureMechanism mechanism)
    {
        HashKind hash = mechanism.HashesFirst ? mechanism.Hash : HashKind.Sha256;
        int digestBytes = IndependentVerifier.Digest(hash).GetDigestSize();
        PssParameters? pss = mechanism.WantsPssParameters ? new PssParameters(hash, hash, digestBytes) : null;
        int bytes = mechanism.Scheme switch
        {
            SignatureScheme.RsaRaw => (algorithm.Bits / 8) - 1,
            SignatureScheme.Eddsa or SignatureScheme.MlDsa or SignatureScheme.SlhDsa => 777,
            _ => digestBytes,
        };
        return new SignatureInput(mechanism, pss, RandomNumberGenerator.GetBytes(bytes));
    }

    private protected async Task RefusesAsync(KeyReference key, SignatureInput input, CKR status)
    {
        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(
            async () => await Subject.Backend.SignAsync(key, input, TestContext.CancellationToken));
        Assert.AreEqual(status, refused.Status, refused.Message);
    }
}
