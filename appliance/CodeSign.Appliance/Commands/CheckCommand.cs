using System.CommandLine;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Tls;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Commands;

/// <summary><c>codesignd check</c>: configuration, files, every row and the whole audit record.</summary>
internal static class CheckCommand
{
    private const UnixFileMode OthersMode = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static Command Create()
    {
        CommonOptions common = new();
        Command command = new("check", "Verify configuration, files, every row of the database and the whole audit record.");
        common.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            List<string> findings = [.. Configuration(common.Load(parsed))];
            CheckResponse stored = await common.CallAsync(
                parsed, OperationCode.Check, new CheckRequest(), CheckResponse.Parser, null, cancel);
            findings.AddRange(stored.Findings);
            foreach (string finding in findings)
            {
                await Console.Error.WriteAsync($"codesignd: {finding}\n");
            }

            await Console.Out.WriteAsync(findings.Count == 0
                ? $"All is well: {stored.Rows} rows and {stored.Leaves} leaves of the audit record verified.\n"
                : $"{findings.Count} findings; {stored.Rows} rows and {stored.Leaves} leaves of the audit record read.\n");
            return findings.Count == 0 ? ExitCode.Done : ExitCode.Refused;
        });
        return command;
    }

    /// <summary>One sentence for each thing outside the database that is wrong.</summary>
    private static IEnumerable<string> Configuration(ApplianceOptions options)
    {
        string[] secret = [options.Folder, options.Database, .. Directory.GetFiles(options.Folder)];
        foreach (string path in secret.Distinct(StringComparer.Ordinal))
        {
            if ((File.GetUnixFileMode(path) & OthersMode) != UnixFileMode.None)
            {
                yield return $"Others than its owner may use {path}: chmod go= it.";
            }
        }

        foreach (HsmSection hsm in options.Hsms.Where(hsm => !File.Exists(hsm.Library)))
        {
            yield return $"There is no library {hsm.Library} for [hsm {hsm.Name}].";
        }

        if (options.CertificateFile is not null)
        {
            foreach (string problem in Given(options))
            {
                yield return problem;
            }
        }
    }

    private static List<string> Given(ApplianceOptions options)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        GivenCertificate source = new(options.CertificateFile!, options.CertificateKeyFile!);
        try
        {
            TlsCertificate certificate = source.Load(now);
            using (certificate.Leaf)
            {
                return [.. source.Warnings(certificate, now)];
            }
        }
        catch (ConfigurationException e)
        {
            return [e.Message];
        }
    }
}
