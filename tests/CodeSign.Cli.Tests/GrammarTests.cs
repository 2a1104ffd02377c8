using System.CommandLine;
using System.Text.RegularExpressions;
using CodeSign.Cli.Grammar;
using CodeSign.Cli.Setup;

namespace CodeSign.Cli.Tests;

[TestClass]
public sealed class GrammarTests : IDisposable
{
    private readonly Csctl _csctl = new();

    public void Dispose() => _csctl.Dispose();

    [TestMethod]
    [DataRow("a\u202Etxt.exe", "a\uFFFDtxt.exe")]
    [DataRow("a\u200B\u2066b\u2028c", "a\uFFFD\uFFFDb\uFFFDc")]
    [DataRow("a\u001B[31mb\nc", "a\uFFFD[31mb\nc")]
    [DataRow("Schlüssel 構築 😀", "Schlüssel 構築 😀")]
    public void Nothing_from_elsewhere_makes_the_terminal_show_something_else(string text, string shown) =>
        Assert.AreEqual(shown, CodeSign.Cli.Output.Printer.Printable(text));

    [TestMethod]
    public void Says_its_version()
    {
        _csctl.MustRun("--version");
        Assert.StartsWith("csctl 0.1.0", _csctl.Output, StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("frob")]
    [DataRow("sign")]
    [DataRow("environment create demo/x --algorithm rot13")]
    [DataRow("status --output xml")]
    [DataRow("project create")]
    public void A_wrong_command_line_is_a_usage_error(string line)
    {
        Assert.AreEqual(ExitCode.Usage, _csctl.Run(line.Split(' ')));
        Assert.Contains("--help", _csctl.Error, StringComparison.Ordinal);
        Assert.IsEmpty(_csctl.OutputBytes);
    }

    [TestMethod]
    public void A_wrong_choice_is_answered_with_the_right_ones_in_one_line()
    {
        _csctl.Run("environment", "create", "demo/x", "--algorithm", "rsa3000");
        Assert.Contains("Must be one of: 'rsa2048' 'rsa3072' 'rsa4096' 'p256'", _csctl.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\uFFFD", _csctl.Error, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Every_command_and_option_has_a_description()
    {
        using Terminal terminal = Nowhere();
        foreach ((string path, Command command) in CommandTree.Leaves(new CommandLine(terminal).Root))
        {
            Assert.IsFalse(string.IsNullOrEmpty(command.Description), path);
            foreach (Symbol symbol in command.Arguments.Cast<Symbol>().Concat(command.Options))
            {
                Assert.IsFalse(string.IsNullOrEmpty(symbol.Description), $"{path} {symbol.Name}");
            }

            foreach (Option option in CommandTree.OptionsOf(command))
            {
                Assert.IsTrue(option.ValueType == typeof(bool) || option.HelpName is not null, $"{path} {option.Name} says not what its value is.");
            }
        }
    }

    [TestMethod]
    public void No_option_takes_a_secret()
    {
        using Terminal terminal = Nowhere();
        foreach ((string path, Command command) in CommandTree.Leaves(new CommandLine(terminal).Root))
        {
            foreach (Option option in command.Options)
            {
                Assert.DoesNotContain(option.Name, (string[])["--password", "--pin-value", "--passphrase", "--grant", "--secret"], path);
            }
        }
    }

    [TestMethod]
    public void The_manual_page_is_what_the_commands_say()
    {
        _csctl.MustRun("manual");
        string file = Path.Combine(FindRepository(), "docs", "man", "csctl.1");
        Assert.AreEqual(
            File.Exists(file) ? File.ReadAllText(file) : "", _csctl.Output, "Write it anew: csctl manual > docs/man/csctl.1");
    }

    [TestMethod]
    public void Every_exit_code_is_documented() =>
        Assert.AreSequenceEqual(Enum.GetValues<ExitCode>(), ExitCodes.Documented.Select(row => row.Code).ToArray());

    [TestMethod]
    [DataRow("bash")]
    [DataRow("zsh")]
    [DataRow("fish")]
    public void Completion_is_there_for(string shell)
    {
        _csctl.MustRun("completion", shell);
        Assert.Contains("suggest", _csctl.Output, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Completion_knows_the_commands()
    {
        _csctl.MustRun("[suggest:12]", "csctl enviro");
        Assert.AreEqual("environment", _csctl.Output.Trim());
    }

    [TestMethod]
    public void No_token_s_name_breaks_out_of_a_recipe()
    {
        Ingredients ingredients = new("/m.so", "{CERTIFICATE}x'; touch pwned #$(touch pwned)\"", "key", "17", WantsPin: true);
        foreach (Recipe recipe in Recipe.All)
        {
            foreach (string line in recipe.Fill(ingredients).Split('\n').Where(line => !line.TrimStart().StartsWith('#')))
            {
                if (line.Contains("getTokenInfo", StringComparison.Ordinal))
                {
                    Assert.Contains("== \"{CERTIFICATE}x'; touch pwned #$(touch pwned)\\\"\"", line, StringComparison.Ordinal);  // Python's own escape
                    continue;
                }

                Assert.DoesNotContain("x'; touch", line, StringComparison.Ordinal);
                string outside = Regex.Replace(
                    line.Replace("\\'", "", StringComparison.Ordinal), "'[^']*'", "", RegexOptions.NonBacktracking);
                Assert.IsFalse(outside.Contains("touch pwned", StringComparison.Ordinal), line);
            }
        }
    }

    [TestMethod]
    public void Every_recipe_is_filled_whole()
    {
        Ingredients ingredients = new("/m.so", "my token", "key;1", "17", WantsPin: true);
        foreach (Recipe recipe in Recipe.All)
        {
            string text = recipe.Fill(ingredients);
            foreach (string placeholder in (string[])["{MODULE", "{TOKEN", "{KEY", "{SLOT", "{URI", "{PLAIN", "{OBJECT", "{CERT", "{PIN"])
            {
                Assert.DoesNotContain(placeholder, text, StringComparison.Ordinal);
            }
        }
    }

    [TestMethod]
    [DataRow("openssl")]
    [DataRow("osslsigncode")]
    [DataRow("jarsigner")]
    [DataRow("apksigner")]
    [DataRow("ssh")]
    [DataRow("p11-kit")]
    [DataRow("nss")]
    [DataRow("pdfsig")]
    [DataRow("sbsign")]
    [DataRow("mkimage")]
    [DataRow("rauc")]
    [DataRow("evmctl")]
    [DataRow("pesign")]
    [DataRow("strongswan")]
    [DataRow("gnupg-pkcs11-scd")]
    [DataRow("openvpn")]
    [DataRow("nginx")]
    [DataRow("apache")]
    [DataRow("stunnel")]
    [DataRow("curl")]
    [DataRow("pkcs11-tool")]
    [DataRow("p11tool")]
    [DataRow("pykcs11")]
    [DataRow("kernel")]
    public void Setup_prints_a_recipe_without_an_appliance(string tool)
    {
        _csctl.MustRun("setup", tool, "--environment", "demo/rsa2048", "--module", "/opt/m.so");
        Assert.Contains("/opt/m.so", _csctl.Output, StringComparison.Ordinal);
        Assert.Contains("rsa2048", _csctl.Output, StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("plain-._~", "plain-._~")]
    [DataRow("a b;c%d/e?f|g\"h", "a%20b%3Bc%25d%2Fe%3Ff%7Cg%22h")]
    [DataRow("ä", "%C3%A4")]
    [DataRow("a=b&c,d", "a%3Db%26c%2Cd")]
    public void URIs_are_escaped_as_RFC_7512_says(string label, string escaped) => Assert.AreEqual(escaped, PkcsUri.Escape(label));

    [TestMethod]
    public void A_URI_has_token_id_object_and_type() =>
        Assert.AreEqual("pkcs11:token=demo;id=%01%FF;object=rsa2048;type=cert", PkcsUri.OfObject("demo", "rsa2048", [1, 255], "cert"));

    private static Terminal Nowhere() => new(Stream.Null, TextWriter.Null, Stream.Null, _ => null, null);

    private static string FindRepository()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "CodeSign.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
