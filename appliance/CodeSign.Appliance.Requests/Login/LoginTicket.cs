using System.Buffers.Binary;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Login;

/// <summary>
/// What a successful C_Login proved, in a form any node can check after a restart. Bound to identity, credential, token and role;
/// void once the project's epoch or the PIN's generation has moved on, or when it was logged out. A context-specific one is good for
/// one use of one key.
/// </summary>
/// <param name="TicketId">32 hex digits, random.</param>
/// <param name="ProjectId">16 hex digits.</param>
/// <param name="IdentityId">32 hex digits.</param>
/// <param name="UserType">SO, user, or context-specific.</param>
/// <param name="Epoch">The project's epoch then.</param>
/// <param name="PinGeneration">The PIN's generation then; 0 where the project wants no PIN.</param>
/// <param name="CredentialHash"><see cref="Caller.CredentialHash"/>: 32 hex digits.</param>
/// <param name="Issued">When, to the second.</param>
/// <param name="KeyId">Of a context-specific login: the key it is for, 32 hex digits. Otherwise empty.</param>
internal sealed record LoginTicket(
    string TicketId,
    string ProjectId,
    string IdentityId,
    UserType UserType,
    long Epoch,
    long PinGeneration,
    string CredentialHash,
    DateTimeOffset Issued,
    string KeyId = "")
{
    private const byte Version = 1;
    private const byte OneUseVersion = 2;

    /// <summary>version, ticket id, project id, identity id, user type, epoch, PIN generation, credential hash, Unix seconds.</summary>
    private const int Bytes = 1 + 16 + 8 + 16 + 1 + 8 + 8 + 16 + 8;

    /// <summary>Of the longer one, which ends with the key's id.</summary>
    public const int BytesMax = Bytes + 16;

    /// <summary>True where it is good for one use of its key.</summary>
    public bool IsForOneUse => KeyId.Length > 0;

    public int Length => IsForOneUse ? BytesMax : Bytes;

    public void Write(Span<byte> target)
    {
        target[0] = IsForOneUse ? OneUseVersion : Version;
        Convert.FromHexString(TicketId).CopyTo(target[1..]);
        Convert.FromHexString(ProjectId).CopyTo(target[17..]);
        Convert.FromHexString(IdentityId).CopyTo(target[25..]);
        target[41] = (byte)UserType;
        BinaryPrimitives.WriteInt64BigEndian(target[42..], Epoch);
        BinaryPrimitives.WriteInt64BigEndian(target[50..], PinGeneration);
        Convert.FromHexString(CredentialHash).CopyTo(target[58..]);
        BinaryPrimitives.WriteInt64BigEndian(target[74..], Issued.ToUnixTimeSeconds());
        Convert.FromHexString(KeyId).CopyTo(target[Bytes..]);
    }

    /// <summary>Null for another version.</summary>
    public static LoginTicket? Read(ReadOnlySpan<byte> source) => (source.Length, source[0]) is not ((Bytes, Version) or (BytesMax, OneUseVersion))
        ? null
        : new LoginTicket(
            Convert.ToHexStringLower(source[1..17]),
            Convert.ToHexStringLower(source[17..25]),
            Convert.ToHexStringLower(source[25..41]),
            (UserType)source[41],
            BinaryPrimitives.ReadInt64BigEndian(source[42..]),
            BinaryPrimitives.ReadInt64BigEndian(source[50..]),
            Convert.ToHexStringLower(source[58..74]),
            DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(source[74..])),
            Convert.ToHexStringLower(source[Bytes..]));
}
