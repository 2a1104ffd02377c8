using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Hosting;

namespace CodeSign.Appliance.Commands;

/// <summary>A password or passphrase that is being chosen: out of a file, or typed twice.</summary>
internal static class NewPassword
{
    /// <exception cref="ConfigurationException">The two differ, or nobody is there to be asked.</exception>
    public static SecretBytes Get(string? file, string what, string option)
    {
        if (file is not null)
        {
            return SecretFile.Read(file);
        }

        SecretBytes first = SecretFile.Ask(what, $"give it with {option}.");
        using SecretBytes second = SecretFile.Ask($"{what}, again", "");
        if (first.FixedTimeEquals(second.Span) && first.Length > 0)
        {
            return first;
        }

        first.Dispose();
        throw new ConfigurationException("The two differ, or nothing was typed.");
    }
}
