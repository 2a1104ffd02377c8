namespace CodeSign.P11.Objects;

/// <summary>
/// CKA_EC_POINT of Edwards and Montgomery keys: a DER OCTET STRING on our wire and, unless the configuration says raw, for the host.
/// Length decides which form is given: 32, 56 and 57 bytes are raw, whatever their first byte is.
/// </summary>
internal static class EdwardsPoint
{
    private const int Curve25519Bytes = 32;
    private const int X448Bytes = 56;
    private const int Ed448Bytes = 57;
    private const byte OctetString = 0x04;

    public static ReadOnlySpan<byte> ToRaw(ReadOnlySpan<byte> point) =>
        point.Length is Curve25519Bytes + 2 or X448Bytes + 2 or Ed448Bytes + 2 && point[0] == OctetString && point[1] == point.Length - 2 ? point[2..] : point;

    public static ReadOnlySpan<byte> ToDer(ReadOnlySpan<byte> point) =>
        point.Length is Curve25519Bytes or X448Bytes or Ed448Bytes ? (byte[])[OctetString, (byte)point.Length, .. point] : point;
}
