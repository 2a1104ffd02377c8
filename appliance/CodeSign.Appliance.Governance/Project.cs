using System.Collections.Immutable;

namespace CodeSign.Appliance.Governance;

/// <summary>A signing need and the people around it: PKCS#11's token. The id is 16 hex digits, the token's serial number.</summary>
public sealed record Project : Entity
{
    /// <summary>1..32 UTF-8 bytes, unique: the token's label.</summary>
    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public bool Enabled { get; init; } = true;

    public PinRule Pin { get; init; }

    /// <summary>Bytes of the shortest PIN that can be set for its token.</summary>
    public int PinLengthMin { get; init; } = 8;

    /// <summary>Wrong PINs in a row until somebody is locked out where they came from.</summary>
    public int PinTries { get; init; } = 10;

    /// <summary>What its KeyUsers may do with objects of their own.</summary>
    public ObjectPolicy Objects { get; init; } = new();

    public ImmutableArray<Membership> Members { get; init; } = [];

    public DateTimeOffset Created { get; init; }

    /// <summary>Raised by whatever must end all login tickets given out before (PIN reset, member removed, project disabled).</summary>
    public long Epoch { get; init; }

    /// <summary>Raised when the token is initialised: objects that were made in an earlier life have ended, whether they are cleared away yet or not.</summary>
    public long TokenLife { get; init; }

    /// <summary>The built-in environment: what rules the objects that applications made. It has no row of its own.</summary>
    public SigningEnvironment ObjectEnvironment() => new()
    {
        Id = SigningEnvironment.BuiltInIdOf(Id),
        ProjectId = Id,
        Name = SigningEnvironment.BuiltInName,
        Algorithm = "",
        Storage = Objects.Storage,
        Enabled = Objects.Allow,
        Policy = Objects.Policy,
        Created = Created,
    };

    /// <summary>Low 31 bits of the id: the same slot number in every process, fits a Java int.</summary>
    public uint SlotId => (uint)(Convert.ToUInt64(Id, 16) & 0x7fffffff);
}

/// <summary>
/// What applications may make in a project's token (C_CreateObject, C_GenerateKeyPair, …). Safe as it stands; each exception has a name.
/// </summary>
public sealed record ObjectPolicy
{
    /// <summary>Objects are made, changed and used by applications at all. Without it they can still be listed and destroyed.</summary>
    public bool Allow { get; init; }

    /// <summary>Keys from elsewhere are brought in as values.</summary>
    public bool AllowImport { get; init; }

    /// <summary>Keys may be CKA_EXTRACTABLE, or not CKA_SENSITIVE.</summary>
    public bool AllowExtractable { get; init; }

    /// <summary>Keys that are CKA_EXTRACTABLE may leave under another key (C_WrapKey).</summary>
    public bool AllowWrap { get; init; }

    /// <summary>
    /// Keys may also come and go by what protects them badly: AES-CBC and RSA PKCS#1 v1.5, which can be changed unseen and tell of themselves
    /// by what is refused, and AES-GCM with an IV of the application's choice.
    /// </summary>
    public bool AllowWeakWrap { get; init; }

    /// <summary>C_InitToken empties and renames the token.</summary>
    public bool AllowInit { get; init; }

    /// <summary>Where generated keys are kept: software | hsm:NAME.</summary>
    public string Storage { get; init; } = SigningEnvironment.SoftwareStorage;

    /// <summary>What its keys may be used for.</summary>
    public EnvironmentPolicy Policy { get; init; } = new();
}

/// <summary>One member's role in a project.</summary>
/// <param name="IdentityId">Who.</param>
/// <param name="Role">What.</param>
/// <param name="Environments">Names of the environments it is narrowed to; empty = all.</param>
public sealed record Membership(string IdentityId, ProjectRole Role, ImmutableArray<string> Environments);

/// <summary>
/// A login ticket that was logged out before its time. Kept until whatever the ticket was bound to has ended anyway. The id is the
/// ticket's.
/// </summary>
public sealed record RevokedTicket : Entity
{
    public required string ProjectId { get; init; }

    /// <summary>The grant the ticket was given to, or empty; when that ends the row may go.</summary>
    public string GrantId { get; init; } = "";

