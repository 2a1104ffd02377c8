using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CodeSign.Appliance.Custody;

/// <summary>
/// Key material in memory: outside the managed heap (so that no collection leaves a copy behind), zeroed when disposed,
/// prints as nothing, compared in constant time.
/// </summary>
[DebuggerDisplay("secret")]
public sealed unsafe class SecretBytes : IDisposable
{
    private byte* _bytes;

    /// <summary>A zeroed secret of this many bytes.</summary>
    public SecretBytes(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _bytes = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(length, 1));
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
            ObjectDisposedException.ThrowIf(_bytes is null, this);
            return new Span<byte>(_bytes, Length);
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
        byte* bytes = _bytes;
        if (bytes is null)
        {
            return;
        }

        _bytes = null;
        CryptographicOperations.ZeroMemory(new Span<byte>(bytes, Length));
        NativeMemory.Free(bytes);
    }
}
