using System.IO.MemoryMappedFiles;

namespace CodeSign.Fuzz.Engine;

/// <summary>What a worker is doing now, in a file that outlives its death.</summary>
internal sealed unsafe class SharedState : IDisposable
{
    private const int HeadBytes = 64;
    public const int InputBytesMax = 1 << 21;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _memory;

    public SharedState(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, HeadBytes + InputBytesMax);
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _memory);
    }

    /// <summary>Inputs run, of all lives of the worker.</summary>
    public ref long Executions => ref ((long*)_memory)[0];

    /// <summary>Edges known.</summary>
    public ref long Edges => ref ((long*)_memory)[1];

    /// <summary>Inputs of the corpus.</summary>
    public ref long Corpus => ref ((long*)_memory)[2];

    private ref long Length => ref ((long*)_memory)[3];

    public byte[] Input => new ReadOnlySpan<byte>(_memory + HeadBytes, (int)Length).ToArray();

    public void Begin(ReadOnlySpan<byte> input)
    {
        ReadOnlySpan<byte> kept = input[..Math.Min(input.Length, InputBytesMax)];
        kept.CopyTo(new Span<byte>(_memory + HeadBytes, InputBytesMax));
        Length = kept.Length;
        Executions++;
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
