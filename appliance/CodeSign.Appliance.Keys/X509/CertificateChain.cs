using System.Security.Cryptography;
using CodeSign.Cryptoki;
using Org.BouncyCastle.Cms;
using Org.BouncyCastle.X509;

namespace CodeSign.Appliance.Keys.X509;

/// <summary>The chain a certification authority issued for one of our keys.</summary>
public static class CertificateChain
{
    /// <summary>Certificates in a chain.</summary>
    public const int CertificatesMax = 10;

    /// <summary>Bytes of one certificate.</summary>
    public const int CertificateBytesMax = 16 * 1024;

    /// <summary>Bytes of a file: as many certificates as a chain has, in PEM.</summary>
    public const int FileBytesMax = 2 * CertificatesMax * CertificateBytesMax;

    /// <summary>
    /// Orders and verifies certificates: the leaf holds our key, each is signed by the next. Whether anybody trusts the last one is
    /// for the verifiers of signatures to say; dates are the policy's.
    /// </summary>
    /// <param name="publicKeyInfo">Ours: SubjectPublicKeyInfo, DER.</param>
    /// <param name="certificates">DER, in any order; copies are dropped.</param>
    /// <returns>DER, leaf first.</returns>
    /// <exception cref="FaultException">certificate.*: one sentence on what is wrong.</exception>
    public static IReadOnlyList<byte[]> Import(byte[] publicKeyInfo, IReadOnlyList<byte[]> certificates)
    {
        if (certificates.Count > CertificatesMax)
        {
            throw Fault(CKR.CKR_DATA_LEN_RANGE, "chain_too_long", $"A chain has at most {CertificatesMax} certificates.");
        }

        List<(byte[] Der, CertificateFacts Facts)> left = [.. certificates
            .Select(Bounded)
            .DistinctBy(Convert.ToHexString, StringComparer.Ordinal)
            .Select(der => (der, CertificateFacts.FromDer(der)))];
        int leaf = left.FindIndex(entry => entry.Facts.PublicKeyInfo.AsSpan().SequenceEqual(publicKeyInfo));
        if (leaf < 0)
        {
            throw Fault(
                CKR.CKR_DATA_INVALID, "other_key", "No certificate in the file is for this key; it was issued for another request.");
        }

        List<byte[]> chain = [];
        int next = leaf;
        while (next >= 0)
        {
            (byte[] der, CertificateFacts facts) = left[next];
            left.RemoveAt(next);
            chain.Add(der);
            next = IsSelfIssued(facts) && IsSignedBy(der, der) ? -1 : FindIssuer(der, facts, left);
        }

        if (left.Count > 0)
        {
            throw Fault(
                CKR.CKR_DATA_INVALID, "not_in_chain",
                $"The certificate of '{left[0].Facts.SubjectText}' is not part of the chain, or the one that links it is missing.");
        }

        return chain;
    }

    /// <summary>Takes certificates out of a file: PEM (any text around), DER, or a PKCS#7 bundle in either.</summary>
    /// <exception cref="FaultException">certificate.malformed, certificate.too_large.</exception>
    public static IReadOnlyList<byte[]> Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length > FileBytesMax)
        {
            throw Fault(CKR.CKR_DATA_LEN_RANGE, "too_large", $"A file of certificates has at most {FileBytesMax} bytes.");
        }

        List<byte[]> found = [];
        ReadOnlySpan<byte> rest = file;
        while (PemEncoding.TryFindUtf8(rest, out PemFields fields))
        {
            string label = System.Text.Encoding.ASCII.GetString(rest[fields.Label]);
            if (label is "CERTIFICATE" or "X509 CERTIFICATE" or "TRUSTED CERTIFICATE" or "PKCS7" or "CMS")
            {
                Add(found, Convert.FromBase64String(System.Text.Encoding.ASCII.GetString(rest[fields.Base64Data])), label is "PKCS7" or "CMS");
            }

            rest = rest[fields.Location.End..];
        }

        if (found.Count == 0)
        {
            Add(found, file.ToArray(), bundle: null);
        }

        return found.Count <= CertificatesMax
            ? found
            : throw Fault(CKR.CKR_DATA_LEN_RANGE, "chain_too_long", $"A chain has at most {CertificatesMax} certificates.");
    }

    private static void Add(List<byte[]> found, byte[] der, bool? bundle)
    {
        if (bundle is not true)
        {
            try
            {
                _ = CertificateFacts.FromDer(der);
                found.Add(der);
                return;
            }
            catch (FaultException) when (bundle is null)
            {
                // Bare DER may be a bundle instead.
            }
        }

        try
        {
            found.AddRange(new CmsSignedData(der).GetCertificates().EnumerateMatches(null).Select(one => one.GetEncoded()));
        }
        catch (Exception malformed) when (CertificateFacts.IsMalformed(malformed))
        {
            throw CertificateFacts.Malformed();
        }

        if (found.Count == 0)
        {
            throw CertificateFacts.Malformed();
        }
    }

    private static int FindIssuer(byte[] der, CertificateFacts facts, List<(byte[] Der, CertificateFacts Facts)> candidates)
    {
        // Self-issued, but not by its own key: then by another key of that name, or it is a forgery.
        bool named = IsSelfIssued(facts);
        for (int i = 0; i < candidates.Count; i++)
        {
            if (!candidates[i].Facts.Subject.AsSpan().SequenceEqual(facts.Issuer))
            {
                continue;
            }

            named = true;
            if (IsSignedBy(der, candidates[i].Der))
            {
                return candidates[i].Facts.IsAuthority ? i : throw Fault(
                    CKR.CKR_DATA_INVALID, "not_an_authority",
                    $"'{candidates[i].Facts.SubjectText}' issued a certificate, but its own does not make it an authority.");
            }
        }

        return !named ? -1 : throw Fault(
            CKR.CKR_SIGNATURE_INVALID, "signature", $"The certificate of '{facts.SubjectText}' is not signed by '{facts.IssuerText}'.");
    }

    private static bool IsSelfIssued(CertificateFacts facts) => facts.Subject.AsSpan().SequenceEqual(facts.Issuer);

    private static bool IsSignedBy(byte[] der, byte[] issuer)
    {
        try
        {
            X509Certificate certificate = new(der);
            certificate.Verify(new X509Certificate(issuer).GetPublicKey());
            return true;
        }
        catch (Exception wrong) when (CertificateFacts.IsMalformed(wrong))
        {
            return false;
        }
    }

    private static byte[] Bounded(byte[] certificate) => certificate.Length <= CertificateBytesMax
        ? certificate
        : throw Fault(CKR.CKR_DATA_LEN_RANGE, "too_large", $"A certificate has at most {CertificateBytesMax} bytes.");

    private static FaultException Fault(CKR status, string reason, string message) => new(status, "certificate." + reason, message);
}
