using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using CodeSign.Client.Sockets;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Client;

/// <summary>
/// The appliance as a caller sees it: thread-safe, synchronous, with a pool of connections of which each carries one request at a
/// time. Every method throws <see cref="ApplianceException"/>; nothing connects before the first request.
/// </summary>
public sealed class ApplianceClient : IDisposable
{
    /// <summary>Connections of one client.</summary>
    public const int ConnectionsMax = 16;

    private const string IdentityEnded = "identity.ended";

    private const int SecretBytesMax = 1024;

    private readonly ClientHooks _hooks;
    private readonly PasswordCredential? _password;
    private readonly TimeProvider _time;
    private readonly ServerRoster _roster;
    private readonly ConnectionPool _pool;
    private readonly Lock _credentialsLock = new();
    private Credentials? _credentials;
    private readonly List<ClientSecret> _renewedGrants = [];
    private bool _isDisposed;
    private HelloResponse? _greeting;

    /// <param name="settings">Files they name are read with the first request, unless they were before.</param>
    /// <param name="hooks">Null: nobody listens.</param>
    /// <param name="password">A password instead of the settings' grant, or null.</param>
    /// <param name="time">The clock certificates are judged by; null: the system's.</param>
    public ApplianceClient(
        ClientSettings settings, ClientHooks? hooks = null, PasswordCredential? password = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Settings = settings;
        _hooks = hooks ?? new ClientHooks();
        _password = password;
        _time = time ?? TimeProvider.System;
        _roster = new ServerRoster(settings.Servers);
        _pool = new ConnectionPool(
            deadline => _roster.Open(server => Greet(server, deadline), deadline), settings.AnswerTimeoutMs);
    }

    public ClientSettings Settings { get; }

    private int CallMs => (int)Math.Min(int.MaxValue, (long)Settings.ConnectTimeoutMs + Settings.AnswerTimeoutMs);

    /// <summary>The appliance's answer to the latest hello; connects where there was none yet.</summary>
    public HelloResponse Hello()
    {
        if (Volatile.Read(ref _greeting) is { } known)
        {
            return known;
        }

        _pool.Return(_pool.Rent(fresh: false, NewDeadline()));
        return Volatile.Read(ref _greeting) ?? throw Fault.Closed();
    }

    /// <summary>The tokens as they are now.</summary>
    public IReadOnlyList<TokenDescription> ListTokens() => [.. Pages.Of(after =>
    {
        ListTokensResponse page = Call(OperationCode.ListTokens, new ListTokensRequest { After = after }, ListTokensResponse.Parser);
        return (page.Tokens, page.Next);
    })];

    /// <summary>Gives a PIN; the answer is the login ticket (in pinned memory, for the caller to zero).</summary>
    public byte[] Login(string projectId, UserType userType, ReadOnlySpan<byte> pin, ReadOnlySpan<byte> keyId = default)
    {
        LoginRequest request = new() { ProjectId = projectId, UserType = userType, KeyId = ByteString.CopyFrom(keyId) };
        CallForSecret(OperationCode.Login, request, LoginResponse.Parser, out ClientSecret? ticket, secret: pin, secrets: 1);
        using (ticket)
        {
            byte[] copy = GC.AllocateUninitializedArray<byte>(ticket?.Length ?? 0, pinned: true);
            ticket?.Span.CopyTo(copy);
            return copy;
        }
    }

    /// <summary>Ends a ticket.</summary>
    public void Logout(string projectId, ReadOnlySpan<byte> ticket) =>
        Call(OperationCode.Logout, new LogoutRequest { ProjectId = projectId }, LogoutResponse.Parser, ticket);

    /// <summary>
    /// Changes the caller's own PIN. Every older ticket ends; where <paramref name="ticket"/> held until now, the answer is the one that
    /// takes its place, otherwise null.
    /// </summary>
    public ClientSecret? SetPin(
        string projectId, UserType userType, ReadOnlySpan<byte> oldPin, ReadOnlySpan<byte> newPin, ReadOnlySpan<byte> ticket)
    {
        CallForSecret(
            OperationCode.SetPin,
            new SetPinRequest { ProjectId = projectId, UserType = userType },
            SetPinResponse.Parser,
            out ClientSecret? next,
            ticket,
            oldPin,
            newPin,
            secrets: 2);
        return next;
    }

    /// <summary>One page of objects.</summary>
    public FindObjectsResponse FindObjects(FindObjectsRequest request, ReadOnlySpan<byte> ticket) =>
        Call(OperationCode.FindObjects, request, FindObjectsResponse.Parser, ticket);

