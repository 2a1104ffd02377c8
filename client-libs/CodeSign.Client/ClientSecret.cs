using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CodeSign.Client;

/// <summary>
/// A grant, password, PIN or key in memory: outside the managed heap (so that no collection leaves a copy behind), zeroed when
/// disposed, prints as nothing.
/// </summary>
[DebuggerDisplay("secret")]
public sealed unsafe class ClientSecret : IDisposable
{
    private readonly Lock _gate = new();
    private byte* _bytes;

    /// <summary>A zeroed secret of this many bytes.</summary>
    public ClientSecret(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _bytes = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(length, 1));
    }

    /// <summary>A copy of these bytes; the caller zeroes its own.</summary>
    public ClientSecret(ReadOnlySpan<byte> source)
        : this(source.Length)
        => source.CopyTo(Span);

    ~ClientSecret() => Zeroize();

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

    /// <summary>Copies the bytes, also while another thread may dispose this; false when it has. The caller zeroes its copy.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public bool TryCopyTo(Span<byte> destination)
    {
        lock (_gate)
        {
            if (_bytes is null)
            {
                return false;
            }

            new ReadOnlySpan<byte>(_bytes, Length).CopyTo(destination);
            return true;
        }
    }

    public void Dispose()
    {
        Zeroize();
        GC.SuppressFinalize(this);
    }

    public override string ToString() => "secret";

    private void Zeroize()
    {
        lock (_gate)
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
}
