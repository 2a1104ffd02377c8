using System.CommandLine;

namespace CodeSign.Cli;

/// <summary>Options every command has.</summary>
internal static class GlobalOptions
{
    public const string Json = "json";

    public static Option<string?> Config { get; } = new("--config")
    {
        Description = "The configuration file (default: $CODESIGN_CONFIG, ~/.config/codesign/client.conf, /etc/codesign/client.conf)",
        HelpName = "FILE",
        Recursive = true,
    };

    public static Option<string> Output { get; } = new Option<string>("--output", "-o")
    {
        Description = "How results are printed",
        HelpName = "table|json",
        Recursive = true,
        DefaultValueFactory = _ => "table",
    }.AcceptOnlyFromAmong("table", Json);

    public static Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "Print names and ids only, and no sentences",
        Recursive = true,
    };
}
