using System.Text.RegularExpressions;

namespace CodeSign.Architecture.Tests;

/// <summary>Secrets are a type, and the type goes neither into a log nor into anything that prints itself.</summary>
[TestClass]
public sealed partial class SecretTests
{
    // Reviewed: fields of wire messages that sound like secrets. Those in frame.proto are the only ones that carry any.
    private static readonly string[] FieldsAllowed =
    [
        "frame.proto: secret",
        "frame.proto: ticket",
        "administration.proto: pin",   // none | any | required
    ];

    [TestMethod]
    public void No_log_method_takes_bytes()
    {
        foreach (string path in SourceTree.ProductSources)
        {
            foreach (Match method in LogMethod().Matches(SourceTree.Read(path)))
            {
                Assert.IsFalse(
                    Bytes().IsMatch(method.Groups["parameters"].Value),
                    $"{path}: a log method takes {method.Groups["parameters"].Value}. Log what the bytes are for, not the bytes.");
            }
        }
    }

    // Records print what they hold, logs print what they get: a secret in one of them prints as a word.
    [TestMethod]
    [DataRow("appliance/CodeSign.Appliance.Custody/SecretBytes.cs")]
    [DataRow("client-libs/CodeSign.Client/ClientSecret.cs")]
    public void Secrets_print_as_a_word(string path)
    {
        string source = SourceTree.Read(path);

        Assert.IsTrue(ConstantToString().IsMatch(source), $"{path}: ToString must return a constant.");
    }

    [TestMethod]
    public void No_wire_message_has_a_field_for_secrets()
    {
        foreach (string path in SourceTree.Files.Where(path => path.EndsWith(".proto", StringComparison.Ordinal)))
        {
            foreach (Match field in ProtoField().Matches(SourceTree.Read(path)))
            {
                string name = $"{Path.GetFileName(path)}: {field.Groups["name"].Value}";

                Assert.IsTrue(
                    !Sensitive().IsMatch(field.Groups["name"].Value) || FieldsAllowed.Contains(name, StringComparer.Ordinal),
                    $"{name}: secrets travel in the frame's secret fields alone.");
            }
        }
    }

    [GeneratedRegex(@"\[LoggerMessage[^\]]*\]\s*[^(;]*\((?<parameters>[^)]*)\)", RegexOptions.None, 1000)]
    private static partial Regex LogMethod();

    [GeneratedRegex(@"SecretBytes|\bbyte\b|RootKey|Pin\b|RequestFrame|FrameBuffer", RegexOptions.None, 1000)]
    private static partial Regex Bytes();

    [GeneratedRegex(@"override string ToString\(\) => ""[^{""]*"";", RegexOptions.None, 1000)]
    private static partial Regex ConstantToString();

    [GeneratedRegex(@"\b(?:bytes|string)\s+(?<name>\w+)\s*=\s*\d+", RegexOptions.None, 1000)]
    private static partial Regex ProtoField();

    [GeneratedRegex("(?:^|_)(?:pin|password|passphrase|secret|token_value|private_key|grant_value|ticket)$", RegexOptions.None, 1000)]
    private static partial Regex Sensitive();
}
