using System.Formats.Asn1;
using System.Runtime.InteropServices;
using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;
using static CodeSign.Appliance.Keys.Software.Libcrypto;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>
/// Elliptic curve Diffie-Hellman (SEC 1 section 3.3, RFC 7748 section 6) and the key derivation function of ANSI X9.63, in libcrypto. A
/// point that isn't on the key's curve would give the key away piece by piece (Biehl, Meyer, Müller 2000), so the other's is checked first.
/// </summary>
public static unsafe class KeyAgreement
{
    private const byte OctetString = 0x04;
    private const byte Uncompressed = 0x04;

    /// <summary>Bytes of the secret that two keys of an algorithm agree on.</summary>
    public static int SecretBytes(KeyAlgorithm algorithm)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        return (algorithm.Bits + 7) / 8;
    }

    /// <summary>The key that a private key and another's public point make.</summary>
    /// <param name="pkcs8">PrivateKeyInfo, DER.</param>
    /// <param name="algorithm">Its row.</param>
    /// <param name="point">The other's: uncompressed or RFC 7748's bytes, bare or in an OCTET STRING.</param>
    /// <param name="hash">Of the derivation function; none for the bare secret, of which the last bytes are taken.</param>
    /// <param name="sharedData">What goes into the derivation beside the secret.</param>
    /// <param name="bytes">As many as are wanted.</param>
    /// <exception cref="FaultException">CKR_MECHANISM_PARAM_INVALID: no point of that curve, or one that gives a secret everybody knows.</exception>
    public static SecretBytes Derive(
        ReadOnlySpan<byte> pkcs8, KeyAlgorithm algorithm, ReadOnlySpan<byte> point, HashKind hash, ReadOnlySpan<byte> sharedData, int bytes)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        byte[] publicKeyInfo = ToPublicKeyInfo(algorithm, point);
        using PrivateKey? key = PrivateKey.FromPkcs8(pkcs8);
        PrivateKey.Demand(key is not null);
        using SecretBytes agreed = new(SecretBytes(algorithm));
        if (!TryAgree(key!, publicKeyInfo, agreed) || agreed.Span.IndexOfAnyExcept((byte)0) < 0)
        {
            throw Refuse("The other's public point is none of this key's curve, or gives a secret that everybody knows");
        }

        return hash == HashKind.None ? new SecretBytes(agreed.Span[^bytes..]) : Expand(agreed, DigestMechanism.Of(hash).Name, sharedData, bytes);
    }

    private static byte[] ToPublicKeyInfo(KeyAlgorithm algorithm, ReadOnlySpan<byte> point)
    {
        // A bare point of an EC key has an odd number of bytes, beginning with 4; in an OCTET STRING the length follows that.
        ReadOnlySpan<byte> bare = point;
        if (point.Length != algorithm.PointBytes && !point.IsEmpty && point[0] == OctetString)
        {
            try
            {
                bare = AsnDecoder.TryReadPrimitiveOctetString(point, AsnEncodingRules.DER, out ReadOnlySpan<byte> content, out int read) && read == point.Length
                    ? content
                    : default;
            }
            catch (AsnContentException)
            {
                bare = default;
            }
        }

        bool isEc = algorithm.KeyType == CKK.CKK_EC;
        if (bare.Length != algorithm.PointBytes || (isEc && bare[0] != Uncompressed))
        {
            throw Refuse($"The other's public point has {algorithm.PointBytes} bytes{(isEc ? ", uncompressed" : "")}");
        }

        return PublicKeyFacts.CurvePublicKeyInfo(algorithm, bare);
    }

    private static bool TryAgree(PrivateKey key, byte[] publicKeyInfo, SecretBytes agreed)
    {
        nint other = 0;
        nint context = 0;
        try
        {
            fixed (byte* start = publicKeyInfo)
            {
                byte* position = start;
                other = d2i_PUBKEY(0, ref position, publicKeyInfo.Length);
            }

            context = EVP_PKEY_CTX_new(key.Handle, 0);
            PrivateKey.Demand(context != 0 && EVP_PKEY_derive_init(context) == 1);

            // Setting the other's key checks it: on the curve, of its order, not the point at infinity.
            if (other == 0 || EVP_PKEY_derive_set_peer(context, other) != 1)
            {
                return false;
            }

            nuint written = (nuint)agreed.Length;
            fixed (byte* secret = agreed.Span)
            {
                return EVP_PKEY_derive(context, secret, ref written) == 1 && written == (nuint)agreed.Length;
            }
        }
        finally
        {
            EVP_PKEY_CTX_free(context);
            EVP_PKEY_free(other);
            ERR_clear_error();
        }
    }

    private static SecretBytes Expand(SecretBytes agreed, string digest, ReadOnlySpan<byte> sharedData, int bytes)
    {
        SecretBytes made = new(bytes);
        nint function = EVP_KDF_fetch(0, "X963KDF", 0);
        nint context = EVP_KDF_CTX_new(function);
        ReadOnlySpan<byte> name = System.Text.Encoding.ASCII.GetBytes(digest);
        try
        {
            fixed (byte* secret = agreed.Span)
            fixed (byte* hash = name)
            fixed (byte* shared = sharedData)
            fixed (byte* target = made.Span)
            fixed (byte* keyName = "key\0"u8)
            fixed (byte* digestName = "digest\0"u8)
            fixed (byte* sharedName = "info\0"u8)
            {
                LibcryptoParameter* parameters = stackalloc LibcryptoParameter[4];
                parameters[0] = new(keyName, LibcryptoParameter.OctetString, secret, (nuint)agreed.Length);
                parameters[1] = new(digestName, LibcryptoParameter.Utf8String, hash, (nuint)name.Length);
                parameters[2] = sharedData.IsEmpty ? default : new(sharedName, LibcryptoParameter.OctetString, shared, (nuint)sharedData.Length);
                PrivateKey.Demand(context != 0 && EVP_KDF_derive(context, target, (nuint)bytes, parameters) == 1);
            }

            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
        finally
        {
            EVP_KDF_CTX_free(context);
            EVP_KDF_free(function);
        }
    }

    private static FaultException Refuse(string why) => new(CKR.CKR_MECHANISM_PARAM_INVALID, "derive.point", why + ".");
}

/// <summary>OSSL_PARAM; a list ends with an empty one.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly unsafe struct LibcryptoParameter(byte* name, uint kind, void* value, nuint bytes)
{
    public const uint Utf8String = 4;
    public const uint OctetString = 5;

    private readonly byte* _name = name;
    private readonly uint _kind = kind;
    private readonly void* _value = value;
    private readonly nuint _bytes = bytes;
    private readonly nuint _written = nuint.MaxValue;
}
