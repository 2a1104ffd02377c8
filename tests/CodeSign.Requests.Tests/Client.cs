using System.Security.Cryptography;
using System.Text;
using CodeSign.Appliance.Requests;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Requests.Tests;

/// <summary>One connection's worth of requests, through the real frames.</summary>
internal sealed class Client(RunningAppliance appliance, Session session)
{
    private ulong _correlation;

    public Session Session { get; } = session;

    public byte[] Grant { get; set; } = [];

    public string GrantId { get; set; } = "";

    public byte[] Ticket { get; set; } = [];

    /// <summary>Another connection with the same grant, before its hello.</summary>
    public Client Reconnected()
    {
        Client other = appliance.Anonymous();
        other.Grant = Grant;
        return other;
    }

    public Task<Answer<HelloResponse>> HelloAsync() => CallAsync(
        OperationCode.Hello,
        new HelloRequest { ProtocolMin = 1, ProtocolMax = 1, Credential = Grant.Length > 0 ? CodeSign.Wire.V1.CredentialKind.CredentialGrant : default },
        HelloResponse.Parser,
        Grant);

    public Task<Answer<HelloResponse>> HelloAsync(string user, string password) => CallAsync(
        OperationCode.Hello,
        new HelloRequest { ProtocolMin = 1, ProtocolMax = 1, Credential = CodeSign.Wire.V1.CredentialKind.CredentialPassword, UserName = user },
        HelloResponse.Parser,
        Encoding.UTF8.GetBytes(password));

    public async Task<Answer<LoginResponse>> LoginAsync(string pin, UserType userType = UserType.UserUser, string project = "demo")
    {
        Answer<LoginResponse> answer = await CallAsync(
            OperationCode.Login,
            new LoginRequest { ProjectId = appliance.ProjectId(project), UserType = userType },
            LoginResponse.Parser,
            Encoding.UTF8.GetBytes(pin));
        Ticket = answer.Status is null ? answer.Secret : Ticket;
        return answer;
    }

    /// <summary>Signs a digest with the first private key there is.</summary>
    public Task<Answer<SignResponse>> SignAsync(
        byte[] data, CKM mechanism = CKM.CKM_ECDSA_SHA256, byte[]? requestId = null, string project = "demo", PssParameters? pss = null) => CallAsync(
        OperationCode.Sign,
        new SignRequest
        {
            ProjectId = appliance.ProjectId(project),
            KeyId = ByteString.CopyFrom([.. Convert.FromHexString(appliance.Store.Current.Keys.Values.First().Id), (byte)CKO.CKO_PRIVATE_KEY]),
            Mechanism = (ulong)mechanism,
            Data = ByteString.CopyFrom(data),
            RequestId = ByteString.CopyFrom(requestId ?? RandomNumberGenerator.GetBytes(16)),
            Pss = pss,
        },
        SignResponse.Parser);

    public async Task<FindObjectsResponse> FindAsync(CKO objectClass, bool older = false, string project = "demo")
    {
        byte[] value = new byte[8];
        value[7] = (byte)objectClass;
        FindObjectsRequest request = new() { ProjectId = appliance.ProjectId(project), IncludeOlderKeys = older };
        request.Template.Add(new CodeSign.Wire.V1.Attribute { Type = (ulong)CKA.CKA_CLASS, Value = ByteString.CopyFrom(value) });
        return await OkAsync(OperationCode.FindObjects, request, FindObjectsResponse.Parser);
    }

    public Task<T> OkAsync<T>(OperationCode operation, IMessage request, MessageParser<T> parser, string secret)
        where T : class, IMessage<T> => OkAsync(operation, request, parser, Encoding.UTF8.GetBytes(secret));

    public async Task<T> OkAsync<T>(OperationCode operation, IMessage request, MessageParser<T> parser, byte[]? secret = null)
        where T : class, IMessage<T>
    {
        Answer<T> answer = await CallAsync(operation, request, parser, secret);
        return answer.Status is null ? answer.Message : throw new InvalidOperationException($"{operation}: {answer.Status.Reason}: {answer.Status.Message}");
    }

    public async Task<Answer<T>> CallAsync<T>(
        OperationCode operation, IMessage request, MessageParser<T> parser, byte[]? secret = null, byte[]? second = null)
        where T : class, IMessage<T>
    {
        int secrets = second is not null ? 2 : secret is { Length: > 0 } || operation == OperationCode.Login ? 1 : 0;
        using RequestFrame sent = RequestFrame.Create(++_correlation, operation, request, Ticket, secret, second, secrets);
        FrameBuffer buffer = FrameBuffer.Rent(FrameBuffer.ReadLength(sent.Bytes.Span));
        sent.Bytes[ProtocolLimits.LengthPrefixBytes..].CopyTo(buffer.Memory);
        using RequestFrame received = RequestFrame.Parse(buffer);
        using ResponseFrame response = await appliance.Dispatcher.DispatchAsync(Session, received, CancellationToken.None);
        FrameBuffer back = FrameBuffer.Rent(FrameBuffer.ReadLength(response.Bytes.Span));
        response.Bytes[ProtocolLimits.LengthPrefixBytes..].CopyTo(back.Memory);
        using ResponseFrame answer = ResponseFrame.Parse(back);
        return new Answer<T>(
            answer.Status, parser.ParseFrom(answer.Body.Span), answer.Secrets.Count > 0 ? answer.Secrets[0].ToArray() : []);
    }
}
