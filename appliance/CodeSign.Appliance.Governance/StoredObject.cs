using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;

namespace CodeSign.Appliance.Governance;

/// <summary>
/// An object that an application made in a token: data, a certificate, or a key. Secret values stand beside it in the store, sealed, or
/// on a device. The id is 32 hex digits.
/// </summary>
public sealed record StoredObject : Entity
{
    public required string ProjectId { get; init; }

    /// <summary>All but the secret ones.</summary>
    public required AttributeSet Attributes { get; init; }

    /// <summary>Raised with every change.</summary>
    public ulong Version { get; init; } = 1;

    /// <summary>Name of a row of KeyAlgorithm, for a private key that can be used; empty otherwise.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>Base64 DER, SubjectPublicKeyInfo, of a private key; empty otherwise.</summary>
    public string PublicKey { get; init; } = "";

    /// <summary>Where its secret is: software | hsm:NAME.</summary>
    public string Storage { get; init; } = SigningEnvironment.SoftwareStorage;

    /// <summary>Hex CKA_ID of the key on the device, or null.</summary>
    public string? DeviceId { get; init; }

    /// <summary>The life of the token it was made in.</summary>
    public long TokenLife { get; init; }

    /// <summary>True once it was destroyed, while its key may still be on the device.</summary>
    public bool RemainsOnDevice { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>Bytes of all attributes.</summary>
    public long Bytes => Attributes.Sum(attribute => (long)attribute.Value.Length);

    public CKO Class => Attributes.Class;

    /// <summary>False for what is left of an object that was destroyed, or of a token that was initialised since.</summary>
    public bool IsAliveIn(Project project)
    {
        ArgumentNullException.ThrowIfNull(project);
        return !RemainsOnDevice && TokenLife == project.TokenLife;
    }

    /// <summary>Seen and used only after a login.</summary>
    public bool WantsLogin => Attributes.Is(CKA.CKA_PRIVATE);
}
