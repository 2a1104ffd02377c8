using System.Buffers.Binary;
using System.Text;
using CodeSign.Cryptoki;
using Google.Protobuf;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>
/// How far a search has come: after which object it goes on. What is made or destroyed between two pages moves nothing else.
/// </summary>
/// <param name="Stage">Among which objects.</param>
/// <param name="Key">The name of the environment, or the object's id in hex.</param>
/// <param name="Generation">Of the environment's key.</param>
/// <param name="Part">Of that: 0 the private key, 1 the public one, 2 the certificate.</param>
internal readonly record struct FindCursor(FindStage Stage, string Key, int Generation = 0, int Part = 0)
{
    private const int HeaderBytes = 6;
    private const int KeyBytesMax = 256;

    public static FindCursor Start { get; } = new(FindStage.Environments, "", int.MaxValue, -1);

    /// <exception cref="FaultException">page.malformed: it didn't come from here.</exception>
    public static FindCursor Read(ByteString page)
    {
        ReadOnlySpan<byte> bytes = page.Span;
        if (bytes.IsEmpty)
        {
            return Start;
        }

        return bytes.Length is >= HeaderBytes and <= HeaderBytes + KeyBytesMax && bytes[0] <= (byte)FindStage.Session
            ? new FindCursor(
                (FindStage)bytes[0], Encoding.UTF8.GetString(bytes[HeaderBytes..]), BinaryPrimitives.ReadInt32BigEndian(bytes[1..]), bytes[HeaderBytes - 1])
            : throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "page.malformed", "The page isn't one that a search has given.");
    }

    public ByteString ToPage()
    {
        byte[] page = new byte[HeaderBytes + Encoding.UTF8.GetByteCount(Key)];
        page[0] = (byte)Stage;
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(1), Generation);
        page[HeaderBytes - 1] = (byte)Part;
        Encoding.UTF8.GetBytes(Key, page.AsSpan(HeaderBytes));
        return UnsafeByteOperations.UnsafeWrap(page);
    }

    /// <summary>The id to go on after among the objects of a stage: none where the search hasn't come there.</summary>
    public string AfterIn(FindStage stage) => Stage == stage ? Key : "";
}

/// <summary>The order in which objects are found.</summary>
internal enum FindStage
{
    Environments,
    Authorities,
    Token,
    Session,
}
