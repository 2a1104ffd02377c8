using System.Security.Cryptography;
using CodeSign.Appliance.Keys;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests.Operations.Signing;

/// <summary>What a signature's input tells policy and record.</summary>
/// <param name="Hash">The hash in front, or <see cref="HashKind.None"/> where it can't be told.</param>
/// <param name="Digest">The hash itself where it can be told, and raw ECDSA input of 20 to 64 bytes; otherwise SHA-256 of the input.</param>
internal readonly record struct InputFacts(HashKind Hash, ReadOnlyMemory<byte> Digest)
{
    /// <summary>As the record names it.</summary>
    public string HashName => Hash == HashKind.None ? "unknown" : DigestMechanism.Of(Hash).Name;

    public static InputFacts Of(in SignatureInput input)
    {
        SignatureMechanism row = input.Mechanism;
        if (row.HashesFirst)
        {
            return new(row.Hash, input.Data);
        }

        switch (row.Scheme)
        {
            case SignatureScheme.RsaPkcs1 when DigestInfo.TryParse(input.Data.Span, out HashKind hash, out ReadOnlySpan<byte> digest):
                return new(hash, digest.ToArray());
            case SignatureScheme.RsaPss when input.Pss is { } pss:
                return new(pss.Hash, input.Data);
            case SignatureScheme.Ecdsa when input.Data.Length is >= 20 and <= 64:
                return new(HashKind.None, input.Data);
            default:
                return new(HashKind.None, SHA256.HashData(input.Data.Span));
        }
    }
}
