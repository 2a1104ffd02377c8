using System.Globalization;
using CodeSign.Appliance.Configuration;
using Serilog;
using Serilog.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace CodeSign.Appliance.Hosting;

/// <summary>
/// The operational log: structured, to the console (for systemd's journal or a container's) and to a file a day in the data folder.
/// What happened to keys and rights stands in the audit record, not here.
/// </summary>
internal static class ApplianceLog
{
    private const long FileBytesMax = 64L * 1024 * 1024;
    private const int FilesMax = 31;

    // Each sink has a thread of its own, and drops what it can't keep up with: a reader of the console that sleeps, or a disk that hangs,
    // must not hold up those who answer requests.
    private const int WaitingMax = 10_000;

    public static Logger Open(ApplianceOptions options)
    {
        Directory.CreateDirectory(options.LogFolder);
        LoggerConfiguration log = new LoggerConfiguration()
            .MinimumLevel.Is(options.LogLevel)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            // Its one line is the stack of what it throws, which is told in a sentence.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting", LogEventLevel.Fatal)
            .Enrich.FromLogContext()
            .WriteTo.Async(file => file.File(
                new CompactJsonFormatter(),
                Path.Combine(options.LogFolder, "codesignd-.log"),
                fileSizeLimitBytes: FileBytesMax,
                rollOnFileSizeLimit: true,
                rollingInterval: RollingInterval.Day,
                retainedFileCountLimit: FilesMax,
                buffered: false), WaitingMax)
            .WriteTo.Async(console => WriteToConsole(console, options.ConsoleJson), WaitingMax);
        return log.CreateLogger();
    }

    private static void WriteToConsole(LoggerSinkConfiguration console, bool json)
    {
        if (json)
        {
            console.Console(new CompactJsonFormatter());
        }
        else
        {
            console.Console(
                outputTemplate: "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffK} {Level:u3} {Message:lj}{NewLine}{Exception}",
                formatProvider: CultureInfo.InvariantCulture);
        }
    }
}
