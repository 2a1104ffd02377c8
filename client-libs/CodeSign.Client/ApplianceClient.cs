using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Client;

/// <summary>
/// The appliance as a caller sees it: thread-safe, synchronous, with a pool of connections of which each carries one request at a
/// time. Every method throws <see cref="ApplianceException"/>.
/// </summary>
public sealed class ApplianceClient : IDisposable
{
    /// <summary>Connections of one client.</summary>
    public const int ConnectionsMax = 16;

    public ApplianceClient(ClientSettings settings, ClientHooks? hooks = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Settings = settings;
        _ = hooks;
    }

    public ClientSettings Settings { get; }

    /// <summary>The appliance's answer to the latest hello; connects where there was none yet.</summary>
    public HelloResponse Hello() => throw new NotSupportedException("Being built.");

    /// <summary>The tokens as they are now.</summary>
    public IReadOnlyList<TokenDescription> ListTokens() => throw new NotSupportedException("Being built.");

    /// <summary>Gives a PIN; the answer is the login ticket (in pinned memory, for the caller to zero).</summary>
    public byte[] Login(string projectId, UserType userType, ReadOnlySpan<byte> pin, ReadOnlySpan<byte> keyId = default) =>
        throw new NotSupportedException("Being built.");

    public void Logout(string projectId, ReadOnlySpan<byte> ticket) => throw new NotSupportedException("Being built.");

    public void SetPin(string projectId, UserType userType, ReadOnlySpan<byte> oldPin, ReadOnlySpan<byte> newPin, ReadOnlySpan<byte> ticket) =>
        throw new NotSupportedException("Being built.");

    /// <summary>One page of objects.</summary>
    public FindObjectsResponse FindObjects(FindObjectsRequest request, ReadOnlySpan<byte> ticket) => throw new NotSupportedException("Being built.");

    /// <summary>Signs. Sets the request id; asks once again with the same id where the connection broke before the answer.</summary>
    public SignResponse Sign(SignRequest request, ReadOnlySpan<byte> ticket) => throw new NotSupportedException("Being built.");

    /// <summary>Any operation. Asked again once where the connection broke and the operation changes nothing.</summary>
    public TResponse Call<TResponse>(
        OperationCode operation,
        IMessage request,
        MessageParser<TResponse> parser,
        ReadOnlySpan<byte> ticket = default,
        ReadOnlySpan<byte> secret = default,
        ReadOnlySpan<byte> secondSecret = default,
        int secrets = 0)
        where TResponse : IMessage<TResponse> => throw new NotSupportedException("Being built.");

    /// <summary>As <see cref="Call"/>, for an answer that carries a secret (null where it doesn't).</summary>
    public TResponse CallForSecret<TResponse>(
        OperationCode operation,
        IMessage request,
        MessageParser<TResponse> parser,
        out ClientSecret? answer,
        ReadOnlySpan<byte> ticket = default,
        ReadOnlySpan<byte> secret = default,
        ReadOnlySpan<byte> secondSecret = default,
        int secrets = 0)
        where TResponse : IMessage<TResponse> => throw new NotSupportedException("Being built.");

    /// <summary>Closes every connection without a word to the peer; the next request connects anew.</summary>
    public void DropConnections() => throw new NotSupportedException("Being built.");

    public void Dispose()
    {
    }
}
