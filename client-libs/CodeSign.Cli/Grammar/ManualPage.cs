using System.CommandLine;
using System.Globalization;
using System.Text;

namespace CodeSign.Cli.Grammar;

/// <summary>csctl(1), written from the command tree: the manual can't say anything else than the program.</summary>
internal static class ManualPage
{
    private static readonly (string Name, string Meaning)[] Settings =
    [
        ("server", "Where the appliance is: HOST or HOST:PORT (7443 by default); several, separated by commas, are tried in order."),
        ("ca", "The CA's certificate, PEM. Relative paths are relative to the configuration file."),
        ("grant_file", "The grant that 'csctl login' wrote."),
        ("certificate, key", "A client certificate with its chain, and its private key (PKCS#8), PEM."),
        ("project", "Show only this project, as slot 0."),
        ("edwards_point", "der or raw: how the module gives out CKA_EC_POINT of Edwards and Montgomery keys."),
        ("older_keys", "hide or show: older keys of environments, labelled NAME.N."),
        ("hide_key_types", "Key types the module hides, for instance EC_EDWARDS (default: what would break the program it is loaded in)."),
        ("connect_timeout_ms, answer_timeout_ms", "How long to wait: 3000 and 30000; no call takes longer than both together."),
        ("label.NAME", "Said of each signature, for instance label.build = https://ci.example/17."),
    ];

    private static readonly (string Name, string Meaning)[] Variables =
    [
        ("CODESIGN_CONFIG", "The configuration file."),
        ("CODESIGN_INSTANCE", "A name: the user's configuration is ~/.config/codesign/NAME/client.conf then."),
        ("CODESIGN_GRANT, CODESIGN_GRANT_FILE", "The grant itself, or its file."),
        ("CODESIGN_LABELS", "NAME=VALUE, several separated by commas."),
        ("CODESIGN_JUSTIFICATION", "Why these signatures are made."),
        ("CODESIGN_TRACE", "Anything: csctl tells on standard error what it does. (The module: 1, stderr, or a file.)"),
        ("NO_COLOR", "Anything: no colours."),
    ];

    public static string Write(RootCommand root)
    {
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $".TH CSCTL 1 \"\" \"CodeSign {Invocation.Version}\" \"CodeSign\"\n");
        page.Append(".SH NAME\ncsctl \\- administer a CodeSign appliance and sign with its keys\n");
        page.Append(".SH SYNOPSIS\n.B csctl\n[\\fIoptions\\fR] \\fIcommand\\fR ...\n");
        page.Append(".SH DESCRIPTION\n").Append(Escape(
            "csctl talks codesign/1 to a CodeSign appliance. Passwords and PINs are asked for, or read from a file; they are never taken "
            + "from the command line. Results go to standard output, everything else to standard error.\n"));
        page.Append(".SH OPTIONS\n");
        foreach (Option option in root.Options.Where(option => !option.Hidden))
        {
            WriteOption(page, option);
        }

        page.Append(".SH COMMANDS\n");
        foreach ((string path, Command command) in CommandTree.Leaves(root))
        {
            WriteCommand(page, path, command);
        }

        WriteTable(page, "EXIT STATUS", ExitCodes.Documented.Select(row => (((int)row.Code).ToString(CultureInfo.InvariantCulture), row.Meaning)));
        WriteTable(page, "CONFIGURATION", Settings);
        WriteTable(page, "ENVIRONMENT", Variables);
        WriteTable(
            page,
            "FILES",
            [("~/.config/codesign/client.conf", "The user's configuration."), ("/etc/codesign/client.conf", "The machine's configuration.")]);
        return page.ToString();
    }

    private static void WriteCommand(StringBuilder page, string path, Command command)
    {
        page.Append(".SS \"").Append(Escape(path));
        foreach (Argument argument in command.Arguments)
        {
            page.Append(Escape(argument.Arity.MinimumNumberOfValues == 0 ? $" [{argument.Name}]" : $" {argument.Name}"));
        }

        page.Append("\"\n").Append(Escape(command.Description + ".")).Append('\n');
        foreach (Argument argument in command.Arguments)
        {
            page.Append(".TP\n.I ").Append(Escape(argument.Name)).Append('\n').Append(Escape(argument.Description + ".")).Append('\n');
        }

        foreach (Option option in CommandTree.OptionsOf(command))
        {
            WriteOption(page, option);
        }
    }

    private static void WriteOption(StringBuilder page, Option option) => page
        .Append(".TP\n.B ").Append(Escape(CommandTree.Syntax(option))).Append('\n')
        .Append(Escape(option.Description + (option.Required ? " (required)." : "."))).Append('\n');

    private static void WriteTable(StringBuilder page, string title, IEnumerable<(string Name, string Meaning)> rows)
    {
        page.Append(".SH ").Append(title).Append('\n');
        foreach ((string name, string meaning) in rows)
        {
            page.Append(".TP\n.B ").Append(Escape(name)).Append('\n').Append(Escape(meaning)).Append('\n');
        }
    }

    // groff_man(7): a hyphen that is typed is \-, a line must not begin with a dot or an apostrophe.
    private static string Escape(string text)
    {
        string escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("\"", "\\(dq", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
