using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Cryptoki;
using CodeSign.Tests;

namespace CodeSign.Keys.Tests;

/// <summary>Keys from outside, as openssl writes them, and what is turned away.</summary>
[TestClass]
public sealed class KeyImportTests
{
    private const string Passphrase = "pässwort € 42";
    private static readonly SoftwareBackend Backend = new(new SoftwareOptions(), TimeProvider.System);
    private readonly Workbench _folder = new();

    public TestContext TestContext { get; set; } = null!;

    [ClassCleanup]
    public static async Task LetGoAsync() => await Backend.DisposeAsync();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow("rsa2048", "RSA", "rsa_keygen_bits:2048")]
    [DataRow("rsa3072", "RSA", "rsa_keygen_bits:3072")]
    [DataRow("p256", "EC", "ec_paramgen_curve:P-256")]
    [DataRow("p384", "EC", "ec_paramgen_curve:P-384")]
    [DataRow("p521", "EC", "ec_paramgen_curve:P-521")]
    [DataRow("secp256k1", "EC", "ec_paramgen_curve:secp256k1")]
    [DataRow("ed25519", "ED25519", null)]
    [DataRow("ed448", "ED448", null)]
    public async Task Takes_openssls_key(string name, string family, string? option)
    {
        _folder.OpenSslDoes(["genpkey", "-algorithm", family, .. option is null ? Array.Empty<string>() : ["-pkeyopt", option], "-out", "k.pem"]);
        _folder.OpenSslDoes("pkey", "-in", "k.pem", "-pubout", "-outform", "DER", "-out", "k.pub");
        NewKey key = Backend.ImportPkcs8(_folder.Read("k.pem"));
        Assert.AreEqual(Convert.ToHexString(_folder.Read("k.pub")), Convert.ToHexString(key.PublicKeyInfo));
        Assert.AreEqual(name, PublicKeyFacts.FromSpki(key.PublicKeyInfo).Algorithm.Name);
        Assert.IsNull(key.DeviceId);
        KeyReference reference = KeysInUse.Reference("import-" + name, KeyAlgorithm.Find(name)!, key);
        SignatureInput input = new Challenge(reference.Algorithm).Input;
        Assert.IsTrue(IndependentVerifier.Verifies(
            key.PublicKeyInfo, input, await Backend.SignAsync(reference, input, TestContext.CancellationToken)));
    }

    [TestMethod]
    [DataRow("-v2 aes-256-cbc -v2prf hmacWithSHA512 -iter 10000")]
    [DataRow("-v2 aes-128-cbc")]
    [DataRow("-v2 des3")]
    [DataRow("-scrypt")]
    [DataRow("-v1 PBE-SHA1-3DES")]
    public void Takes_encrypted_keys_with_the_right_passphrase_only(string options)
    {
        _folder.OpenSslDoes("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "k.pem");
        _folder.OpenSslDoes([
            "pkcs8", "-topk8", "-in", "k.pem", "-outform", "DER", "-out", "k.p8", "-passout", "pass:" + Passphrase, .. options.Split(' ')]);
        byte[] file = _folder.Read("k.p8");
        NewKey key = Backend.ImportPkcs8(file, Encoding.UTF8.GetBytes(Passphrase));
        Assert.AreEqual(Convert.ToHexString(Backend.ImportPkcs8(_folder.Read("k.pem")).PublicKeyInfo), Convert.ToHexString(key.PublicKeyInfo));
        Refused("key.import.passphrase_wrong", () => Backend.ImportPkcs8(file, "passwort"u8));
        Refused("key.import.passphrase_needed", () => Backend.ImportPkcs8(file));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("-legacy")]
    [DataRow("-keypbe NONE -certpbe NONE")]
    [DataRow("-certpbe PBE-SHA1-3DES -keypbe AES-256-CBC -macalg SHA512")]
    [DataRow("-nomac")]
    public void Takes_PKCS12_with_its_certificates(string options)
    {
        MakeCertificate();
        _folder.OpenSslDoes([
            "pkcs12", "-export", "-inkey", "k.pem", "-in", "k.crt", "-certfile", "ca.crt", "-out", "k.p12", "-passout", "pass:" + Passphrase,
            .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        ImportedKey imported = Backend.ImportPkcs12(_folder.Read("k.p12"), Encoding.UTF8.GetBytes(Passphrase));
        Assert.HasCount(2, imported.Chain);
        Assert.AreEqual(
            Convert.ToHexString(imported.Key.PublicKeyInfo), Convert.ToHexString(CertificateFacts.FromDer(imported.Chain[0]).PublicKeyInfo));
        if (!options.Contains("-nomac", StringComparison.Ordinal) && !options.Contains("NONE", StringComparison.Ordinal))
        {
            Refused("key.import.passphrase_wrong", () => Backend.ImportPkcs12(_folder.Read("k.p12"), "passwort"u8));
        }
    }

    [TestMethod]
    public void A_PKCS12_file_without_a_key_is_refused()
    {
        MakeCertificate();
        _folder.OpenSslDoes("pkcs12", "-export", "-nokeys", "-in", "k.crt", "-out", "k.p12", "-passout", "pass:x");
        Refused("key.import.no_key", () => Backend.ImportPkcs12(_folder.Read("k.p12"), "x"u8));
    }

    [TestMethod]
    public void Old_PEM_forms_are_refused_with_the_way_out()
    {
        using RSA rsa = RSA.Create(2048);
        FaultException refused = Refused(
            "key.import.malformed", () => Backend.ImportPkcs8(Encoding.ASCII.GetBytes(rsa.ExportRSAPrivateKeyPem())));
        Assert.Contains("pkcs8 -topk8", refused.Message);
    }

    [TestMethod]
    [DataRow("RSA", "rsa_keygen_bits:1024", "key.unsupported")]
    [DataRow("RSA", "rsa_keygen_pubexp:3", "key.weak")]
    [DataRow("RSA-PSS", "rsa_keygen_bits:2048", "key.unsupported")]
    [DataRow("EC", "ec_paramgen_curve:secp224r1", "key.unsupported")]
    [DataRow("X25519", null, "key.unsupported")]
    public void Refuses_keys_it_does_not_sign_with(string family, string? option, string reason)
    {
        _folder.OpenSslDoes(["genpkey", "-algorithm", family, .. option is null ? Array.Empty<string>() : ["-pkeyopt", option], "-out", "k.pem"]);
        Refused(reason, () => Backend.ImportPkcs8(_folder.Read("k.pem")));
    }

    [TestMethod]
    public void Refuses_a_curve_that_is_spelled_out_and_completes_a_compressed_point()
    {
        _folder.OpenSslDoes(
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit", "-out", "k.pem");
        Refused("key.unsupported", () => Backend.ImportPkcs8(_folder.Read("k.pem")));
        _folder.OpenSslDoes("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "n.pem");
        _folder.OpenSslDoes("ec", "-in", "n.pem", "-conv_form", "compressed", "-out", "c.sec1");
        _folder.OpenSslDoes("pkcs8", "-topk8", "-nocrypt", "-in", "c.sec1", "-out", "c.pem");
        Assert.HasCount(67, PublicKeyFacts.FromSpki(Backend.ImportPkcs8(_folder.Read("c.pem")).PublicKeyInfo).EcPoint!);
    }

    [TestMethod]
    public void Refuses_numbers_that_do_not_fit_together()
    {
        using RSA rsa = RSA.Create(2048);
        byte[] der = rsa.ExportPkcs8PrivateKey();
        RSAParameters numbers = rsa.ExportParameters(includePrivateParameters: true);
        int place = der.AsSpan().IndexOf(numbers.D.AsSpan()[8..40]);
        der[place + 5] ^= 0x40;
        Refused("key.import.inconsistent", () => Backend.ImportPkcs8(der));

        using ECDsa one = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] mixed = one.ExportPkcs8PrivateKey();
        byte[] point = [.. other.ExportParameters(false).Q.X!, .. other.ExportParameters(false).Q.Y!];
        point.CopyTo(mixed, mixed.AsSpan().IndexOf(one.ExportParameters(false).Q.X!));
        Refused("key.import.inconsistent", () => Backend.ImportPkcs8(mixed));
    }

    [TestMethod]
    public void Costs_are_limited()
    {
        PasswordEncryption.CheckIterations(PasswordEncryption.IterationsMax);
        Refused("key.import.iterations", () => PasswordEncryption.CheckIterations(PasswordEncryption.IterationsMax + 1));
        Refused("key.import.iterations", () => PasswordEncryption.CheckIterations(0));
        Refused("key.import.too_large", () => Backend.ImportPkcs8(new byte[KeyImport.FileBytesMax + 1]));
        Refused("key.import.malformed", () => Backend.ImportPkcs8(new byte[KeyImport.FileBytesMax]));
        Refused("key.import.too_large", () => Backend.ImportPkcs12(new byte[Pkcs12File.FileBytesMax + 1], "x"u8));
        Refused("key.import.malformed", () => Backend.ImportPkcs12(new byte[Pkcs12File.FileBytesMax], "x"u8));
    }

    [TestMethod]
    public void Damaged_files_are_refused_and_nothing_else()
    {
        MakeCertificate();
        _folder.OpenSslDoes("pkcs12", "-export", "-inkey", "k.pem", "-in", "k.crt", "-out", "k.p12", "-passout", "pass:x", "-iter", "1");
        _folder.OpenSslDoes("pkcs8", "-topk8", "-in", "k.pem", "-outform", "DER", "-out", "k.p8", "-passout", "pass:x", "-iter", "1");
        _folder.OpenSslDoes("pkcs8", "-topk8", "-nocrypt", "-in", "k.pem", "-outform", "DER", "-out", "k.der");
        foreach ((string name, Action<byte[]> read) in new (string, Action<byte[]>)[]
        {
            ("k.p12", bytes => Backend.ImportPkcs12(bytes, "x"u8)),
            ("k.p8", bytes => Backend.ImportPkcs8(bytes, "x"u8)),
            ("k.der", bytes => Backend.ImportPkcs8(bytes)),
        })
        {
            byte[] whole = _folder.Read(name);
            read(whole);
            for (int length = 0; length < whole.Length; length += 7)
            {
                Assert.ThrowsExactly<FaultException>(() => read(whole[..length]), $"{name} cut at {length}");
            }

            for (int place = 0; place < whole.Length; place += 3)
            {
                byte[] flipped = [.. whole];
                flipped[place] ^= 0x15;
                try
                {
                    read(flipped);
                }
                catch (FaultException)
                {
                    // A flip in a name or a salt's parameter may also go unnoticed: what matters is that nothing else comes.
                }
            }
        }
    }

    [TestMethod]
    public void Finds_close_primes_small_factors_and_ROCA()
    {
        using RSA healthy = RSA.Create(2048);
        RSAParameters numbers = healthy.ExportParameters(includePrivateParameters: true);
        Assert.IsNull(RsaWeakness.Find(numbers.Modulus, numbers.Exponent));
        Org.BouncyCastle.Math.BigInteger p = new(1, numbers.P);
        Org.BouncyCastle.Math.BigInteger next = p.NextProbablePrime();
        Assert.Contains("Fermat", RsaWeakness.Find(p.Multiply(next).ToByteArrayUnsigned(), numbers.Exponent)!);
        BigInteger small = new BigInteger(numbers.P, isUnsigned: true, isBigEndian: true) * 1999;
        Assert.Contains("small factor", RsaWeakness.Find(small.ToByteArray(isUnsigned: true, isBigEndian: true), numbers.Exponent)!);

        int[] primes = [.. Enumerable.Range(3, 165).Where(n => Enumerable.Range(2, n - 2).All(d => n % d != 0))];
        BigInteger product = primes.Aggregate(BigInteger.One, (all, prime) => all * prime);
        BigInteger marked = BigInteger.ModPow(65537, 12345, product) + (product * BigInteger.Pow(2, 1500));
        Assert.IsTrue(RsaWeakness.HasRocaFingerprint(marked));
        Assert.IsFalse(RsaWeakness.HasRocaFingerprint(marked + 2));
    }

    private void MakeCertificate()
    {
        _folder.OpenSslDoes(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.pem", "-out", "ca.crt",
            "-subj", "/CN=CA");
        _folder.OpenSslDoes(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem", "-out", "k.csr",
            "-subj", "/CN=Leaf");
        _folder.OpenSslDoes("x509", "-req", "-in", "k.csr", "-CA", "ca.crt", "-CAkey", "ca.pem", "-CAcreateserial", "-out", "k.crt");
    }

    private static FaultException Refused(string reason, Action action)
    {
        FaultException refused = Assert.ThrowsExactly<FaultException>(action);
        Assert.AreEqual(reason, refused.Reason, refused.Message);
        return refused;
    }
}