    /// <summary>Signs. Sets the request id; asks once again with the same id where the connection broke before the answer.</summary>
    public SignResponse Sign(SignRequest request, ReadOnlySpan<byte> ticket)
    {
        ArgumentNullException.ThrowIfNull(request);
        Span<byte> id = stackalloc byte[ProtocolLimits.RequestIdBytes];
        Entropy.Fill(id);
        request.RequestId = ByteString.CopyFrom(id);
        request.Retry = false;
        return Call(OperationCode.Sign, request, SignResponse.Parser, ticket);
    }

    /// <summary>Any operation. Asked again once where the connection broke and the operation changes nothing.</summary>
    /// <param name="operation">What to do.</param>
    /// <param name="request">Its message.</param>
    /// <param name="parser">Reads the answer's message.</param>
    /// <param name="ticket">The login ticket, or empty.</param>
    /// <param name="secret">The first secret.</param>
    /// <param name="secondSecret">The second secret.</param>
    /// <param name="secrets">How many of the two are sent, even when they are empty.</param>
    public TResponse Call<TResponse>(
        OperationCode operation,
        IMessage request,
        MessageParser<TResponse> parser,
        ReadOnlySpan<byte> ticket = default,
        ReadOnlySpan<byte> secret = default,
        ReadOnlySpan<byte> secondSecret = default,
        int secrets = 0)
        where TResponse : IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(parser);
        using ResponseFrame answer = Ask(new Question(operation, request, ticket, secret, secondSecret, secrets));
        return Answers.Parse(answer, parser);
    }

    /// <summary>As <see cref="Call"/>, for an answer that carries a secret (null where it doesn't).</summary>
    public TResponse CallForSecret<TResponse>(
        OperationCode operation,
        IMessage request,
        MessageParser<TResponse> parser,
        out ClientSecret? answerSecret,
        ReadOnlySpan<byte> ticket = default,
        ReadOnlySpan<byte> secret = default,
        ReadOnlySpan<byte> secondSecret = default,
        int secrets = 0)
        where TResponse : IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(parser);
        using ResponseFrame answer = Ask(new Question(operation, request, ticket, secret, secondSecret, secrets));
        TResponse response = Answers.Parse(answer, parser);
        answerSecret = answer.Secrets.Count > 0 ? new ClientSecret(answer.Secrets[0].Span) : null;
        return response;
    }

    /// <summary>Closes every connection without a word to the peer; the next request connects anew.</summary>
    public void DropConnections() => _pool.DropAll();

    public void Dispose()
    {
        _pool.Dispose();
        lock (_credentialsLock)
        {
            _isDisposed = true;
            _renewedGrants.ForEach(grant => grant.Dispose());
        }
    }

    /// <summary>When a call is given up, whatever it waits for by then: a place, a connection, hello's answer or its own.</summary>
    private Deadline NewDeadline() => Deadline.In(CallMs);

    private ResponseFrame Ask(in Question question)
    {
        Deadline deadline = NewDeadline();
        long generation = 0;
        try
        {
            return AskOnce(question, deadline, ref generation);
        }
        catch (ApplianceException ended) when (string.Equals(ended.Reason, IdentityEnded, StringComparison.Ordinal))
        {
            // The grant ended while connections lived on it. The next hello reads the file again ('csctl login'), or says why not.
            _hooks.Trace?.Invoke("Who was authenticated is so no more; connecting anew.");
            _pool.DropAll(generation);
            if (!question.MayBeAskedTwice)
            {
                throw;
            }

            return AskOnce(question, deadline, ref generation);
        }
    }

    /// <param name="question">What is asked.</param>
    /// <param name="deadline">When it is given up.</param>
    /// <param name="generation">Of the pool: which of its connections was asked last.</param>
    private ResponseFrame AskOnce(in Question question, Deadline deadline, ref long generation)
    {
        bool isSecondTime = false;
        while (true)
        {
            Connection connection = _pool.Rent(fresh: isSecondTime, deadline);
            generation = connection.Generation;
            try
            {
                if (deadline.RemainingMs == 0)
                {
                    throw Fault.AnswerTimeout(connection.Server, CallMs, cause: null);
                }

                ResponseFrame answer = connection.Exchange(question, deadline.AtMostMs(Settings.AnswerTimeoutMs));
                return Answers.Admit(answer);
            }
            catch (ConnectionBrokenException broken)
            {
                bool isTimeout = string.Equals(broken.Fault.Reason, ClientReason.Timeout, StringComparison.Ordinal);
                if (isSecondTime || isTimeout || (broken.RequestWasSent && !question.MayBeAskedTwice))
                {
                    throw broken.Fault;
                }

                isSecondTime = true;
                _hooks.Trace?.Invoke($"The connection to {connection.Server} broke; asking again.");
                if (question.Body is SignRequest sign)
                {
                    sign.Retry = true;
                }
            }
            finally
            {
                _pool.Return(connection);
            }
        }
    }

    /// <summary>A connection on which hello was answered.</summary>
    private Connection Greet(ServerAddress server, Deadline deadline)
    {
        Credentials credentials = CurrentCredentials();
        try
        {
            return Greet(server, credentials, deadline);
        }
        catch (ApplianceException refusal) when (refusal.IsRefusal && TryRenewGrant(credentials, out Credentials? renewed))
        {
            _hooks.Trace?.Invoke("The grant file has another grant now; trying that one.");
            return Greet(server, renewed, deadline);
        }
        catch (ApplianceException refusal) when (credentials.Kind == CredentialKind.CredentialGrant && Settings.IsGrantFromEnvironment
            && refusal.Reason.StartsWith("grant.", StringComparison.Ordinal))
        {
            throw Fault.OfEnvironment(refusal);
        }
    }

    private Connection Greet(ServerAddress server, Credentials credentials, Deadline deadline)
    {
        Connection? connection = null;
        try
        {
            connection = Connection.Open(server, credentials, deadline.AtMostMs(Settings.ConnectTimeoutMs), _hooks);
            HelloRequest hello = new()
            {
                ProtocolMin = ProtocolLimits.Version,
                ProtocolMax = ProtocolLimits.Version,
                Client = _hooks.ClientName,
                Credential = credentials.Kind,
                UserName = credentials.UserName,
            };
            using ResponseFrame answer = SayHello(connection, hello, credentials.Secret, deadline.AtMostMs(Settings.AnswerTimeoutMs));
            HelloResponse greeting = Answers.Parse(answer, HelloResponse.Parser);
            if (greeting.Protocol != ProtocolLimits.Version)
            {
                throw Fault.ProtocolBroken(server, $"it wants version {greeting.Protocol}");
            }

            Volatile.Write(ref _greeting, greeting);
            _hooks.Trace?.Invoke($"Connected to {server} (version {greeting.ServerVersion}) as {greeting.Caller?.Name ?? "nobody"}.");
            Connection greeted = connection;
            connection = null;
            return greeted;
        }
        catch (ConnectionBrokenException broken)
        {
            throw broken.Fault;
        }
        finally
        {
            connection?.Dispose();
        }
    }

    private ResponseFrame SayHello(Connection connection, HelloRequest hello, ClientSecret? secret, int timeoutMs)
    {
        if (secret?.Length > SecretBytesMax)
        {
            throw Fault.Configuration($"The grant has more than {SecretBytesMax} bytes: it is none; run 'csctl login' again.");
        }

        // A copy: another thread may dispose the client, and the secret with it, at any time.
        Span<byte> copy = stackalloc byte[SecretBytesMax];
        copy = copy[..(secret?.Length ?? 0)];
        try
        {
            return secret is null || secret.TryCopyTo(copy)
                ? Answers.Admit(connection.Exchange(
                    new Question(OperationCode.Hello, hello, default, copy, default, secret is null ? 0 : 1), timeoutMs))
                : throw Fault.Closed();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    private Credentials CurrentCredentials()
    {
        lock (_credentialsLock)
        {
            if (_isDisposed)
            {
                // Whose the settings are may dispose their secrets now.
                throw Fault.Closed();
            }

            return _credentials ??= Credentials.From(
                Settings.FilesAreRead ? Settings : Settings.ReadFiles(needsGrant: _password is null), _password, _time);
        }
    }

    /// <summary>A refused grant may have been replaced in its file ('csctl login') while this process lived.</summary>
    private bool TryRenewGrant(Credentials refused, [NotNullWhen(true)] out Credentials? renewed)
    {
        renewed = null;
        lock (_credentialsLock)
        {
            if (_password is not null || Settings.GrantFile is null || _isDisposed || _credentials?.Secret is not { } current)
            {
                return false;
            }

            // Another thread was refused before, and has found it already.
            if (!ReferenceEquals(_credentials, refused))
            {
                renewed = _credentials;
                return true;
            }

            ClientSecret? found = SecretFile.TryRead(Settings.GrantFile);
            if (found is null || found.Length > SecretBytesMax || found.Span.SequenceEqual(current.Span))
            {
                found?.Dispose();
                return false;
            }

            // Those before are kept until the end: other threads may be about to say them.
            _renewedGrants.Add(found);
            _credentials = _credentials.With(found);
            renewed = _credentials;
            return true;
        }
    }
}
