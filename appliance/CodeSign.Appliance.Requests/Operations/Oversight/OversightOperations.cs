using System.Globalization;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Appliance.Requests.Operations.Oversight;

/// <summary>What auditors and operators ask: the record, the state, a check, a backup.</summary>
internal sealed class OversightOperations(ApplianceStore store, Backends backends, RequestCounters counters, ApplianceFacts facts)
{
    private int _checking;

    /// <summary>Leaves in one answer.</summary>
    public const uint LeavesMax = 1_000;

    private const int PageBytesMax = ProtocolLimits.FrameBytesMax / 2;

    public ValueTask<ExportAuditResponse> ExportAsync(RequestContext context, ExportAuditRequest request)
    {
        _ = context;
        AuditHead head = store.Head;
        ExportAuditResponse response = new() { Size = head.Size, Root = ByteString.CopyFrom(head.Root.Span) };
        uint max = request.LeavesMax == 0 ? LeavesMax : Math.Min(request.LeavesMax, LeavesMax);
        response.Leaves.AddRange(store.ReadLeaves(request.FromSeq, (int)max, PageBytesMax).Select(leaf => UnsafeByteOperations.UnsafeWrap(leaf)));
        return new(response);
    }

    public ValueTask<StatusResponse> StatusAsync(RequestContext context, StatusRequest request)
    {
        _ = request;
        AuditHead head = store.Head;
        StatusResponse response = new()
        {
            Version = facts.Version,
            StartedUnixMs = facts.Started.ToUnixTimeMilliseconds(),
            Seal = facts.Seal,
            AuditSize = head.Size,
            AuditRoot = ByteString.CopyFrom(head.Root.Span),
            TlsNotAfter = facts.TlsNotAfter().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            Requests = (ulong)counters.Requests,
            Signatures = (ulong)counters.Signatures,
            Connections = (uint)facts.Connections(),
            Pid = (uint)System.Environment.ProcessId,
        };
        response.Warnings.AddRange(facts.Warnings(context.Now));
        foreach (IKeyBackend backend in backends.All.Where(backend => backend is PassThroughBackend))
        {
            BackendHealth health = backend.Health;
            response.Hsms.Add(new HsmStatus
            {
                Name = backend.Name,
                Available = health.Available,
                Detail = health.Detail,
                Queued = (uint)Math.Max(0, health.Queued),
            });
        }

        return new(response);
    }

    public async ValueTask<CheckResponse> CheckAsync(RequestContext context, CheckRequest request)
    {
        _ = request;
        if (Interlocked.Exchange(ref _checking, 1) != 0)
        {
            throw new FaultException(CKR.CKR_FUNCTION_FAILED, "check.busy", "The appliance is being checked already; wait for that one to end.");
        }

        try
        {
            return await CheckAloneAsync(context);
        }
        finally
        {
            Volatile.Write(ref _checking, 0);
        }
    }

    private async ValueTask<CheckResponse> CheckAloneAsync(RequestContext context)
    {
        // Minutes of work on a long log: not on a thread that answers requests.
        CheckReport report = await Task.Factory.StartNew(
            () => store.Check(progress: null, context.Cancel), context.Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        CheckResponse response = new() { Ok = report.Ok, Leaves = report.Leaves, Rows = report.Rows };
        response.Findings.AddRange(report.Findings);
        return response;
    }

    public async ValueTask<BackupResponse> BackupAsync(RequestContext context, BackupRequest request)
    {
        if (!Path.IsPathFullyQualified(request.Path))
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "backup.path", "Give the full path of the backup.");
        }

        await context.RecordIntentAsync(context.Event() with { Detail = request.Path });
        long bytes = await Task.Factory.StartNew(
            () => store.Backup(request.Path), context.Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await context.RecordAsync(context.Event() with { Detail = request.Path });
        return new BackupResponse { Bytes = (ulong)bytes };
    }
}
