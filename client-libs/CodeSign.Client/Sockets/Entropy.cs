using System.Runtime.InteropServices;
using Org.BouncyCastle.Crypto.Prng;

namespace CodeSign.Client.Sockets;

/// <summary>Random bytes from the kernel (getrandom(2)): .NET's generator would load the host's libcrypto.</summary>
internal sealed unsafe class Entropy : IRandomGenerator
{
    public static void Fill(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint count;
            fixed (byte* start = bytes)
            {
                count = Libc.GetRandom(start, (nuint)bytes.Length, 0);
            }

            if (count > 0)
            {
                bytes = bytes[(int)count..];
            }
            else if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
            {
                throw new InvalidOperationException("The kernel gives no random bytes.");
            }
        }
    }

    public void AddSeedMaterial(byte[] seed)
    {
        // The kernel needs none.
    }

    public void AddSeedMaterial(ReadOnlySpan<byte> seed)
    {
        // The kernel needs none.
    }

    public void AddSeedMaterial(long seed)
    {
        // The kernel needs none.
    }

    public void NextBytes(byte[] bytes) => Fill(bytes);

    public void NextBytes(byte[] bytes, int start, int len) => Fill(bytes.AsSpan(start, len));

    public void NextBytes(Span<byte> bytes) => Fill(bytes);
}