    /// <summary>Whose login it was.</summary>
    public string IdentityId { get; init; } = "";

    /// <summary>When the ticket was given out; when it is too old to hold the row may go.</summary>
    public DateTimeOffset Issued { get; init; }

    /// <summary>The project's epoch then; when it has moved on the row may go.</summary>
    public long Epoch { get; init; }
}

/// <summary>What the owner of an environment allows its keys to be used for, beyond what is allowed everywhere.</summary>
public sealed record EnvironmentPolicy
{
    /// <summary>SHA-1 in front of a signature (off by default).</summary>
    public bool AllowSha1 { get; init; }

    /// <summary>CKM_RSA_X_509: a bare RSA operation (off by default).</summary>
    public bool AllowRawRsa { get; init; }
}

/// <summary>A policy with its keys: one current, older ones until they are retired.</summary>
public sealed record SigningEnvironment : Entity
{
    /// <summary>
    /// The environment every project has for what applications make themselves; its keys are of any algorithm.
    /// </summary>
    public const string BuiltInName = "default";

    /// <summary>The storage of keys that the appliance itself keeps; other storages are hsm:NAME.</summary>
    public const string SoftwareStorage = "software";

    public required string ProjectId { get; init; }

    /// <summary>1..64 characters of [A-Za-z0-9._-], unique in its project: CKA_LABEL of its objects.</summary>
    public required string Name { get; init; }

    /// <summary>Name of a row of KeyAlgorithm; empty in the built-in one.</summary>
    public required string Algorithm { get; init; }

    /// <summary><see cref="SoftwareStorage"/> or hsm:NAME.</summary>
    public required string Storage { get; init; }

    public bool Enabled { get; init; } = true;

    public EnvironmentPolicy Policy { get; init; } = new();

    public DateTimeOffset Created { get; init; }

    /// <summary>True for the one without a row, <see cref="Project.ObjectEnvironment"/>.</summary>
    public bool IsBuiltIn => string.Equals(Id, BuiltInIdOf(ProjectId), StringComparison.Ordinal);

    internal static string BuiltInIdOf(string projectId) => projectId + ":" + BuiltInName;
}

/// <summary>One key pair of an environment. The private part stands beside it in the store, sealed, or on a device. 32 hex digits.</summary>
public sealed record KeyRecord : Entity
{
    public required string EnvironmentId { get; init; }

    /// <summary>1, 2, … within the environment; the highest active one is the current key.</summary>
    public int Generation { get; init; }

    /// <summary>Name of a row of KeyAlgorithm.</summary>
    public required string Algorithm { get; init; }

    public KeyState State { get; init; } = KeyState.Active;

    /// <summary>Base64 DER, SubjectPublicKeyInfo (RFC 5280).</summary>
    public required string PublicKey { get; init; }

    /// <summary>Hex: SHA-1 of the public key's bytes, CKA_ID of key pair and leaf certificate.</summary>
    public required string CkaId { get; init; }

    /// <summary>Base64 DER, leaf first.</summary>
    public ImmutableArray<string> Chain { get; init; } = [];

    /// <summary>Hex CKA_ID of the key on the device, or null for a software key.</summary>
    public string? DeviceId { get; init; }

    /// <summary>True while a destroyed key's private part may still be on the device: it was away when the key was destroyed.</summary>
    public bool RemainsOnDevice { get; init; }

    /// <summary>True when it was generated here or on the device, false when imported or adopted (CKA_LOCAL).</summary>
    public bool Local { get; init; }

    public DateTimeOffset Created { get; init; }
}

/// <summary>What C_Login's PIN means for a project's token.</summary>
public enum PinRule
{
    /// <summary>The grant or certificate is the credential; the token wants no login.</summary>
    None,

    /// <summary>As None, and C_Login with any PIN succeeds, for tools that insist on sending one.</summary>
    Any,

    /// <summary>A real PIN per identity and project.</summary>
    Required,
}

/// <summary>Key states of KMIP v2.1 section 4.57, for every door.</summary>
public enum KeyState
{
    PreActive,
    Active,
    Deactivated,
    Compromised,
    Destroyed,
    DestroyedCompromised,
}
