using System.Formats.Asn1;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Cryptoki;
using CodeSign.Fuzz.Engine;

namespace CodeSign.Fuzz.Targets;

/// <summary>Files of keys and certificates: DER, or PEM around it.</summary>
internal abstract class KeyFileTarget : Target
{
    public override int BytesMax => 32 * 1024;

    public override long AllocatedMax => 64 << 20;

    /// <summary>The most expensive key derivation that is allowed takes two seconds of a quick machine.</summary>
    public override TimeSpan TimeMax => TimeSpan.FromSeconds(30);

    public override IEnumerable<byte[]> Words =>
        [.. WordList.Der, .. WordList.Text("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PKCS7-----", "=", "\n")];

    public override bool IsRefusal(Exception thrown) => thrown is FaultException;

    public override byte[] Mutate(byte[] input, Mutator mutator) => DerMutator.Mutate(input, mutator);
}

/// <summary>PKCS#12 files, under the passphrase "x".</summary>
internal sealed class Pkcs12Target : KeyFileTarget
{
    public override string Name => "pkcs12";

    public override IReadOnlyList<string> Scope =>
        ["appliance/CodeSign.Appliance.Keys/Software/Pkcs12File.cs", "appliance/CodeSign.Appliance.Keys/Software/PasswordEncryption.cs"];

    public override void Run(ReadOnlySpan<byte> input)
    {
        using Pkcs12File file = Pkcs12File.Read(input, "x"u8);
        _ = file.Key.ToPublicKeyInfo();
    }
}

/// <summary>PKCS#8 files, plain and encrypted, DER and PEM.</summary>
internal sealed class KeyImportTarget : KeyFileTarget
{
    public override string Name => "key-import";

    public override IReadOnlyList<string> Scope =>
        ["appliance/CodeSign.Appliance.Keys/Software/KeyImport.cs", "appliance/CodeSign.Appliance.Keys/Software/PasswordEncryption.cs"];

    public override void Run(ReadOnlySpan<byte> input)
    {
        NewKey key = KeyImport.FromPkcs8(input, input.Length % 7 == 0 ? [] : "x"u8);
        key.Private?.Dispose();
    }
}

/// <summary>Certificates and bundles of them, taken apart and put into order for the key of the first.</summary>
internal sealed class CertificateTarget : KeyFileTarget
{
    public override string Name => "certificates";

    public override IReadOnlyList<string> Scope =>
        ["appliance/CodeSign.Appliance.Keys/X509/CertificateChain.cs", "appliance/CodeSign.Appliance.Keys/X509/CertificateFacts.cs"];

    public override void Run(ReadOnlySpan<byte> input)
    {
        IReadOnlyList<byte[]> found = CertificateChain.Parse(input);
        CertificateFacts facts = CertificateFacts.FromDer(found[0]);
        _ = CertificateChain.Import(facts.PublicKeyInfo, found);
    }
}

/// <summary>SubjectPublicKeyInfo.</summary>
internal sealed class PublicKeyTarget : KeyFileTarget
{
    public override string Name => "public-key";

    public override IReadOnlyList<string> Scope => ["appliance/CodeSign.Appliance.Keys/PublicKeyFacts.cs"];

    public override int BytesMax => 2048;

    public override IEnumerable<byte[]> Seeds =>
    [
        .. KeyAlgorithm.All.Where(row => row.Parameters is { PublicKeyBytes: < 2000 })
            .Select(row => PublicKeyFacts.ParameterSetPublicKeyInfo(row.Parameters!, new byte[row.Parameters!.PublicKeyBytes])),
        .. KeyAlgorithm.All.Where(row => row.CurveOid is not null)
            .Select(row => PublicKeyFacts.CurvePublicKeyInfo(row, [4, .. new byte[row.PointBytes - 1]])),
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        PublicKeyFacts facts = PublicKeyFacts.FromSpki(input.ToArray());
        if (facts.Modulus is { } modulus)
        {
            _ = RsaWeakness.Find(modulus, facts.PublicExponent);
            PublicKeyFacts again = PublicKeyFacts.FromSpki(PublicKeyFacts.RsaPublicKeyInfo(modulus, facts.PublicExponent));
            Require(again.Modulus.AsSpan().SequenceEqual(modulus));
        }
        else if (facts.EcPoint is not null)
        {
            AsnDecoder.TryReadPrimitiveOctetString(facts.EcPoint, AsnEncodingRules.DER, out ReadOnlySpan<byte> point, out _);
            PublicKeyFacts again = PublicKeyFacts.FromSpki(facts.Algorithm.KeyType == CKK.CKK_EC && point[^1] % 2 == 0
                ? PublicKeyFacts.EcPublicKeyInfo(facts.EcParameters!, point)
                : PublicKeyFacts.CurvePublicKeyInfo(facts.Algorithm, point));
            Require(again.EcPoint.AsSpan().SequenceEqual(facts.EcPoint));
        }
        else
        {
            PublicKeyFacts again = PublicKeyFacts.FromSpki(PublicKeyFacts.ParameterSetPublicKeyInfo(facts.Algorithm.Parameters!, facts.Value));
            Require(again.Value.AsSpan().SequenceEqual(facts.Value));
        }
    }

    private static void Require(bool isSame)
    {
        if (!isSame)
        {
            throw new InvalidOperationException("Read, and written differently.");
        }
    }
}
