namespace CodeSign.Cryptoki;

/// <summary>Flags; their meaning depends on the structure they stand in, so they are plain numbers.</summary>
public static class CKF
{
    public const ulong CKF_ARRAY_ATTRIBUTE = 0x1;
    public const ulong CKF_CLOCK_ON_TOKEN = 0x1;
    public const ulong CKF_DECRYPT = 0x1;
    public const ulong CKF_DERIVE = 0x1;
    public const ulong CKF_DIGEST = 0x1;
    public const ulong CKF_DONT_BLOCK = 0x1;
    public const ulong CKF_DUAL_CRYPTO_OPERATIONS = 0x1;
    public const ulong CKF_EC_COMPRESS = 0x1;
    public const ulong CKF_EC_F_P = 0x1;
    public const ulong CKF_EC_NAMEDCURVE = 0x1;
    public const ulong CKF_EC_UNCOMPRESS = 0x1;
    public const ulong CKF_ENCRYPT = 0x1;
    public const ulong CKF_GENERATE = 0x1;
    public const ulong CKF_GENERATE_KEY_PAIR = 0x1;
    public const ulong CKF_HW = 0x1;
    public const ulong CKF_HW_SLOT = 0x1;
    public const ulong CKF_LIBRARY_CANT_CREATE_OS_THREADS = 0x1;
    public const ulong CKF_LOGIN_REQUIRED = 0x1;
    public const ulong CKF_NEXT_OTP = 0x1;
    public const ulong CKF_OS_LOCKING_OK = 0x1;
    public const ulong CKF_PROTECTED_AUTHENTICATION_PATH = 0x1;
    public const ulong CKF_REMOVABLE_DEVICE = 0x1;
    public const ulong CKF_RESTORE_KEY_NOT_NEEDED = 0x1;
    public const ulong CKF_RNG = 0x1;
    public const ulong CKF_RW_SESSION = 0x1;
    public const ulong CKF_SECONDARY_AUTHENTICATION = 0x1;
    public const ulong CKF_SERIAL_SESSION = 0x1;
    public const ulong CKF_SIGN = 0x1;
    public const ulong CKF_SIGN_RECOVER = 0x1;
    public const ulong CKF_SO_PIN_COUNT_LOW = 0x1;
    public const ulong CKF_SO_PIN_FINAL_TRY = 0x1;
    public const ulong CKF_SO_PIN_LOCKED = 0x1;
    public const ulong CKF_SO_PIN_TO_BE_CHANGED = 0x1;
    public const ulong CKF_TOKEN_INITIALIZED = 0x1;
    public const ulong CKF_TOKEN_PRESENT = 0x1;
    public const ulong CKF_UNWRAP = 0x1;
    public const ulong CKF_USER_PIN_COUNT_LOW = 0x1;
    public const ulong CKF_USER_PIN_FINAL_TRY = 0x1;
    public const ulong CKF_USER_PIN_INITIALIZED = 0x1;
    public const ulong CKF_USER_PIN_LOCKED = 0x1;
    public const ulong CKF_USER_PIN_TO_BE_CHANGED = 0x1;
    public const ulong CKF_VERIFY = 0x1;
    public const ulong CKF_VERIFY_RECOVER = 0x1;
    public const ulong CKF_WRAP = 0x1;
    public const ulong CKF_WRITE_PROTECTED = 0x1;
    public const ulong CKF_EXCLUDE_TIME = 0x2;
    public const ulong CKF_EXCLUDE_COUNTER = 0x4;
    public const ulong CKF_EXCLUDE_CHALLENGE = 0x8;
    public const ulong CKF_MESSAGE_SIGN = 0x8;
    public const ulong CKF_EXCLUDE_PIN = 0x10;
    public const ulong CKF_USER_FRIENDLY_OTP = 0x20;
    public const ulong CKF_EC_OID = 0x800000;
    public const ulong CKF_ERROR_STATE = 0x1000000;
}
