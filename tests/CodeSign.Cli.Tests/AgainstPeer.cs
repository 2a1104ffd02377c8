using System.Security.Cryptography;
using CodeSign.Client.Tests;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Cli.Tests;

/// <summary>csctl and a real TLS peer that answers as the test says.</summary>
public abstract class AgainstPeer : IAsyncDisposable
{
    private protected AgainstPeer()
    {
        Server = new TestServer(Certificates.Server())
        {
            Answer = request => Task.FromResult<ResponseFrame?>(
                Answers.TryGetValue(request.Operation, out Func<RequestFrame, ResponseFrame>? answer) ? answer(request) : Obey(request)),
        };
        Server.Start();
    }

    private protected TestCertificates Certificates { get; } = new();

    private protected Csctl Csctl { get; } = new();

    private protected TestServer Server { get; }

    private protected Dictionary<OperationCode, Func<RequestFrame, ResponseFrame>> Answers { get; } = [];

    private protected string Url => $"https://localhost:{Server.Port}";

    private protected string Fingerprint => string.Join(':', Certificates.Authority.GetCertHashString(HashAlgorithmName.SHA256).Chunk(2).Select(pair => new string(pair)));

    /// <summary>What else is told of the key that signs.</summary>
    private protected Dictionary<CKA, byte[]> KeyAttributes { get; } = [];

    /// <summary>The latest sign request.</summary>
    private protected SignRequest? Asked { get; private set; }

    private protected static Grant NewGrant() => new() { Id = "g1", User = "alice", Scope = "user", ExpiresUnixMs = 4_000_000_000_000 };

    private protected static TokenDescription Token() => new()
    {
        Label = "my demo",
        ProjectId = "00112233445566aa",
        SlotId = 7,
        LoginRequired = true,
        UserPinInitialized = true,
        Roles = { "KeyUser" },
    };

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Certificates.Dispose();
        Csctl.Dispose();
        GC.SuppressFinalize(this);
    }

    private ResponseFrame Obey(RequestFrame request) => request.Operation == OperationCode.Hello
        ? ResponseFrame.Success(request.Correlation, new HelloResponse
        {
            Protocol = 1,
            Caller = new Caller { Name = "tester" },
            Authority = ByteString.CopyFrom(Certificates.Authority.RawData),
        })
        : TestServer.Obey(request);

    private protected void Configure(bool withGrant = true)
    {
        Csctl.Write(".config/codesign/client-ca.pem", Certificates.AuthorityPem);
        Csctl.Write(".config/codesign/client.conf", $"server = localhost:{Server.Port}\nca = client-ca.pem\ngrant_file = client.grant\n");
        if (withGrant)
        {
            File.SetUnixFileMode(
                Csctl.Write(".config/codesign/client.grant", "csg_test\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private protected SignRequest? AnswerSigning(CKK keyType, byte[] signature)
    {
        Answers[OperationCode.ListTokens] = request => ResponseFrame.Success(
            request.Correlation, new ListTokensResponse { Tokens = { new TokenDescription { Label = "demo", ProjectId = "00" } } });
        Answers[OperationCode.FindObjects] = request =>
        {
            byte[] type = new byte[8];
            type[7] = (byte)keyType;
            return ResponseFrame.Success(request.Correlation, new FindObjectsResponse
            {
                Objects =
                {
                    new Wire.V1.Object
                    {
                        Id = ByteString.CopyFrom(9),
                        Attributes =
                        {
                            new Wire.V1.Attribute { Type = (ulong)CKA.CKA_KEY_TYPE, Value = ByteString.CopyFrom(type) },
                            KeyAttributes.Select(pair => new Wire.V1.Attribute { Type = (ulong)pair.Key, Value = ByteString.CopyFrom(pair.Value) }),
                        },
                    },
                },
            });
        };
        Answers[OperationCode.Sign] = request =>
        {
            Asked = SignRequest.Parser.ParseFrom(request.Body.Span);
            return ResponseFrame.Success(request.Correlation, new SignResponse { Signature = ByteString.CopyFrom(signature) });
        };
        return Asked;
    }
}
