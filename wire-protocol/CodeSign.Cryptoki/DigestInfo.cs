namespace CodeSign.Cryptoki;

/// <summary>
/// DigestInfo (RFC 8017 section 9.2), what RSASSA-PKCS1-v1_5 signs. Only the canonical form is known here: DER, one of our
/// hashes, its parameters NULL, its digest whole, nothing behind. Whatever else a caller signs with CKM_RSA_PKCS has no hash
/// that policy could judge, even where a lenient verifier would find one.
/// </summary>
public static class DigestInfo
{
    // SEQUENCE { SEQUENCE { OBJECT IDENTIFIER, NULL }, OCTET STRING }: what stands before the digest, in the order of the table.
    private static readonly byte[][] Prefixes = [.. DigestMechanism.All.Select(Prefix)];

    /// <summary>Reads a canonical DigestInfo; the digest is a part of the input.</summary>
    public static bool TryParse(ReadOnlySpan<byte> encoded, out HashKind hash, out ReadOnlySpan<byte> digest)
    {
        for (int i = 0; i < Prefixes.Length; i++)
        {
            ReadOnlySpan<byte> prefix = Prefixes[i];
            if (encoded.Length == prefix.Length + DigestMechanism.All[i].DigestBytes && encoded.StartsWith(prefix))
            {
                hash = DigestMechanism.All[i].Hash;
                digest = encoded[prefix.Length..];
                return true;
            }
        }

        hash = HashKind.None;
        digest = default;
        return false;
    }

    /// <summary>
    /// True when the bytes look like a DigestInfo of SHA-1, MD5, MD4 or MD2, canonical or not. Verifiers read such leniently, so for a
    /// refusal lenient is right; for telling a hash only <see cref="TryParse"/> is.
    /// </summary>
    public static bool NamesWeakHash(ReadOnlySpan<byte> encoded)
    {
        const int OidWithin = 16;
        if (encoded.IsEmpty || encoded[0] != 0x30)
        {
            return false;
        }

        ReadOnlySpan<byte> head = encoded[..Math.Min(encoded.Length, OidWithin)];

        // 1.3.14.3.2.26, and 1.2.840.113549.2.{2,4,5} whose last number follows.
        ReadOnlySpan<byte> sha1 = [0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a];
        ReadOnlySpan<byte> rsadsi = [0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02];
        int at = head.IndexOf(rsadsi);
        return head.IndexOf(sha1) >= 0
            || (at >= 0 && at + rsadsi.Length < encoded.Length && encoded[at + rsadsi.Length] is (0x02 or 0x04 or 0x05));
    }

    /// <summary>Writes a DigestInfo.</summary>
    /// <exception cref="ArgumentException">The digest isn't as long as the hash makes it.</exception>
    public static byte[] Encode(HashKind hash, ReadOnlySpan<byte> digest)
    {
        if (digest.Length != DigestMechanism.Of(hash).DigestBytes)
        {
            throw new ArgumentException($"A digest of {digest.Length} bytes isn't one of {hash}.", nameof(digest));
        }

        return [.. Prefixes[(int)hash - 1], .. digest];
    }

    private static byte[] Prefix(DigestMechanism row)
    {
        byte[] oid = Oid(row.Oid);
        byte[] algorithm = [0x06, (byte)oid.Length, .. oid, 0x05, 0x00];
        int content = 2 + algorithm.Length + 2 + row.DigestBytes;   // below 128: one length byte everywhere
        return [0x30, (byte)content, 0x30, (byte)algorithm.Length, .. algorithm, 0x04, (byte)row.DigestBytes];
    }

    // X.690 section 8.19: the first two arcs share a subidentifier; seven bits a byte, the high bit set on all but the last.
    private static byte[] Oid(string dotted)
    {
        int[] arcs = [.. dotted.Split('.').Select(arc => int.Parse(arc, System.Globalization.CultureInfo.InvariantCulture))];
        List<byte> bytes = [];
        foreach (int arc in arcs[2..].Prepend((arcs[0] * 40) + arcs[1]))
        {
            for (int shift = arc >= 1 << 14 ? 14 : arc >= 1 << 7 ? 7 : 0; shift >= 0; shift -= 7)
            {
                bytes.Add((byte)(((arc >> shift) & 0x7f) | (shift > 0 ? 0x80 : 0)));
            }
        }

        return [.. bytes];
    }
}
