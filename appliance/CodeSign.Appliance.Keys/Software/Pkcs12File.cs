using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Cryptoki;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Security;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>
/// Reads a PKCS#12 file (RFC 7292). The structure is BouncyCastle's; every cost is checked before it is paid, and the private key
/// is decrypted by libcrypto, outside the managed heap.
/// </summary>
internal sealed class Pkcs12File : IDisposable
{
    /// <summary>Bytes of a file.</summary>
    public const int FileBytesMax = 256 * 1024;

    /// <summary>Keys, certificates and whatever else.</summary>
    public const int BagsMax = 64;

    private readonly SecretBytes _passphrase;
    private readonly List<byte[]> _certificates = [];
    private PrivateKey? _key;
    private int _bags;

    private Pkcs12File(ReadOnlySpan<byte> passphrase) => _passphrase = new SecretBytes(passphrase);

    /// <summary>The one private key; whoever disposes the file disposes it.</summary>
    public PrivateKey Key => _key ?? throw KeyImport.Fault(
        CKR.CKR_DATA_INVALID, "no_key", "The PKCS#12 file holds no private key.");

    public IReadOnlyList<byte[]> Certificates => _certificates;

    [SuppressMessage("Reliability", "CA2000", Justification = "Disposed where reading fails, else handed out.")]
    public static Pkcs12File Read(ReadOnlySpan<byte> der, ReadOnlySpan<byte> passphrase)
    {
        if (der.Length > FileBytesMax)
        {
            throw KeyImport.Fault(CKR.CKR_DATA_LEN_RANGE, "too_large", $"A PKCS#12 file has at most {FileBytesMax} bytes.");
        }

        Pkcs12File file = new(passphrase);
        bool done = false;
        try
        {
            file.ReadPfx(Pfx.GetInstance(Parse(der.ToArray())));
            done = true;
            return file;
        }
        catch (Exception malformed) when (CertificateFacts.IsMalformed(malformed))
        {
            throw KeyImport.Fault(CKR.CKR_DATA_INVALID, "malformed", "This is not a PKCS#12 file, or it is damaged.");
        }
        finally
        {
            if (!done)
            {
                file.Dispose();
            }
        }
    }

    public void Dispose()
    {
        _key?.Dispose();
        _passphrase.Dispose();
    }

    private void ReadPfx(Pfx pfx)
    {
        byte[] safe = Content(pfx.AuthSafe);
        if (pfx.MacData is { } mac && !HasRightMac(mac, safe))
        {
            throw KeyImport.WrongPassphrase();
        }

        foreach (ContentInfo info in AuthenticatedSafe.GetInstance(Parse(safe)).GetContentInfo())
        {
            byte[] contents = info.ContentType.Equals(PkcsObjectIdentifiers.EncryptedData)
                ? Decrypt(EncryptedData.GetInstance(Present(info.Content)))
                : Content(info);
            ReadBags(contents);
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "Take owns the key.")]
    private void ReadBags(byte[] contents)
    {
        foreach (Asn1Encodable element in Asn1Sequence.GetInstance(Parse(contents)))
        {
            if (++_bags > BagsMax)
            {
                throw KeyImport.Fault(CKR.CKR_DATA_LEN_RANGE, "too_large", $"A PKCS#12 file has at most {BagsMax} entries.");
            }

            SafeBag bag = SafeBag.GetInstance(element);
            if (bag.BagID.Equals(PkcsObjectIdentifiers.CertBag))
            {
                CertBag certificate = CertBag.GetInstance(bag.BagValue);
                if (certificate.CertID.Equals(PkcsObjectIdentifiers.X509Certificate))
                {
                    _certificates.Add(Asn1OctetString.GetInstance(Present(certificate.CertValue)).GetOctets());
                }
            }
            else if (bag.BagID.Equals(PkcsObjectIdentifiers.Pkcs8ShroudedKeyBag))
            {
                byte[] encrypted = bag.BagValue.GetDerEncoded();
                PasswordEncryption.CheckKeyEncryption(encrypted);
                Take(PrivateKey.FromEncryptedPkcs8(encrypted, _passphrase.Span) ?? throw KeyImport.WrongPassphrase());
            }
            else if (bag.BagID.Equals(PkcsObjectIdentifiers.KeyBag))
            {
                byte[] plain = bag.BagValue.GetDerEncoded();
                PrivateKey? key = PrivateKey.FromPkcs8(plain);
                CryptographicOperations.ZeroMemory(plain);
                Take(key ?? throw KeyImport.Fault(
                    CKR.CKR_DATA_INVALID, "malformed", "The PKCS#12 file's private key is of an unsupported kind."));
            }
        }
    }

