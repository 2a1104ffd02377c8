using System.Diagnostics;
using System.Security.Cryptography;
using CodeSign.Client.Sockets;
using CodeSign.Cryptoki;

namespace CodeSign.Client;

/// <summary>
/// A grant, password, PIN or key in memory: outside the managed heap (so that no collection leaves a copy behind), in pages that no
/// core dump has and that are zero in a forked child, zeroed when disposed, prints as nothing.
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
        _bytes = Allocate(length);
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
            _ = Libc.Unmap((nint)bytes, PageBytes(Length));
        }
    }

    private static byte* Allocate(int length)
    {
        nint pages = Libc.Map(0, PageBytes(length), Libc.ReadWrite, Libc.PrivateAnonymous, -1, 0);
        if (pages == -1)
        {
            throw new FaultException(CKR.CKR_HOST_MEMORY, "client.memory", "The system gives no memory for a secret.");
        }

        // A kernel that doesn't know them goes without.
        _ = Libc.Advise(pages, PageBytes(length), Libc.AdviseNoDump);
        _ = Libc.Advise(pages, PageBytes(length), Libc.AdviseWipeOnFork);
        return (byte*)pages;
    }

    private static nuint PageBytes(int length) => (nuint)Math.Max(length, 1);
}
