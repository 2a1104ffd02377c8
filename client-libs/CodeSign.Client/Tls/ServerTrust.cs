using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace CodeSign.Client.Tls;

/// <summary>
/// The CAs this client trusts, and the judgement over a server's chain: RFC 5280 section 6 as far as a private CA goes (names,
/// signatures, dates, basicConstraints, pathLen, key usage). An extension that is critical and not understood is a refusal.
/// </summary>
internal sealed class ServerTrust
{
    /// <summary>CA certificates between leaf and anchor.</summary>
    public const int IntermediatesMax = 5;

    private const int KeyUsageDigitalSignature = 0;
    private const int KeyUsageCertificateSign = 5;

    private static readonly HashSet<string> Understood = new(StringComparer.Ordinal)
    {
        X509Extensions.BasicConstraints.Id,
        X509Extensions.KeyUsage.Id,
        X509Extensions.ExtendedKeyUsage.Id,
        X509Extensions.SubjectAlternativeName.Id,
        X509Extensions.AuthorityKeyIdentifier.Id,
        X509Extensions.SubjectKeyIdentifier.Id,
    };

    private readonly List<X509Certificate> _anchors;
    private readonly TimeProvider _time;

    private ServerTrust(List<X509Certificate> anchors, TimeProvider time)
    {
        _anchors = anchors;
        _time = time;
    }

    /// <summary>Reads CA certificates, PEM or a single DER.</summary>
    /// <exception cref="FormatException">There is none, or one that can't be read; the message continues "The file …: ".</exception>
    public static ServerTrust Read(ReadOnlySpan<byte> file, TimeProvider time)
    {
        List<X509Certificate> anchors = ReadCertificates(file);
        return anchors.Count > 0
            ? new ServerTrust(anchors, time)
            : throw new FormatException("it has no certificate in it");
    }

    public static List<X509Certificate> ReadCertificates(ReadOnlySpan<byte> file)
    {
        if (file.Length > 0 && file[0] == 0x30)
        {
            return [ReadCertificate(file)];
        }

        List<X509Certificate> certificates = [];
        foreach (ClientSecret block in Pem.Blocks(file, "CERTIFICATE"u8))
        {
            using (block)
            {
                certificates.Add(ReadCertificate(block.Span));
            }
        }

        return certificates;
    }

    /// <summary>Judges the chain a server sent, leaf first.</summary>
    /// <exception cref="ApplianceException">client.untrusted, client.certificate_expired or client.wrong_host.</exception>
    public void Check(IReadOnlyList<X509Certificate> chain, ServerAddress server)
    {
        if (chain.Count == 0)
        {
            throw Fault.Untrusted(server, "it sent no certificate");
        }

        try
        {
            X509Certificate leaf = chain[0];
            CheckPath(leaf, chain, server);
            CheckLeafUsage(leaf, server);
            HostNames.Check(leaf, server);
        }
        catch (Exception fault) when (fault is GeneralSecurityException or IOException or ArgumentException or InvalidOperationException)
        {
            throw Fault.Untrusted(server, "its certificate can't be read", fault);
        }
    }

    private static X509Certificate ReadCertificate(ReadOnlySpan<byte> der)
    {
        try
        {
            return new X509Certificate(X509CertificateStructure.GetInstance(der.ToArray()));
        }
        catch (Exception fault) when (fault is GeneralSecurityException or IOException or ArgumentException or InvalidOperationException
            or InvalidCastException)
        {
            throw new FormatException("a certificate in it can't be read", fault);
        }
    }

    private void CheckPath(X509Certificate leaf, IReadOnlyList<X509Certificate> sent, ServerAddress server)
    {
        CheckDates(leaf, server);
        X509Certificate current = leaf;
        ApplianceException? refused = null;
        for (int depth = 0; depth <= IntermediatesMax; depth++)
        {
            // The pinned certificate may be the server's own, too.
            if (depth == 0 && _anchors.Contains(leaf))
            {
                return;
            }

            CheckCriticalExtensions(current, server);
            if (FindAuthority(_anchors, current, depth, server, ref refused) is not null)
            {
                return;
            }

            X509Certificate? issuer = FindAuthority(sent, current, depth, server, ref refused);
            if (issuer is null)
            {
                break;
            }

            current = issuer;
        }

        throw refused ?? Fault.Untrusted(server, "its certificate wasn't issued by the CA this client trusts");
    }

    /// <summary>The first that issued it and may. A CA that was renewed has several certificates with one name and key.</summary>
    private X509Certificate? FindAuthority(
        IReadOnlyList<X509Certificate> candidates, X509Certificate issued, int depth, ServerAddress server, ref ApplianceException? refused)
    {
        foreach (X509Certificate candidate in candidates.Where(candidate => !candidate.Equals(issued) && Issued(candidate, issued)))
        {
            try
            {
                CheckAuthority(candidate, depth, server);
                return candidate;
            }
            catch (ApplianceException fault)
            {
                refused ??= fault;
            }
        }

        return null;
    }

    private void CheckAuthority(X509Certificate authority, int authoritiesBelow, ServerAddress server)
    {
        CheckDates(authority, server);
        CheckCriticalExtensions(authority, server);
        int pathLength = authority.GetBasicConstraints();
        bool[]? usage = authority.GetKeyUsage();
        if (pathLength < 0 || (usage is not null && !usage[KeyUsageCertificateSign]))
        {
            throw Fault.Untrusted(server, "a certificate in its chain isn't a CA's, yet it signed another");
        }

        if (pathLength < authoritiesBelow)
        {
            throw Fault.Untrusted(server, "its chain is longer than its CA allows");
        }
    }

    private void CheckDates(X509Certificate certificate, ServerAddress server)
    {
        DateTime now = _time.GetUtcNow().UtcDateTime;
        if (now < certificate.NotBefore.ToUniversalTime())
        {
            throw Fault.NotYetValid(server, certificate.NotBefore);
        }

        if (now > certificate.NotAfter.ToUniversalTime())
        {
            throw Fault.Expired(server, certificate.NotAfter);
        }
    }

    private static void CheckLeafUsage(X509Certificate leaf, ServerAddress server)
    {
        bool[]? usage = leaf.GetKeyUsage();
        IList<DerObjectIdentifier>? purposes = leaf.GetExtendedKeyUsage();
        bool forServers = purposes is null || purposes.Contains(KeyPurposeID.id_kp_serverAuth)
            || purposes.Contains(KeyPurposeID.AnyExtendedKeyUsage);
        if (!forServers || (usage is not null && !usage[KeyUsageDigitalSignature]))
        {
            throw Fault.Untrusted(server, "its certificate isn't meant for a TLS server");
        }
    }

    private static void CheckCriticalExtensions(X509Certificate certificate, ServerAddress server)
    {
        foreach (string oid in certificate.GetCriticalExtensionOids() ?? new HashSet<string>(StringComparer.Ordinal))
        {
            if (!Understood.Contains(oid))
            {
                throw Fault.Untrusted(server, $"its chain has a critical extension this client doesn't know ({oid})");
            }
        }
    }

    private static bool Issued(X509Certificate issuer, X509Certificate subject)
    {
        if (!issuer.SubjectDN.Equivalent(subject.IssuerDN))
        {
            return false;
        }

        try
        {
            subject.Verify(issuer.GetPublicKey());
            return true;
        }
        catch (Exception fault) when (fault is GeneralSecurityException or InvalidOperationException or IOException or ArgumentException)
        {
            return false;
        }
    }
}
