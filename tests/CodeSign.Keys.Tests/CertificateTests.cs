using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Cryptoki;
using CodeSign.Tests;
using Org.BouncyCastle.Pkcs;

namespace CodeSign.Keys.Tests;

[TestClass]
public sealed class CertificateTests
{
    private static readonly KeysInUse Keys = new(new SoftwareBackend(new SoftwareOptions(), TimeProvider.System));
    private static readonly DateTimeOffset Begin = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly Workbench _bench = new();

    public TestContext TestContext { get; set; } = null!;

    /// <summary>Those that OpenSSL 3.0 verifies; PostQuantumTests has the others.</summary>
    public static IEnumerable<string> AlgorithmNames => KeyAlgorithm.Signing.Where(row => row.Parameters is null).Select(row => row.Name);

    [TestCleanup]
    public void RemoveFolder() => _bench.Dispose();

    [TestMethod]
    [DynamicData(nameof(AlgorithmNames))]
    public async Task A_self_signed_certificate_is_for_code_signing_and_nothing_else(string name)
    {
        KeyReference key = await Keys.KeyAsync(KeyAlgorithm.Find(name)!);
        byte[] der = await SelfSignAsync(key, "CN=Example Signing,OU=Build\\, Release,O=Example Ltd,C=DE");

        Org.BouncyCastle.X509.X509Certificate bouncy = new(der);
        bouncy.Verify(bouncy.GetPublicKey());
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
        Assert.AreEqual("CN=Example Signing, OU=\"Build, Release\", O=Example Ltd, C=DE", certificate.Subject);
        Assert.AreEqual(Begin.UtcDateTime, certificate.NotBefore.ToUniversalTime());
        Assert.AreEqual(Begin.AddYears(2).UtcDateTime, certificate.NotAfter.ToUniversalTime());
        X509KeyUsageExtension usage = certificate.Extensions.OfType<X509KeyUsageExtension>().Single();
        Assert.IsTrue(usage.Critical);
        Assert.AreEqual(X509KeyUsageFlags.DigitalSignature, usage.KeyUsages);
        Assert.AreEqual(
            "1.3.6.1.5.5.7.3.3", certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value);
        Assert.IsFalse(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.AreEqual(
            Convert.ToHexString(PublicKeyFacts.FromSpki(key.PublicKeyInfo).CkaId),
            certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifier);
        Assert.AreEqual(32, certificate.SerialNumber.TrimStart('0').Length);

        _bench.Write("c.der", der);
        _bench.OpenSslDoes("x509", "-in", "c.der", "-inform", "DER", "-out", "c.pem");
        _bench.OpenSslDoes("verify", "-check_ss_sig", "-CAfile", "c.pem", "-partial_chain", "-attime", "1800000000", "c.pem");
    }

    [TestMethod]
    [DynamicData(nameof(AlgorithmNames))]
    public async Task A_request_verifies_and_asks_for_what_was_said(string name)
    {
        KeyReference key = await Keys.KeyAsync(KeyAlgorithm.Find(name)!);
        byte[] der = await CodeSigningCertificate.RequestAsync(
            key.PublicKeyInfo, "CN=Example", ["build.example.com"], input => SignAsync(key, input));
        Assert.IsTrue(new Pkcs10CertificationRequest(der).Verify());
        _bench.Write("r.der", der);
        _bench.OpenSslDoes("req", "-in", "r.der", "-inform", "DER", "-verify", "-noout");
        _ = _bench.Run($"openssl req -in r.der -inform DER -noout -text").Succeeds()
            .Says("DNS:build.example.com").Says("Code Signing").Says("CN = Example");
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("Example")]
    [DataRow("CN=")]
    [DataRow("CN=x,C=Germany")]
    [DataRow("NOSUCH=x")]
    [DataRow("CN=a\nb")]
    public async Task A_subject_that_is_none_is_refused(string subject)
    {
        KeyReference key = await Keys.KeyAsync(KeyAlgorithm.Find("p256")!);
        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(() => SelfSignAsync(key, subject));
        Assert.AreEqual("certificate.subject", refused.Reason);
    }

    [TestMethod]
    public async Task A_subject_has_its_limit()
    {
        KeyReference key = await Keys.KeyAsync(KeyAlgorithm.Find("p256")!);
        string longest = "CN=x" + string.Concat(Enumerable.Repeat(",OU=" + new string('x', 56), 17));
        Assert.AreEqual(DistinguishedName.CharactersMax, longest.Length);
        _ = await SelfSignAsync(key, longest);
        await Assert.ThrowsExactlyAsync<FaultException>(() => SelfSignAsync(key, longest + "x"));

        // X.520's own bound of a common name, RFC 5280 appendix A.1.
        _ = await SelfSignAsync(key, "CN=" + new string('x', 64));
        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(() => SelfSignAsync(key, "CN=" + new string('x', 65)));
        Assert.Contains("64 characters", refused.Message);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("a..b")]
    [DataRow("bad name")]
    [DataRow("ex\u00e4mple.com")]
    public async Task A_DNS_name_that_is_none_is_refused(string name)
    {
        KeyReference key = await Keys.KeyAsync(KeyAlgorithm.Find("p256")!);
        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(() =>
            CodeSigningCertificate.RequestAsync(key.PublicKeyInfo, "CN=x", [name], input => SignAsync(key, input)));
        Assert.AreEqual("certificate.dns_name", refused.Reason);
    }

    [TestMethod]
    public async Task A_chain_is_put_in_order_from_any_order_and_form()
    {
        KeyReference key = await IssueChainAsync();
        byte[] leaf = Der("leaf.crt");
        byte[] middle = Der("middle.crt");
        byte[] root = Der("root.crt");
        string expected = string.Join(' ', new[] { leaf, middle, root }.Select(Convert.ToHexString));
        Assert.AreEqual(expected, Joined(CertificateChain.Import(key.PublicKeyInfo, [root, leaf, middle, leaf])));
        byte[] pem = Encoding.ASCII.GetBytes(
            "some text\n" + _bench.ReadText("root.crt") + "\nmore\n" + _bench.ReadText("middle.crt") + _bench.ReadText("leaf.crt"));
        Assert.AreEqual(expected, Joined(CertificateChain.Import(key.PublicKeyInfo, CertificateChain.Parse(pem))));
        _bench.Write("all.pem", pem);
        foreach (string form in new[] { "DER", "PEM" })
        {
            _bench.OpenSslDoes("crl2pkcs7", "-nocrl", "-certfile", "all.pem", "-outform", form, "-out", "all.p7b");
            Assert.AreEqual(expected, Joined(CertificateChain.Import(key.PublicKeyInfo, CertificateChain.Parse(_bench.Read("all.p7b")))));
        }

        Assert.HasCount(1, CertificateChain.Import(key.PublicKeyInfo, CertificateChain.Parse(leaf)));
    }

    [TestMethod]
    public async Task A_chain_that_is_not_ours_or_has_a_gap_or_a_forged_link_is_refused()
    {
        KeyReference key = await IssueChainAsync();
        KeyReference other = await Keys.NewKeyAsync(KeyAlgorithm.Find("p256")!);
        byte[] leaf = Der("leaf.crt");
        Refused("certificate.other_key", other, [leaf, Der("middle.crt")]);
        Refused("certificate.not_in_chain", key, [leaf, Der("root.crt")]);
        Refused("certificate.signature", key, [leaf, await SelfSignAsync(other, "CN=Middle"), Der("root.crt")]);
        byte[] forged = await SelfSignAsync(key, "CN=Self");
        forged[^1] ^= 1;
        Refused("certificate.signature", key, [forged]);
        Refused("certificate.malformed", key, [leaf, [1, 2, 3]]);
        Refused("certificate.malformed", key, [leaf, []]);
        Refused("certificate.too_large", key, [new byte[CertificateChain.CertificateBytesMax + 1]]);
        Refused("certificate.chain_too_long", key, [.. Enumerable.Repeat(leaf, CertificateChain.CertificatesMax + 1)]);
        Assert.HasCount(1, CertificateChain.Import(key.PublicKeyInfo, [.. Enumerable.Repeat(leaf, CertificateChain.CertificatesMax)]));
        Assert.ThrowsExactly<FaultException>(() => CertificateChain.Parse("no certificate"u8));
    }

    [TestMethod]
    public async Task A_certificate_of_a_key_nobody_knows_is_refused_not_failed_on()
    {
        KeyReference key = await Keys.KeyAsync(KeyAlgorithm.Find("ed25519")!);
        byte[] der = await SelfSignAsync(key, "CN=Self");
        ReadOnlySpan<byte> ed25519 = [0x06, 0x03, 0x2b, 0x65, 0x70, 0x03];   // id-Ed25519, then the key's BIT STRING
        der[der.AsSpan().IndexOf(ed25519) + 2] = 0x2c;
        CertificateFacts facts = CertificateFacts.FromDer(der);

        FaultException refusal = Assert.ThrowsExactly<FaultException>(() => CertificateChain.Import(facts.PublicKeyInfo, [der]));

        Assert.AreEqual("certificate.signature", refusal.Reason);
    }

    [TestMethod]
    public async Task A_bundle_with_a_broken_extension_is_malformed()
    {
        KeyReference key = await IssueChainAsync();
        _bench.OpenSslDoes("crl2pkcs7", "-nocrl", "-certfile", "root.crt", "-outform", "DER", "-out", "root.p7");
        byte[] bundle = _bench.Read("root.p7");
        ReadOnlySpan<byte> authority = [0x55, 0x1d, 0x13];   // basicConstraints
        int at = bundle.AsSpan().IndexOf(authority);
        at += bundle.AsSpan(at).IndexOf<byte>([0x30, 0x03, 0x01]);
        bundle[at] = 0xa3;

        FaultException refusal = Assert.ThrowsExactly<FaultException>(() => CertificateChain.Parse(bundle));

        Assert.AreEqual("certificate.malformed", refusal.Reason);
        Assert.IsNotEmpty(key.KeyId);
    }

    [TestMethod]
    public async Task Facts_are_the_certificates()
    {
        KeyReference key = await IssueChainAsync();
        CertificateFacts facts = CertificateFacts.FromDer(Der("leaf.crt"));
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Der("leaf.crt"));
        Assert.AreEqual(Convert.ToHexString(certificate.SubjectName.RawData), Convert.ToHexString(facts.Subject));
        Assert.AreEqual(Convert.ToHexString(certificate.IssuerName.RawData), Convert.ToHexString(facts.Issuer));
        Assert.EndsWith(certificate.SerialNumber, Convert.ToHexString(facts.SerialNumber));
        Assert.AreEqual(2, facts.SerialNumber[0]);
        Assert.AreEqual(certificate.NotAfter.ToUniversalTime(), facts.NotAfter.UtcDateTime);
        Assert.AreEqual(Convert.ToHexString(key.PublicKeyInfo), Convert.ToHexString(facts.PublicKeyInfo));
        Assert.AreEqual(Convert.ToHexString(PublicKeyFacts.FromSpki(key.PublicKeyInfo).CkaId), Convert.ToHexString(facts.CkaId));
        Assert.IsFalse(facts.IsAuthority);
        Assert.IsTrue(CertificateFacts.FromDer(Der("root.crt")).IsAuthority);
    }

