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

        if (IsDevice(path))
        {
            using FileStream device = new(path, FileMode.Open, FileAccess.Write);
            Copy(invocation, device);
            return;
        }

        // What is there stays until the new export is whole.
        string fresh = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using (FileStream file = new(fresh, FileMode.CreateNew))
            {
                Copy(invocation, file);
            }

            if (File.Exists(path))
            {
                File.SetUnixFileMode(fresh, File.GetUnixFileMode(path));
            }

            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CommandFault.File($"{path} can't be written ({fault.Message.TrimEnd('.')}).", fault);
        }
        finally
        {
            if (File.Exists(fresh))
            {
                File.Delete(fresh);
            }
        }
    }

    // Devices, pipes and what links to them: written into, not replaced.
    private static bool IsDevice(string path) =>
        File.Exists(path) && (new FileInfo(path).LinkTarget is not null || Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal)
            || Path.GetFullPath(path).StartsWith("/proc/", StringComparison.Ordinal));

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
