using CodeSign.Wire;
using Google.Protobuf;

namespace CodeSign.Appliance.Requests;

/// <summary>
/// One row of the operation table: what is asked, what the caller must be, what it leaves behind, and who does it. Closes over the
/// protobuf parser, so that handlers are typed and the table is not.
/// </summary>
internal sealed class Operation
{
    private readonly Func<ReadOnlySpan<byte>, IMessage> _parse;
    private readonly Func<IMessage, ProjectSelector?> _project;
    private readonly Func<RequestContext, IMessage, ValueTask<IMessage>> _run;

    private Operation(
        OperationCode code,
        string eventName,
        Permission permission,
        Effect effect,
        Func<ReadOnlySpan<byte>, IMessage> parse,
        Func<IMessage, ProjectSelector?> project,
        Func<RequestContext, IMessage, ValueTask<IMessage>> run)
    {
        Code = code;
        EventName = eventName;
        Permission = permission;
        Effect = effect;
        _parse = parse;
        _project = project;
        _run = run;
    }

    public OperationCode Code { get; }

    /// <summary>Its name in the audit record; a refusal is this with <c>.refused</c>.</summary>
    public string EventName { get; }

    public Permission Permission { get; }

    public Effect Effect { get; }

    public static Operation Of<TRequest, TResponse>(
        OperationCode code,
        string eventName,
        Permission permission,
        Effect effect,
        MessageParser<TRequest> parser,
        Func<RequestContext, TRequest, ValueTask<TResponse>> run,
        Func<TRequest, ProjectSelector?>? project = null)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        new(
            code,
            eventName,
            permission,
            effect,
            body => parser.ParseFrom(body),
            request => project?.Invoke((TRequest)request),
            async (context, request) => await run(context, (TRequest)request));

    /// <exception cref="InvalidProtocolBufferException">The bytes are no such request.</exception>
    public IMessage Parse(ReadOnlySpan<byte> body) => _parse(body);

    public ProjectSelector? ProjectOf(IMessage request) => _project(request);

    public ValueTask<IMessage> RunAsync(RequestContext context, IMessage request) => _run(context, request);
}
