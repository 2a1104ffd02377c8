using System.Buffers.Binary;
using CodeSign.P11.Native;

namespace CodeSign.P11.Sessions;

/// <summary>
/// Handles: 31 bits, so that they fit the int of a careless host, never 0, each used once in 2^31, and in no order an
/// application could come to rely on.
/// </summary>
internal sealed class HandleSource
{
    private const uint Mask = 0x7fff_ffff;

    private readonly uint _start;
    private readonly uint _factor;
    private uint _count;

    public HandleSource()
    {
        Span<byte> random = stackalloc byte[8];
        LibC.FillRandom(random);
        _start = BinaryPrimitives.ReadUInt32LittleEndian(random);
        _factor = BinaryPrimitives.ReadUInt32LittleEndian(random[4..]) | 1;   // odd: one to one on 31 bits
    }

    public ulong Next()
    {
        while (true)
        {
            uint handle = unchecked((_start + Interlocked.Increment(ref _count)) * _factor) & Mask;
            if (handle != 0)
            {
                return handle;
            }
        }
    }
}
