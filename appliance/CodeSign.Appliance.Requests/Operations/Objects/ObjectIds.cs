using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>What names an object on the wire: its record's id, and its class in one byte.</summary>
internal static class ObjectIds
{
    public const int RecordBytes = 16;

    public static byte[] Of(string recordId, CKO objectClass) => [.. Convert.FromHexString(recordId), (byte)objectClass];

    /// <summary>The record's id, or null where the bytes are none.</summary>
    public static string? RecordIdOf(ReadOnlySpan<byte> objectId) =>
        objectId.Length == RecordBytes + 1 ? Convert.ToHexStringLower(objectId[..RecordBytes]) : null;

    /// <summary>The private key's id, or null when the bytes name no private key.</summary>
    public static string? KeyIdOf(ReadOnlySpan<byte> objectId) =>
        objectId.Length == RecordBytes + 1 && objectId[RecordBytes] == (byte)CKO.CKO_PRIVATE_KEY ? RecordIdOf(objectId) : null;
}
