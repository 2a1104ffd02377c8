using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>A key made, imported or adopted, ready to be stored with its environment; undone when that fails.</summary>
internal sealed class MadeKey(KeyRecord record, SecretBytes? secret) : IDisposable
{
    public KeyRecord Record { get; private set; } = record;

    /// <summary>PKCS#8 of a software key, to be sealed; null for a key on a device.</summary>
    public SecretBytes? Secret { get; } = secret;

    public void AddCertificate(byte[] certificate) => Record = Record with { Chain = [Convert.ToBase64String(certificate)] };

    public void Dispose() => Secret?.Dispose();
}
