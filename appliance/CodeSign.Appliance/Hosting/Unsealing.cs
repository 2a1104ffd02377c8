using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Store;

namespace CodeSign.Appliance.Hosting;

/// <summary>Finds what opens the seal: the command line first, then the configuration, then a service credential, then a person.</summary>
/// <param name="PassphraseFile">From the command line, or null.</param>
/// <param name="KeyFile">From the command line, or null.</param>
internal sealed record Unsealing(string? PassphraseFile, string? KeyFile)
{
    /// <summary>Names of the credentials in the service unit (LoadCredential=).</summary>
    public const string PassphraseCredential = "codesign.passphrase";
    public const string KeyCredential = "codesign.key";

    /// <exception cref="SealException">Not what the seal was made with.</exception>
    /// <exception cref="ConfigurationException">Nothing there to try.</exception>
    public RootKey Unseal(ApplianceOptions options)
    {
        byte[] protectedKey = ApplianceStore.ReadSeal(options.Database);
        if (string.Equals(SealKind.Of(protectedKey), SealKind.Passphrase, StringComparison.Ordinal))
        {
            using SecretBytes passphrase = Passphrase(options);
            return new PassphraseSeal(passphrase).Unprotect(protectedKey);
        }

        using KeyFileSeal seal = KeyFileSeal.Read(KeyFile
            ?? options.KeyFile
            ?? ProcessEnvironment.CredentialFile(KeyCredential)
            ?? throw new ConfigurationException(
                $"The appliance is sealed by a key file: give it with --key-file, key_file = … or the credential {KeyCredential}."));
        return seal.Unprotect(protectedKey);
    }

    private SecretBytes Passphrase(ApplianceOptions options)
    {
        string? file = PassphraseFile ?? options.PassphraseFile ?? ProcessEnvironment.CredentialFile(PassphraseCredential);
        return file is not null
            ? SecretFile.Read(file)
            : SecretFile.Ask(
                "Passphrase of the appliance",
                $"give it with --passphrase-file, passphrase_file = … or the credential {PassphraseCredential}.");
    }
}
