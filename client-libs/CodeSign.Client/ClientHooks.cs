namespace CodeSign.Client;

/// <summary>What the program around a client wants to know. Called on the calling thread; must not throw.</summary>
public sealed record ClientHooks
{
    /// <summary>One sentence about something that happened; no secret is ever in it.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>A socket was opened (a forked child closes it).</summary>
    public Action<int>? DescriptorOpened { get; init; }

    /// <summary>A socket is about to be closed.</summary>
    public Action<int>? DescriptorClosing { get; init; }

    /// <summary>Name and version sent in hello, for instance "libcodesign-p11 0.1.0".</summary>
    public string ClientName { get; init; } = "CodeSign.Client 0.1.0";
}
