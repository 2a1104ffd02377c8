using System.CommandLine;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Cli.Commands;

/// <summary>The audit record, as it is stored: one JSON line per leaf, byte for byte.</summary>
internal static class AuditCommands
{
    /// <summary>Leaves in one page: far below a frame for usual leaves; the appliance gives fewer where they are large.</summary>
    private const uint LeavesPerPage = 1000;

    private static readonly Option<ulong> From = new("--from") { Description = "The first record's number (seq)", HelpName = "N" };

    private static readonly Option<string?> Out = new("--out") { Description = "Where to write (default: standard output)", HelpName = "FILE" };

    public static Command Build(CommandLine line) => CommandLine.Group(
        "audit",
        "The audit record",
        line.Define("export", "Writes the records as JSON lines, byte for byte as they are stored", Export, From, Out));

    private static void Export(Invocation invocation)
    {
        string? path = invocation.Get(Out);
        if (path is null or "-")
        {
            Copy(invocation, invocation.Terminal.OutputStream);
            return;
        }

        try
        {
            if (File.Exists(path) && !WholeFile.IsReplaceable(path))
            {
                using FileStream device = new(path, FileMode.Truncate, FileAccess.Write);
                Copy(invocation, device);
            }
            else
            {
                WholeFile.Write(path, mode: null, file => Copy(invocation, file));
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CommandFault.File($"{path} can't be written ({fault.Message.TrimEnd('.')}).", fault);
        }
    }

    private static void Copy(Invocation invocation, Stream output)
    {
        ExportAuditRequest request = new() { FromSeq = invocation.Get(From), LeavesMax = LeavesPerPage };
        ExportAuditResponse page;
        do
        {
            page = invocation.Ask(OperationCode.ExportAudit, request, ExportAuditResponse.Parser);
            using MemoryStream lines = new();
            foreach (ByteString leaf in page.Leaves)
            {
                lines.Write(leaf.Span);
                lines.WriteByte((byte)'\n');
            }

            output.Write(lines.GetBuffer().AsSpan(0, (int)lines.Length));
            request.FromSeq += (ulong)page.Leaves.Count;
        }
        while (page.Leaves.Count > 0 && request.FromSeq < page.Size);
        output.Flush();
    }
}
