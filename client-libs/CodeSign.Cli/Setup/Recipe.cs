using System.Text.RegularExpressions;

namespace CodeSign.Cli.Setup;

/// <summary>The working configuration of one tool, tried with the version of Debian 12.</summary>
/// <param name="Tool">Its name on the command line.</param>
/// <param name="Text">What to do, with {PLACEHOLDERS} of <see cref="Ingredients"/>.</param>
internal sealed partial record Recipe(string Tool, string Text)
{
    public static IReadOnlyList<Recipe> All { get; } = [.. FileRecipes.All, .. FirmwareRecipes.All, .. KeyRecipes.All, .. ServerRecipes.All];

    public string Fill(Ingredients with)
    {
        with = with with { Token = Output.Printer.Line(with.Token) };
        string pin = with.WantsPin ? ";pin-source=file:/PATH/TO/PIN-FILE" : "";
        string uri = $"pkcs11:token={PkcsUri.Escape(with.Token)};object={PkcsUri.Escape(with.Key)}";
        string head = $"# {Tool} with the key {with.Key} of token {with.Token}.\n"
            + $"# Before: csctl trust add, csctl login; then 'csctl doctor' finds nothing wrong.\n"
            + (with.WantsPin
                ? "# PIN-FILE has the PIN and nothing behind it, readable for you only: printf %s \"$PIN\" > PIN-FILE. A newline makes pin-source=file: a wrong PIN.\n"
                : "# This token wants no PIN: leave PIN options out. For a tool that insists on one: csctl project set "
                    + $"'{Quoted(with.Token)}' --pin any\n");
        Dictionary<string, string> values = new(StringComparer.Ordinal)
        {
            ["MODULE"] = with.Module,
            ["TOKEN-LITERAL"] = Literal(with.Token),
            ["TOKEN"] = Quoted(with.Token),
            ["TOKEN-URI"] = $"pkcs11:token={PkcsUri.Escape(with.Token)}",
            ["TOKEN-PART"] = $"token={PkcsUri.Escape(with.Token)}",
            ["KEY"] = with.Key,
            ["SLOT"] = with.Slot,
            ["URI"] = uri + ";type=private" + pin,
            ["PLAIN-URI"] = uri + ";type=private",
            ["OBJECT-URI"] = uri,
            ["CERT-URI"] = uri + ";type=cert",
            ["CERTIFICATE"] = $"csctl certificate show '{Quoted(with.Token)}/{with.Key}' --out {with.Key}.crt",
            ["PIN"] = "$(cat PIN-FILE)",
        };

        // In one pass: what a value has in it, a token's name with braces say, is never looked at again.
        return head + Placeholder().Replace(Text, found => values.GetValueOrDefault(found.Groups["name"].Value, found.Value));
    }

    [GeneratedRegex(@"\{(?<name>[A-Z-]+)\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();

    /// <summary>Between the apostrophes of a shell: a token's label is its owner's choice, and what is printed here is pasted by others.</summary>
    private static string Quoted(string text) => text.Replace("'", "'\\''", StringComparison.Ordinal);

    private static string Literal(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}

/// <summary>What a recipe is filled with.</summary>
/// <param name="Module">Path of the PKCS#11 module.</param>
/// <param name="Token">Its label.</param>
/// <param name="Key">The label of key and certificate.</param>
/// <param name="Slot">CK_SLOT_ID, in decimal.</param>
/// <param name="WantsPin">CKF_LOGIN_REQUIRED.</param>
internal sealed record Ingredients(string Module, string Token, string Key, string Slot, bool WantsPin);
