using CodeSign.Wire.Framing;

namespace CodeSign.Wire.Tests;

/// <summary>Bytes as they come over a wire: prefix first, then as many bytes as it says.</summary>
internal static class Wires
{
    public static FrameBuffer Receive(ReadOnlySpan<byte> bytes, int bytesMax = ProtocolLimits.FrameBytesMax)
    {
        int length = FrameBuffer.ReadLength(bytes, bytesMax);
        FrameBuffer buffer = FrameBuffer.Rent(length);
        bytes.Slice(ProtocolLimits.LengthPrefixBytes, length).CopyTo(buffer.Memory.Span);
        return buffer;
    }

    public static RequestFrame ReceiveRequest(ReadOnlySpan<byte> bytes) => RequestFrame.Parse(Receive(bytes));

    public static ResponseFrame ReceiveResponse(ReadOnlySpan<byte> bytes) => ResponseFrame.Parse(Receive(bytes));

    /// <summary>A frame around these bytes.</summary>
    public static byte[] Frame(params ReadOnlySpan<byte> content) =>
        [(byte)(content.Length >> 24), (byte)((content.Length >> 16) & 0xff), (byte)((content.Length >> 8) & 0xff), (byte)(content.Length & 0xff), .. content];

    /// <summary>A length-delimited field (numbers up to 15).</summary>
    public static byte[] Field(int number, params ReadOnlySpan<byte> value)
    {
        List<byte> bytes = [(byte)((number << 3) | 2)];
        int length = value.Length;
        for (; length >= 0x80; length >>= 7)
        {
            bytes.Add((byte)((length & 0x7f) | 0x80));
        }

        return [.. bytes, (byte)length, .. value];
    }
}
