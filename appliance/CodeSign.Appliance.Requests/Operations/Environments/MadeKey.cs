using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>A key made, imported or adopted, ready to be stored with its environment; undone when that fails.</summary>
internal sealed class MadeKey(KeyRecord record, SecretBytes? secret) : IDisposable
{
    private WitnessedSigner? _signer;

    public KeyRecord Record { get; private set; } = record;

    /// <summary>PKCS#8 of a software key, to be sealed; null for a key on a device.</summary>
    public SecretBytes? Secret { get; } = secret;

    /// <summary>Adds its first certificate, and who signed it.</summary>
    public void AddCertificate(byte[] certificate, WitnessedSigner signer)
    {
        Record = Record with { Chain = [Convert.ToBase64String(certificate)] };
        _signer = signer;
    }

    /// <summary>The event with the use of the key that its first certificate was.</summary>
    public AuditEvent Describe(AuditEvent e) => _signer?.Describe(e) ?? e;

    public void Dispose() => Secret?.Dispose();
}