    [TestMethod]
    public async Task Public_key_facts_are_the_keys()
    {
        KeyReference rsa = await Keys.KeyAsync(KeyAlgorithm.Find("rsa2048")!);
        using RSA numbers = RSA.Create();
        numbers.ImportSubjectPublicKeyInfo(rsa.PublicKeyInfo, out _);
        PublicKeyFacts facts = PublicKeyFacts.FromSpki(rsa.PublicKeyInfo);
        Assert.AreEqual(Convert.ToHexString(numbers.ExportParameters(false).Modulus!), Convert.ToHexString(facts.Modulus!));
        Assert.AreEqual("010001", Convert.ToHexString(facts.PublicExponent!));
        Assert.IsNull(facts.EcPoint);

        KeyReference curve = await Keys.KeyAsync(KeyAlgorithm.Find("p256")!);
        facts = PublicKeyFacts.FromSpki(curve.PublicKeyInfo);
        Assert.AreEqual("06082A8648CE3D030107", Convert.ToHexString(facts.EcParameters!));
        Assert.AreEqual("044104", Convert.ToHexString(facts.EcPoint![..3]));
        KeyReference edwards = await Keys.KeyAsync(KeyAlgorithm.Find("ed25519")!);
        facts = PublicKeyFacts.FromSpki(edwards.PublicKeyInfo);
        Assert.AreEqual("06032B6570", Convert.ToHexString(facts.EcParameters!));
        Assert.AreEqual("0420", Convert.ToHexString(facts.EcPoint![..2]));
        Assert.ThrowsExactly<FaultException>(() => PublicKeyFacts.FromSpki(new byte[3]));
    }

