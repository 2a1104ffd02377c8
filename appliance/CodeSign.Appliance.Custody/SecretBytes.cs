using System.Diagnostics;
using System.Security.Cryptography;

namespace CodeSign.Appliance.Custody;

/// <summary>
/// Key material in memory: outside the managed heap (so that no collection leaves a copy behind) in pages kept out
/// of core dumps and swap, zeroed when disposed, prints as nothing, compared in constant time.
/// </summary>
[DebuggerDisplay("secret")]
public sealed unsafe class SecretBytes : IDisposable
{
    private nint _bytes;

    /// <summary>A zeroed secret of this many bytes.</summary>
    public SecretBytes(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _bytes = (nint)LockedMemory.Allocate(length);
    }

    /// <summary>A copy of these bytes; the caller zeroes its own.</summary>
    public SecretBytes(ReadOnlySpan<byte> source)
        : this(source.Length)
        => source.CopyTo(Span);

    ~SecretBytes() => Zeroize();

    public int Length { get; }

    /// <summary>The bytes themselves. Don't keep the span beyond the life of this object.</summary>
    public Span<byte> Span
    {
        get
        {
            nint bytes = _bytes;
            ObjectDisposedException.ThrowIf(bytes == 0, this);
            return new Span<byte>((byte*)bytes, Length);
        }
    }

    /// <summary>A secret of random bytes from the operating system's generator.</summary>
    public static SecretBytes Random(int length)
    {
        SecretBytes secret = new(length);
        RandomNumberGenerator.Fill(secret.Span);
        return secret;
    }

    /// <summary>Equal in constant time; the length is not a secret.</summary>
    public bool FixedTimeEquals(ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(Span, other);

    public void Dispose()
    {
        Zeroize();
        GC.SuppressFinalize(this);
    }

    public override string ToString() => "secret";

    private void Zeroize()
    {
        nint bytes = Interlocked.Exchange(ref _bytes, 0);
        if (bytes != 0)
        {
            LockedMemory.Free((byte*)bytes, Length);
        }
    }
}
