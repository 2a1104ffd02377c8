using System.CommandLine;
using System.Globalization;

namespace CodeSign.Cli.Commands;

/// <summary>Times as the command line writes them: 90d, 12h, 30m.</summary>
internal static class Lifetimes
{
    public static Option<string?> NewOption() => new("--lifetime")
    {
        Description = "How long the grant is good: 90d, 12h, 30m (default: the appliance's)",
        HelpName = "TIME",
    };

    public static long Seconds(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        long unit = text.Length == 0 ? 0 : text[^1] switch { 'd' => 86_400, 'h' => 3_600, 'm' => 60, _ => 0 };
        return unit > 0
            && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            && count is > 0 and < 1_000_000
            ? count * unit
            : throw CommandFault.Usage($"'{text}' is no time; write 90d, 12h or 30m.");
    }
}
