using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Hosting;

namespace CodeSign.Appliance.Commands;

/// <summary>A password or passphrase that is being chosen: out of a file, or typed twice.</summary>
internal static class NewPassword
{
    /// <summary>Characters of the shortest passphrase a seal is made with: whoever has a backup tries as many as he likes.</summary>
    public const int PassphraseCharactersMin = 12;

    /// <exception cref="ConfigurationException">Too short, or as <see cref="Get"/>.</exception>
    public static SecretBytes GetPassphrase(string? file)
    {
        SecretBytes passphrase = Get(
            file, $"New passphrase of the appliance (at least {PassphraseCharactersMin} characters)", "--passphrase-file");
        int characters = 0;
        foreach (byte octet in passphrase.Span)
        {
            // Every one but the continuation bytes begins a character (RFC 3629 section 3).
            characters += (octet & 0xc0) == 0x80 ? 0 : 1;
        }

        if (characters >= PassphraseCharactersMin)
        {
            return passphrase;
        }

        passphrase.Dispose();
        throw new ConfigurationException(
            $"A passphrase has at least {PassphraseCharactersMin} characters: take several words, or --seal keyfile.");
    }

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
