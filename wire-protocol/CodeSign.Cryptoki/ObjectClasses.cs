namespace CodeSign.Cryptoki;

/// <summary>A set of object classes (CKO_…).</summary>
[Flags]
public enum ObjectClasses
{
    None = 0,
    Data = 1 << 0,
    Certificate = 1 << 1,
    PublicKey = 1 << 2,
    PrivateKey = 1 << 3,
    SecretKey = 1 << 4,
    HardwareFeature = 1 << 5,
    DomainParameters = 1 << 6,
    Mechanism = 1 << 7,
    OtpKey = 1 << 8,
    Profile = 1 << 9,
    Validation = 1 << 10,
    Trust = 1 << 11,

    KeyPair = PublicKey | PrivateKey,
    Key = KeyPair | SecretKey | OtpKey,

    /// <summary>Those that a token stores (PKCS#11 v3.2 section 4.4).</summary>
    Storage = Data | Certificate | Key | DomainParameters | Profile | Validation | Trust,

    All = Storage | HardwareFeature | Mechanism,
}
