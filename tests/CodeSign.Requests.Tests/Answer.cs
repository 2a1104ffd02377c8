using CodeSign.Wire.Framing;

namespace CodeSign.Requests.Tests;

/// <summary>What came back.</summary>
internal sealed record Answer<T>(WireStatus? Status, T Message, byte[] Secret)
{
    public string Reason => Status?.Reason ?? "ok";
}
