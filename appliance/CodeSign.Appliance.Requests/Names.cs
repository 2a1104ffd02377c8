using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using CodeSign.Cryptoki;
using CodeSign.Wire;

namespace CodeSign.Appliance.Requests;

/// <summary>Rules for names, and new ids.</summary>
internal static class Names
{
    private static readonly SearchValues<char> UserCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-@");
    private static readonly SearchValues<char> EnvironmentCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>A random id: this many bytes as lower-case hex.</summary>
    public static string NewId(int bytes = 16) => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(bytes));

    public static void RequireUser(string name)
    {
        Require(name, UserCharacters, "A user's name", "a-z 0-9 . _ - @");
        if (string.Equals(name, Caller.Local.Name, StringComparison.Ordinal))
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "name.reserved", "'local' stands in the record for whoever sits at the server itself.");
        }
    }

    public static void RequireEnvironment(string name)
    {
        Require(name, EnvironmentCharacters, "An environment's name", "A-Z a-z 0-9 . _ -");
        if (string.Equals(name, Governance.SigningEnvironment.BuiltInName, StringComparison.Ordinal))
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "name.reserved", "'default' is the environment of the keys that applications make; take another name.");
        }
    }

    /// <summary>A project's name becomes the token's label: 1 to 32 bytes of UTF-8, no hidden characters, no blank at the ends.</summary>
    public static void RequireProject(string name)
    {
        int bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes is < 1 or > ProtocolLimits.ProjectNameBytesMax
            || HiddenCharacters.AreIn(name)
            || name.Contains('\uFFFD', StringComparison.Ordinal)
            || !string.Equals(name.Trim(), name, StringComparison.Ordinal))
        {
            throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD,
                "project.name",
                $"A project's name has 1 to {ProtocolLimits.ProjectNameBytesMax} bytes of UTF-8 without control or invisible characters and without blanks at its ends.");
        }
    }

    public static void RequireDescription(string text)
    {
        if (text.Length > 1024)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "description.length", "A description has at most 1024 characters.");
        }

        if (HiddenCharacters.AreIn(text))
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "description.characters", "A description has no control or invisible characters.");
        }
    }

    private static void Require(string name, SearchValues<char> allowed, string what, string characters)
    {
        if (name.Length is < 1 or > ProtocolLimits.NameBytesMax || name.AsSpan().ContainsAnyExcept(allowed))
        {
            throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD, "name.characters", $"{what} has 1 to {ProtocolLimits.NameBytesMax} of these characters: {characters}");
        }
    }
}