    private void Take(PrivateKey key)
    {
        if (_key is not null)
        {
            key.Dispose();
            throw KeyImport.Fault(CKR.CKR_DATA_INVALID, "several_keys", "The PKCS#12 file holds several private keys; export one.");
        }

        _key = key;
    }

    private bool HasRightMac(MacData mac, byte[] content)
    {
        PasswordEncryption.CheckIterations(mac.Iterations.IntValueExact);
        IDigest digest;
        try
        {
            digest = DigestUtilities.GetDigest(mac.Mac.DigestAlgorithm.Algorithm);
        }
        catch (SecurityUtilityException)
        {
            throw KeyImport.Fault(
                CKR.CKR_MECHANISM_INVALID, "unsupported", "The PKCS#12 file's integrity check (PBMAC1?) is not supported.");
        }

        char[] passphrase = Characters();
        try
        {
            Pkcs12ParametersGenerator generator = new(digest);
            generator.Init(PbeParametersGenerator.Pkcs12PasswordToBytes(passphrase), mac.MacSalt.GetOctets(), mac.Iterations.IntValueExact);
            HMac hmac = new(digest);
            hmac.Init(generator.GenerateDerivedMacParameters(hmac.GetMacSize() * 8));
            hmac.BlockUpdate(content, 0, content.Length);
            byte[] right = new byte[hmac.GetMacSize()];
            hmac.DoFinal(right, 0);
            return CryptographicOperations.FixedTimeEquals(right, mac.Mac.Digest.GetOctets());
        }
        finally
        {
            Array.Clear(passphrase);
        }
    }

    private byte[] Decrypt(EncryptedData data)
    {
        byte[] algorithm = data.EncryptionAlgorithm.GetDerEncoded();
        byte[] content = Present(data.Content).GetOctets();
        string oid = PasswordEncryption.CheckCost(algorithm);
        bool old = oid.StartsWith(PasswordEncryption.Pkcs12Pbe, StringComparison.Ordinal)
            && oid[PasswordEncryption.Pkcs12Pbe.Length..] is not ("3" or "4");
        return (old ? DecryptOld(data, content) : PrivateKey.DecryptPbe(algorithm, _passphrase.Span, content))
            ?? throw KeyImport.WrongPassphrase();
    }

    // Windows long wrote certificates (public, encrypted all the same) under 40 bits of RC2, which OpenSSL 3 turned its back on.
    private byte[]? DecryptOld(EncryptedData data, byte[] content)
    {
        char[] passphrase = Characters();
        try
        {
            IBufferedCipher cipher = (IBufferedCipher)PbeUtilities.CreateEngine(data.EncryptionAlgorithm.Algorithm);
            cipher.Init(false, PbeUtilities.GenerateCipherParameters(data.EncryptionAlgorithm, passphrase, wrongPkcs12Zero: false));
            return cipher.DoFinal(content);
        }
        catch (CryptoException)
        {
            return null;
        }
        finally
        {
            Array.Clear(passphrase);
        }
    }

    private char[] Characters()
    {
        try
        {
            char[] characters = new char[Encoding.UTF8.GetCharCount(_passphrase.Span)];
            _ = Encoding.UTF8.GetChars(_passphrase.Span, characters);
            return characters;
        }
        catch (DecoderFallbackException)
        {
            throw KeyImport.WrongPassphrase();
        }
    }

    // BouncyCastle reads nothing at all as null, and hands out null for what is optional.
    private static Asn1Object Parse(byte[] encoded) => Present(Asn1Object.FromByteArray(encoded));

    private static T Present<T>(T? part)
        where T : class => part ?? throw new IOException("A part is missing.");

    private static byte[] Content(ContentInfo info) =>
        info.ContentType.Equals(PkcsObjectIdentifiers.Data)
            ? Asn1OctetString.GetInstance(Present(info.Content)).GetOctets()
            : throw KeyImport.Fault(
                CKR.CKR_MECHANISM_INVALID, "unsupported", "The PKCS#12 file is protected by a public key instead of a passphrase.");
}
