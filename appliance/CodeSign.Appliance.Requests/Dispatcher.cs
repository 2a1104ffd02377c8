using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance.Requests;

/// <summary>
/// The only way in, for every door. One order of gates: the operation's row, the greeting, the caller's right, the handler, the
/// record, the answer. Knows no single operation.
/// </summary>
public sealed partial class Dispatcher
{
    private readonly OperationTable _table;
    private readonly ApplianceStore _store;
    private readonly TimeProvider _time;
    private readonly RequestCounters _counters;
    private readonly ILogger _log;

    internal Dispatcher(OperationTable table, ApplianceStore store, TimeProvider time, RequestCounters counters, ILogger log)
    {
        _table = table;
        _store = store;
        _time = time;
        _counters = counters;
        _log = log;
    }

    /// <summary>Answers one request. The caller disposes both frames.</summary>
    /// <exception cref="ProtocolViolationException">The peer is broken: close its connection.</exception>
    [SuppressMessage("Design", "CA1031", Justification = "Our own fault is answered in general words; the detail goes to the log.")]
    public async ValueTask<ResponseFrame> DispatchAsync(Session session, RequestFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(frame);
        _counters.CountRequest();
        if (!session.Greeted && frame.Operation != OperationCode.Hello && session.Caller?.Credential != CredentialKind.Local)
        {
            throw new ProtocolViolationException("The first request must be hello.");
        }

        Operation? operation = _table.Find(frame.Operation);
        if (operation is null)
        {
            return Failure(frame, CKR.CKR_FUNCTION_NOT_SUPPORTED, "operation.unknown", "This appliance is older than the client: it does not know the operation.");
        }

        if (session.Caller is null && operation.Permission != Permission.Anyone)
        {
            // Not even parsed: whoever is nobody yet costs no memory.
            _store.CountAnonymousFailure(System.Net.IPAddress.Parse(session.Remote), "identity.missing");
            return Failure(
                frame,
                CKR.CKR_USER_NOT_LOGGED_IN,
                "identity.missing",
                "Nobody is authenticated on this connection; run 'csctl login', or configure a client certificate.");
        }

        RequestContext context = new(_store, session, operation, frame, _time.GetUtcNow(), cancel);
        try
        {
            IMessage request = Parse(operation, frame);
            context.NamedProject = FindProject(context.Snapshot, operation.ProjectOf(request));
            Admission admission = Admission.Decide(context, context.Snapshot, context.NamedProject?.Id);
            if (!admission.IsAllowed)
            {
                throw admission.ToFault();
            }

            IMessage response = await operation.RunAsync(context, request);
            return Succeed(context, response);
        }
        catch (FaultException fault)
        {
            return await RefuseAsync(context, fault);
        }
        catch (Exception fault) when (fault is not ProtocolViolationException and not OperationCanceledException)
        {
            string correlation = NewCorrelation();
            LogInternal(_log, operation.Code, correlation, fault);
            return Internal(frame, correlation);
        }
        finally
        {
            context.ReplySecret?.Dispose();
        }
    }

    private static IMessage Parse(Operation operation, RequestFrame frame)
    {
        try
        {
            return operation.Parse(frame.Body.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new ProtocolViolationException($"The body is no {operation.Code} request.");
        }
    }

    private static Project? FindProject(Snapshot snapshot, ProjectSelector? selector) => selector switch
    {
        { Id: { } id } => snapshot.Projects.GetValueOrDefault(id),
        { Name: { } name } => snapshot.FindProject(name),
        _ => null,
    };

    private static ResponseFrame Succeed(RequestContext context, IMessage response)
    {
        if (context.Operation.Effect == Effect.Records && !context.Recorded)
        {
            throw new InvalidOperationException($"{context.Operation.Code} would answer without a record.");
        }

        return ResponseFrame.Success(context.Frame.Correlation, response, context.ReplySecret is { } secret ? secret.Span : default);
    }

    private async ValueTask<ResponseFrame> RefuseAsync(RequestContext context, FaultException fault)
    {
        if (context.KnownCaller is null)
        {
            // Not one record per knock: they are summed by address and minute, so that nobody fills the disk.
            _store.CountAnonymousFailure(System.Net.IPAddress.Parse(context.Session.Remote), fault.Reason);
        }
        else if (!context.Recorded)
        {
            AuditEvent refused = (context.RefusedUse ?? context.Event()) with
            {
                Event = context.Operation.EventName + ".refused",
                Outcome = "refused",
                Reason = fault.Reason,
            };
            try
            {
                await context.RecordAsync(refused);
            }
            catch (FaultException unrecorded)
            {
                // The refusal stands without its record; the user hears the nearer cause.
                fault = unrecorded;
            }
        }

        LogRefused(_log, context.Operation.Code, context.Session.Caller?.Name ?? "", context.Session.Remote, fault.Reason);
        return Failure(context.Frame, fault.Status, fault.Reason, fault.Message);
    }

    private static ResponseFrame Failure(RequestFrame frame, CKR status, string reason, string sentence) =>
        ResponseFrame.Failure(frame.Correlation, new WireStatus(status, reason, sentence, ""));

    private static ResponseFrame Internal(RequestFrame frame, string correlation) => ResponseFrame.Failure(
        frame.Correlation,
        new WireStatus(
            CKR.CKR_GENERAL_ERROR,
            "internal",
            $"The appliance failed; its log tells why under {correlation}.",
            correlation));

    private static string NewCorrelation() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    [LoggerMessage(EventId = 100, Level = LogLevel.Error, Message = "{Operation} failed ({Correlation})")]
    private static partial void LogInternal(ILogger log, OperationCode operation, string correlation, Exception fault);

    [LoggerMessage(EventId = 101, Level = LogLevel.Information, Message = "{Operation} of {Caller} at {Remote} refused: {Reason}")]
    private static partial void LogRefused(ILogger log, OperationCode operation, string caller, string remote, string reason);
}
