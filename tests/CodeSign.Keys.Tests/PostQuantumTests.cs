using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Cryptoki;
using CodeSign.Tests;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.X509;

namespace CodeSign.Keys.Tests;

/// <summary>ML-DSA (FIPS 204) and SLH-DSA (FIPS 205) in software.</summary>
[TestClass]
public sealed class PostQuantumTests
{
    private static readonly byte[] Message = RandomNumberGenerator.GetBytes(100);

    public TestContext TestContext { get; set; } = null!;

    /// <summary>Lines of fixtures/vectors/ml-dsa.txt, which names their source.</summary>
    public static IEnumerable<object[]> Vectors => File.ReadLines(Repository.PathOf("fixtures/vectors/ml-dsa.txt"))
        .Where(line => line[0] != '#')
        .Select(line => line.Split(' ').Cast<object>().ToArray());

    public static IEnumerable<object[]> Names => KeyAlgorithm.All.Where(row => row.Parameters is not null).Select(row => new object[] { row.Name });

    [TestMethod]
    [DynamicData(nameof(Vectors))]
    public async Task A_published_seed_makes_the_published_key_and_deterministic_signature(
        string algorithm, string seed, string publicKeySha256, string message, string context, string signature)
    {
        await using SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        using SecretBytes file = KeyNumbers.ToPkcs8(CKK.CKK_ML_DSA, type => type switch
        {
            CKA.CKA_SEED => Convert.FromHexString(seed),
            CKA.CKA_PARAMETER_SET => Number(KeyAlgorithm.Find(algorithm)!),
            _ => default,
        });
        NewKey key = backend.ImportNumbers(file.Span);
        SignatureInput input = new(SignatureMechanism.Find(CKM.CKM_ML_DSA)!, Pss: null, Convert.FromHexString(message))
        {
            Context = new SigningContext(IsDeterministic: true, context is "-" ? default : Convert.FromHexString(context)),
        };

        byte[] made = await backend.SignAsync(Reference(algorithm, key), input, TestContext.CancellationToken);

        Assert.AreEqual(publicKeySha256, Convert.ToHexStringLower(SHA256.HashData(PublicKeyFacts.FromSpki(key.PublicKeyInfo).Value!)));
        Assert.AreEqual(signature, Convert.ToHexStringLower(made));
        Assert.IsTrue(IndependentVerifier.Verifies(key.PublicKeyInfo, input, made));
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task Every_parameter_set_makes_keys_and_signatures_of_the_size_in_its_row(string name)
    {
        KeyAlgorithm algorithm = KeyAlgorithm.Find(name)!;
        await using SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        NewKey key = await backend.GenerateAsync(algorithm, "1", TestContext.CancellationToken);
        SignatureInput input = Input(algorithm, new SigningContext(IsDeterministic: false, new byte[] { 1 }));

        byte[] signature = await backend.SignAsync(Reference(name, key), input, TestContext.CancellationToken);

        PublicKeyFacts facts = PublicKeyFacts.FromSpki(key.PublicKeyInfo);
        Assert.AreEqual(algorithm, facts.Algorithm);
        Assert.HasCount(algorithm.Parameters!.PublicKeyBytes, facts.Value!);
        Assert.HasCount(algorithm.Parameters.PrivateKeyBytes, KeyNumbers.Read(key.Private!.Span, algorithm.KeyType, CKA.CKA_VALUE).ToArray());
        Assert.HasCount(algorithm.SignatureBytes, signature);
        Assert.IsTrue(IndependentVerifier.Verifies(key.PublicKeyInfo, input, signature));
        Assert.IsFalse(IndependentVerifier.Verifies(key.PublicKeyInfo, input with { Context = null }, signature));
    }

    [TestMethod]
    [DataRow("ml-dsa-44")]
    [DataRow("slh-dsa-sha2-128f")]
    public async Task Signatures_are_hedged_unless_they_must_be_deterministic(string name)
    {
        KeyAlgorithm algorithm = KeyAlgorithm.Find(name)!;
        await using SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        KeyReference key = Reference(name, await backend.GenerateAsync(algorithm, "1", TestContext.CancellationToken));
        async Task<string> SignAsync(SigningContext? context) =>
            Convert.ToHexString(await backend.SignAsync(key, Input(algorithm, context), TestContext.CancellationToken));
        SigningContext deterministic = new(IsDeterministic: true, default);

        Assert.AreEqual(await SignAsync(deterministic), await SignAsync(deterministic));
        Assert.AreNotEqual(await SignAsync(context: null), await SignAsync(context: null));
    }

    [TestMethod]
    [DataRow("ml-dsa-87")]
    [DataRow("slh-dsa-shake-128f")]
    public async Task A_certificate_and_a_request_name_the_algorithm_without_parameters_and_verify(string name)
    {
        KeyAlgorithm algorithm = KeyAlgorithm.Find(name)!;
        await using SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        KeyReference key = Reference(name, await backend.GenerateAsync(algorithm, "1", TestContext.CancellationToken));
        ValueTask<byte[]> SignAsync(SignatureInput input) => backend.SignAsync(key, input, TestContext.CancellationToken);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();

        X509Certificate certificate = new(await CodeSigningCertificate.SelfSignAsync(key.PublicKeyInfo, "CN=post-quantum", now, now.AddDays(1), SignAsync));
        Pkcs10CertificationRequest request = new(await CodeSigningCertificate.RequestAsync(key.PublicKeyInfo, "CN=post-quantum", [], SignAsync));

        Assert.AreEqual(algorithm.Parameters!.Oid, certificate.SigAlgOid);
        Assert.IsNull(certificate.GetSigAlgParams());
        certificate.Verify(certificate.GetPublicKey());
        Assert.IsTrue(request.Verify());
        Assert.AreEqual(algorithm.Parameters.Oid, request.SignatureAlgorithm.Algorithm.Id);
    }

    [TestMethod]
    [DataRow("ml-dsa-65", 255, true)]
    [DataRow("ml-dsa-65", 256, false)]
    public async Task A_context_has_at_most_255_bytes(string name, int bytes, bool signs)
    {
        KeyAlgorithm algorithm = KeyAlgorithm.Find(name)!;
        await using SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        KeyReference key = Reference(name, await backend.GenerateAsync(algorithm, "1", TestContext.CancellationToken));
        SignatureInput input = Input(algorithm, new SigningContext(IsDeterministic: false, new byte[bytes]));
        CKR status = CKR.CKR_OK;
        try
        {
            await backend.SignAsync(key, input, TestContext.CancellationToken);
        }
        catch (FaultException refused)
        {
            status = refused.Status;
        }

        Assert.AreEqual(signs ? CKR.CKR_OK : CKR.CKR_MECHANISM_PARAM_INVALID, status);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(100)]
    [DataRow(200)]
    public async Task A_key_whose_numbers_do_not_fit_together_is_not_taken(int damaged)
    {
        await using SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        NewKey key = await backend.GenerateAsync(KeyAlgorithm.Find("ml-dsa-44")!, "1", TestContext.CancellationToken);
        byte[] value = KeyNumbers.Read(key.Private!.Span, CKK.CKK_ML_DSA, CKA.CKA_VALUE).ToArray();
        value[damaged] ^= 1;
        using SecretBytes file = KeyNumbers.ToPkcs8(CKK.CKK_ML_DSA, type => type switch
        {
            CKA.CKA_VALUE => value,
            CKA.CKA_PARAMETER_SET => Number(KeyAlgorithm.Find("ml-dsa-44")!),
            _ => default,
        });

        FaultException refused = Assert.ThrowsExactly<FaultException>(() => backend.ImportNumbers(file.Span));

        Assert.AreEqual(CKR.CKR_DATA_INVALID, refused.Status);
    }

    [TestMethod]
    [DataRow(31, 0)]
    [DataRow(33, 0)]
    [DataRow(0, 2559)]
    [DataRow(0, 2561)]
    [DataRow(32, 2559)]
    public void A_private_key_is_as_long_as_its_parameter_set_wants_it(int seedBytes, int valueBytes)
    {
        byte[] seed = new byte[seedBytes];
        byte[] value = new byte[valueBytes];
        FaultException refused = Assert.ThrowsExactly<FaultException>(() => KeyNumbers.ToPkcs8(CKK.CKK_ML_DSA, type => type switch
        {
            CKA.CKA_SEED => seed,
            CKA.CKA_VALUE => value,
            CKA.CKA_PARAMETER_SET => Number(KeyAlgorithm.Find("ml-dsa-44")!),
            _ => default,
        }));

        Assert.AreEqual(CKR.CKR_ATTRIBUTE_VALUE_INVALID, refused.Status);
    }

    [TestMethod]
    public async Task Both_ways_to_spell_a_key_are_read_again()
    {
        await using SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        NewKey made = await backend.GenerateAsync(KeyAlgorithm.Find("ml-dsa-87")!, "1", TestContext.CancellationToken);
        byte[] seed = KeyNumbers.Read(made.Private!.Span, CKK.CKK_ML_DSA, CKA.CKA_SEED).ToArray();
        byte[] value = KeyNumbers.Read(made.Private.Span, CKK.CKK_ML_DSA, CKA.CKA_VALUE).ToArray();

        foreach ((byte[]? withSeed, byte[]? withValue) in new[] { (seed, null), (null, value), (seed, value) })
        {
            using SecretBytes file = KeyNumbers.ToPkcs8(CKK.CKK_ML_DSA, type => type switch
            {
                CKA.CKA_SEED => withSeed,
                CKA.CKA_VALUE => withValue,
                CKA.CKA_PARAMETER_SET => Number(KeyAlgorithm.Find("ml-dsa-87")!),
                _ => default,
            });
            NewKey again = backend.ImportNumbers(file.Span);
            Assert.AreSequenceEqual(made.PublicKeyInfo, again.PublicKeyInfo);
            Assert.IsTrue(value.AsSpan().SequenceEqual(KeyNumbers.Read(again.Private!.Span, CKK.CKK_ML_DSA, CKA.CKA_VALUE)), "the expanded key");
            Assert.HasCount(withSeed is null ? 0 : ParameterSet.SeedBytes, KeyNumbers.Read(again.Private.Span, CKK.CKK_ML_DSA, CKA.CKA_SEED).ToArray());
        }
    }

    private static SignatureInput Input(KeyAlgorithm algorithm, SigningContext? context)
    {
        CKM mechanism = algorithm.KeyType == CKK.CKK_ML_DSA ? CKM.CKM_ML_DSA : CKM.CKM_SLH_DSA;
        return new SignatureInput(SignatureMechanism.Find(mechanism)!, Pss: null, Message) { Context = context };
    }

    private static KeyReference Reference(string algorithm, NewKey key) => KeysInUse.Reference("1", KeyAlgorithm.Find(algorithm)!, key);

    private static byte[] Number(KeyAlgorithm algorithm)
    {
        byte[] number = new byte[8];
        number[7] = (byte)algorithm.Parameters!.Number;
        return number;
    }
}