    // Root and intermediate by openssl, the leaf's request by us.
    private async Task<KeyReference> IssueChainAsync()
    {
        KeyReference key = await Keys.NewKeyAsync(KeyAlgorithm.Find("p256")!);
        _bench.Write("leaf.csr", await CodeSigningCertificate.RequestAsync(
            key.PublicKeyInfo, "CN=Leaf", [], input => SignAsync(key, input)));
        _bench.Write("ca.ext", "basicConstraints=critical,CA:TRUE\n");
        _bench.OpenSslDoes(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.pem", "-out", "root.crt", "-subj", "/CN=Root");
        _bench.OpenSslDoes(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", "middle.pem", "-out", "middle.csr",
            "-subj", "/CN=Middle");
        _bench.OpenSslDoes(
            "x509", "-req", "-in", "middle.csr", "-CA", "root.crt", "-CAkey", "root.pem", "-CAcreateserial", "-extfile", "ca.ext",
            "-out", "middle.crt");
        _bench.OpenSslDoes(
            "x509", "-req", "-inform", "DER", "-in", "leaf.csr", "-CA", "middle.crt", "-CAkey", "middle.pem", "-CAcreateserial", "-out", "leaf.crt");
        return key;
    }

    private byte[] Der(string name) => CertificateChain.Parse(_bench.Read(name))[0];

    private static string Joined(IReadOnlyList<byte[]> chain) => string.Join(' ', chain.Select(Convert.ToHexString));

    private static void Refused(string reason, KeyReference key, IReadOnlyList<byte[]> certificates)
    {
        FaultException refused = Assert.ThrowsExactly<FaultException>(() => CertificateChain.Import(key.PublicKeyInfo, certificates));
        Assert.AreEqual(reason, refused.Reason, refused.Message);
    }

    private Task<byte[]> SelfSignAsync(KeyReference key, string subject) => CodeSigningCertificate.SelfSignAsync(
        key.PublicKeyInfo, subject, Begin, Begin.AddYears(2), input => SignAsync(key, input));

    private ValueTask<byte[]> SignAsync(KeyReference key, SignatureInput input) =>
        Keys.Backend.SignAsync(key, input, TestContext.CancellationToken);
}
