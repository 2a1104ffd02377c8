using CodeSign.Cryptoki;
using CodeSign.Wire;
using Org.BouncyCastle.Crypto;

namespace CodeSign.P11.Signing;

/// <summary>
/// What is to be signed or verified, as it comes in parts: hashed at once where the mechanism hashes first, collected where it
/// works on the bytes themselves.
/// </summary>
internal sealed class MessageInput
{
    private readonly IDigest? _digest;
    private readonly List<byte> _collected = [];

    public MessageInput(SignatureMechanism mechanism) => _digest = mechanism.HashesFirst ? Digests.Create(mechanism.Hash) : null;

    /// <summary>Bytes collected, 0 where they are hashed.</summary>
    public int CollectedBytes => _collected.Count;

    /// <summary>Takes a part; false where more was collected than any mechanism signs at once.</summary>
    public bool TryAdd(ReadOnlySpan<byte> part)
    {
        if (_digest is not null)
        {
            _digest.BlockUpdate(part);
            return true;
        }

        if (part.Length > ProtocolLimits.SignDataBytesMax - _collected.Count)
        {
            return false;
        }

        _collected.AddRange(part);
        return true;
    }

    /// <summary>The digest, or the bytes.</summary>
    public byte[] Finish() => _digest is null ? [.. _collected] : Digests.Finish(_digest);
}
