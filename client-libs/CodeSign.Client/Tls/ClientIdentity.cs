using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using X509Certificate = Org.BouncyCastle.X509.X509Certificate;

namespace CodeSign.Client.Tls;

/// <summary>A client certificate with its chain and private key, read from PEM.</summary>
internal sealed class ClientIdentity
{
    private readonly List<X509Certificate> _chain;
    private readonly AsymmetricKeyParameter _key;
    private readonly int[] _schemes;

    private ClientIdentity(List<X509Certificate> chain, AsymmetricKeyParameter key)
    {
        _chain = chain;
        _key = key;
        _schemes = SchemesOf(key);
    }

    /// <exception cref="FormatException">The message continues "The certificate or key file: ".</exception>
    public static ClientIdentity Read(ReadOnlySpan<byte> certificatePem, ReadOnlySpan<byte> keyPem)
    {
        List<X509Certificate> chain = ServerTrust.ReadCertificates(certificatePem);
        if (chain.Count == 0)
        {
            throw new FormatException("the certificate file has no certificate in it");
        }

        List<ClientSecret> blocks = Pem.Blocks(keyPem, "PRIVATE KEY"u8);
        try
        {
            if (blocks.Count != 1)
            {
                string label = Pem.FirstLabel(keyPem);
                throw new FormatException("the key file must hold one PRIVATE KEY block (PKCS#8, not encrypted)"
                    + (label.Length > 0 ? $", not {label}; 'openssl pkcs8 -topk8 -nocrypt' converts it" : ""));
            }

            return new ClientIdentity(chain, ReadKey(blocks[0].Span, chain[0]));
        }
        finally
        {
            blocks.ForEach(block => block.Dispose());
        }
    }

    /// <summary>Credentials with the first scheme of ours the server takes; null where it takes none.</summary>
    public TlsCredentials? ToCredentials(TlsContext context, BcTlsCrypto crypto, CertificateRequest request)
    {
        IList<SignatureAndHashAlgorithm> accepted = request.SupportedSignatureAlgorithms ?? [];
        foreach (int scheme in _schemes)
        {
            SignatureAndHashAlgorithm? algorithm = accepted.FirstOrDefault(candidate => SignatureScheme.From(candidate) == scheme);
            if (algorithm is not null)
            {
                CertificateEntry[] entries = [.. _chain.Select(certificate =>
                    new CertificateEntry(crypto.CreateCertificate(certificate.GetEncoded()), null))];
                Certificate chain = new(request.GetCertificateRequestContext(), entries);
                return new BcDefaultTlsCredentialedSigner(new TlsCryptoParameters(context), crypto, _key, chain, algorithm);
            }
        }

        return null;
    }

    private static AsymmetricKeyParameter ReadKey(ReadOnlySpan<byte> pkcs8, X509Certificate leaf)
    {
        byte[] copy = GC.AllocateUninitializedArray<byte>(pkcs8.Length, pinned: true);
        try
        {
            pkcs8.CopyTo(copy);
            AsymmetricKeyParameter key = PrivateKeyFactory.CreateKey(copy);
            if (!PublicOf(key).Equals(leaf.GetPublicKey()))
            {
                throw new FormatException("the key doesn't belong to the certificate");
            }

            return key;
        }
        catch (Exception fault) when (fault is GeneralSecurityException or IOException or ArgumentException or InvalidOperationException
            or InvalidCastException)
        {
            throw new FormatException("the key can't be read (RSA, P-256, P-384, Ed25519 as PKCS#8 are understood)", fault);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(copy);
        }
    }

    private static AsymmetricKeyParameter PublicOf(AsymmetricKeyParameter key) => key switch
    {
        RsaPrivateCrtKeyParameters rsa => new RsaKeyParameters(false, rsa.Modulus, rsa.PublicExponent),
        ECPrivateKeyParameters ec => new ECPublicKeyParameters(ec.Parameters.G.Multiply(ec.D).Normalize(), ec.Parameters),
        Ed25519PrivateKeyParameters edwards => edwards.GeneratePublicKey(),
        Ed448PrivateKeyParameters edwards => edwards.GeneratePublicKey(),
        _ => throw new FormatException("the key is of a kind this client doesn't use (RSA, P-256, P-384, Ed25519 are)"),
    };

    // RFC 8446 section 4.4.3: TLS 1.3 binds the curve to the hash, and allows no PKCS#1 v1.5 signatures of a handshake.
    private static int[] SchemesOf(AsymmetricKeyParameter key) => key switch
    {
        RsaKeyParameters => [SignatureScheme.rsa_pss_rsae_sha256, SignatureScheme.rsa_pss_rsae_sha384, SignatureScheme.rsa_pss_rsae_sha512],
        ECPrivateKeyParameters ec => ec.Parameters.N.BitLength switch
        {
            256 => [SignatureScheme.ecdsa_secp256r1_sha256],
            384 => [SignatureScheme.ecdsa_secp384r1_sha384],
            _ => [SignatureScheme.ecdsa_secp521r1_sha512],
        },
        Ed25519PrivateKeyParameters => [SignatureScheme.ed25519],
        _ => [SignatureScheme.ed448],
    };
}
