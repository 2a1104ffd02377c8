using System.Text;
using CodeSign.Cryptoki;

namespace CodeSign.P11.Native;

/// <summary>The host's memory: nothing is read or written that wasn't bounded here first.</summary>
internal static unsafe class Buffers
{
    /// <summary>Bytes the host gives; false where it gives a length without memory, or more than one array can be long.</summary>
    public static bool TryRead(byte* memory, ulong count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (count > int.MaxValue || (memory is null && count > 0))
        {
            return false;
        }

        bytes = new ReadOnlySpan<byte>(memory, (int)count);
        return true;
    }

    /// <summary>
    /// Section 5.2 of PKCS#11 v3.0: what to answer before an output of this many bytes is made. Null means: make it. Where it
    /// answers, the length is told and nothing else is done.
    /// </summary>
    public static CKR? Announce(byte* memory, ulong* count, int bytes)
    {
        if (count is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        ulong room = *count;
        if (memory is null)
        {
            *count = (ulong)bytes;
            return CKR.CKR_OK;
        }

        if (room < (ulong)bytes)
        {
            *count = (ulong)bytes;
            return CKR.CKR_BUFFER_TOO_SMALL;
        }

        return null;
    }

    /// <summary>A list of numbers, after the same rule.</summary>
    public static CKR WriteList(ReadOnlySpan<ulong> values, ulong* memory, ulong* count)
    {
        if (count is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        ulong room = *count;
        *count = (ulong)values.Length;
        if (memory is null)
        {
            return CKR.CKR_OK;
        }

        if (room < (ulong)values.Length)
        {
            return CKR.CKR_BUFFER_TOO_SMALL;
        }

        values.CopyTo(new Span<ulong>(memory, values.Length));
        return CKR.CKR_OK;
    }

    /// <summary>A text field: UTF-8, padded with blanks, not terminated, cut between characters.</summary>
    public static void WritePadded(string text, byte* field, int bytes)
    {
        Span<byte> target = new(field, bytes);
        target.Fill((byte)' ');
        Encoding.UTF8.GetEncoder().Convert(text, target, flush: true, out _, out int used, out _);
        target[used..].Fill((byte)' ');
    }
}
