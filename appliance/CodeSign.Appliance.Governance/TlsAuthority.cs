namespace CodeSign.Appliance.Governance;

/// <summary>
/// The certificate authority the appliance made for its own listeners; clients pin it. There is one row, <see cref="OwnId"/>; its
/// private key (PKCS#8) is sealed beside it. It gives no rights to anyone, but whoever holds its key can play the appliance.
/// </summary>
public sealed record TlsAuthority : Entity
{
    public const string OwnId = "own";

    /// <summary>Base64 DER.</summary>
    public required string Certificate { get; init; }

    public DateTimeOffset Created { get; init; }
}
