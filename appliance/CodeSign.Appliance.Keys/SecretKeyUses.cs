namespace CodeSign.Appliance.Keys;

/// <summary>What a secret key may do: CKA_ENCRYPT and its like.</summary>
[Flags]
public enum SecretKeyUses
{
    None = 0,
    Encrypt = 1 << 0,
    Decrypt = 1 << 1,
    Wrap = 1 << 2,
    Unwrap = 1 << 3,
    Sign = 1 << 4,
    Verify = 1 << 5,
}
