namespace CodeSign.Cryptoki;

/// <summary>Hardware features, and how post-quantum signatures are randomised: two lists under one prefix.</summary>
public static class CKH
{
    // CKA_HW_FEATURE_TYPE
    public const ulong CKH_MONOTONIC_COUNTER = 0x1;
    public const ulong CKH_CLOCK = 0x2;
    public const ulong CKH_USER_INTERFACE = 0x3;
    public const ulong CKH_VENDOR_DEFINED = 0x80000000;

    // CK_HEDGE_TYPE
    public const ulong CKH_HEDGE_PREFERRED = 0x0;
    public const ulong CKH_HEDGE_REQUIRED = 0x1;
    public const ulong CKH_DETERMINISTIC_REQUIRED = 0x2;
}
