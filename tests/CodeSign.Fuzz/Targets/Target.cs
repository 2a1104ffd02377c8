using CodeSign.Fuzz.Engine;

namespace CodeSign.Fuzz.Targets;

/// <summary>Code that takes bytes from others, and what it may do with them.</summary>
internal abstract class Target : IDisposable
{
    public abstract string Name { get; }

    /// <summary>Paths whose lines are to be reached, from the root of the repository.</summary>
    public virtual IReadOnlyList<string> Scope => [];

    /// <summary>Inputs longer than this aren't made.</summary>
    public virtual int BytesMax => 4096;

    /// <summary>CPU time one input may take.</summary>
    public virtual TimeSpan TimeMax => TimeSpan.FromSeconds(5);

    /// <summary>Bytes one input may allocate on the managed heap.</summary>
    public virtual long AllocatedMax => 16 << 20;

    /// <summary>True where other threads take part in the work.</summary>
    public virtual bool IsThreaded => false;

    /// <summary>What to begin with, beside the corpus.</summary>
    public virtual IEnumerable<byte[]> Seeds => [];

    /// <summary>What mutations put in.</summary>
    public virtual IEnumerable<byte[]> Words => [];

    /// <summary>Takes one input. Whatever leaves it but a refusal is a crash.</summary>
    public abstract void Run(ReadOnlySpan<byte> input);

    /// <summary>The declared answers to bytes that are wrong.</summary>
    public abstract bool IsRefusal(Exception thrown);

    public virtual byte[] Mutate(byte[] input, Mutator mutator) => mutator.Havoc(input);

    /// <summary>Inputs since the last fresh start, where a crash may be theirs together.</summary>
    public virtual byte[]? Trail => null;

    public virtual void Dispose()
    {
    }
}
