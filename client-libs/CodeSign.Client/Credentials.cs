using CodeSign.Client.Tls;
using CodeSign.Wire.V1;

namespace CodeSign.Client;

/// <summary>Whom a client trusts and who it is, parsed once from the files' contents.</summary>
internal sealed class Credentials
{
    private Credentials(ServerTrust trust, ClientIdentity? identity)
    {
        Trust = trust;
        Identity = identity;
    }

    public ServerTrust Trust { get; }

    public ClientIdentity? Identity { get; }

    /// <summary>What hello says, and its secret.</summary>
    public CredentialKind Kind { get; private init; }

    public string UserName { get; private init; } = "";

    public ClientSecret? Secret { get; private init; }

    /// <exception cref="ApplianceException">client.configuration.</exception>
    public static Credentials From(ClientSettings settings, PasswordCredential? password, TimeProvider time)
    {
        ServerTrust trust;
        try
        {
            trust = ServerTrust.Read(settings.CaPem.Span, time);
        }
        catch (FormatException fault)
        {
            throw Fault.Configuration(
                $"The CA file {settings.CaFile} can't be used: {fault.Message}; run 'csctl trust add' again.", fault);
        }

        ClientIdentity? identity = null;
        if (settings.KeyPem is not null)
        {
            try
            {
                identity = ClientIdentity.Read(settings.CertificatePem.Span, settings.KeyPem.Span);
            }
            catch (FormatException fault)
            {
                throw Fault.Configuration(
                    $"The client certificate ({settings.CertificateFile}, {settings.KeyFile}) can't be used: {fault.Message}.", fault);
            }
        }

        if (password is not null)
        {
            return new Credentials(trust, identity)
            {
                Kind = CredentialKind.CredentialPassword,
                UserName = password.UserName,
                Secret = password.Password,
            };
        }

        return settings.Grant is null
            ? new Credentials(trust, identity)
            : new Credentials(trust, identity) { Kind = CredentialKind.CredentialGrant, Secret = settings.Grant };
    }

    /// <summary>The same with another grant.</summary>
    public Credentials With(ClientSecret grant) =>
        new(Trust, Identity) { Kind = CredentialKind.CredentialGrant, Secret = grant };
}
