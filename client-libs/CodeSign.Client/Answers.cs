using CodeSign.Cryptoki;
using CodeSign.Wire.Framing;
using Google.Protobuf;

namespace CodeSign.Client;

/// <summary>What a frame of the appliance says: a refusal, or a message.</summary>
internal static class Answers
{
    /// <summary>The same frame.</summary>
    /// <exception cref="ApplianceException">It is a refusal; then it is disposed.</exception>
    public static ResponseFrame Admit(ResponseFrame answer)
    {
        if (answer.Status is not { } status)
        {
            return answer;
        }

        using (answer)
        {
            throw new ApplianceException(status.Ckr, status.Reason, status.Message, status.CorrelationId);
        }
    }

    public static TResponse Parse<TResponse>(ResponseFrame answer, MessageParser<TResponse> parser)
        where TResponse : IMessage<TResponse>
    {
        try
        {
            return parser.ParseFrom(answer.Body.Span);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new ApplianceException(
                CKR.CKR_DEVICE_ERROR,
                ClientReason.Protocol,
                "The appliance's answer can't be read; is its version one this client can talk to?",
                cause: fault);
        }
    }
}
