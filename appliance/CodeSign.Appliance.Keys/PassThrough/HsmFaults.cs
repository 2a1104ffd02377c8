using CodeSign.Cryptoki;
using Net.Pkcs11Interop.Common;
using CKM = CodeSign.Cryptoki.CKM;
using CKR = CodeSign.Cryptoki.CKR;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>What a device's failures mean for the request and for the session it was made on.</summary>
internal static class HsmFaults
{
    /// <summary>The session, the login or the device is gone: the same request may succeed on a new session.</summary>
    public static bool IsLost(Pkcs11Exception failure) => Code(failure) is
        CKR.CKR_SESSION_HANDLE_INVALID or CKR.CKR_SESSION_CLOSED or CKR.CKR_DEVICE_REMOVED or CKR.CKR_DEVICE_ERROR
        or CKR.CKR_TOKEN_NOT_PRESENT or CKR.CKR_TOKEN_NOT_RECOGNIZED or CKR.CKR_USER_NOT_LOGGED_IN
        or CKR.CKR_CRYPTOKI_NOT_INITIALIZED or CKR.CKR_OPERATION_ACTIVE;

    /// <summary>The PIN was seen and turned down; trying it again would spend the device's attempts.</summary>
    public static bool IsPinRefused(Pkcs11Exception failure) => Code(failure) is
        CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_INVALID or CKR.CKR_PIN_LEN_RANGE or CKR.CKR_PIN_EXPIRED or CKR.CKR_PIN_LOCKED
        or CKR.CKR_USER_PIN_NOT_INITIALIZED;

    public static bool IsHandleInvalid(Pkcs11Exception failure) =>
        Code(failure) is CKR.CKR_OBJECT_HANDLE_INVALID or CKR.CKR_KEY_HANDLE_INVALID;

    public static CKR Code(Pkcs11Exception failure) => (CKR)(ulong)failure.RV;

    /// <summary>The answer to a request the device failed.</summary>
    public static FaultException Of(string name, Pkcs11Exception failure)
    {
        CKR code = Code(failure);
        CKR status = code switch
        {
            // What the request itself can be blamed for keeps its name.
            CKR.CKR_MECHANISM_INVALID or CKR.CKR_MECHANISM_PARAM_INVALID or CKR.CKR_DATA_INVALID or CKR.CKR_DATA_LEN_RANGE
                or CKR.CKR_KEY_TYPE_INCONSISTENT or CKR.CKR_KEY_SIZE_RANGE or CKR.CKR_KEY_FUNCTION_NOT_PERMITTED => code,
            CKR.CKR_ARGUMENTS_BAD => CKR.CKR_MECHANISM_PARAM_INVALID,
            _ => CKR.CKR_DEVICE_ERROR,
        };
        return new FaultException(
            status, "hsm.refused", $"The HSM '{name}' refused the request ({failure.Method}: {code}).");
    }

    public static FaultException Busy(string name) => new(
        CKR.CKR_DEVICE_ERROR, "hsm.busy", $"Too many requests wait for the HSM '{name}'; try again later.");

    public static FaultException Timeout(string name) => new(
        CKR.CKR_DEVICE_ERROR, "hsm.timeout", $"The HSM '{name}' did not answer in time; try again later.");

    public static FaultException Unavailable(string name, string detail) => new(
        CKR.CKR_DEVICE_ERROR, "hsm.unavailable", $"The HSM '{name}' is not available: {detail}");

    public static FaultException Unsupported(string name, SignatureMechanism mechanism, CKM needed) => new(
        CKR.CKR_MECHANISM_INVALID, "hsm.mechanism",
        $"The HSM '{name}' can't sign with {mechanism.Mechanism}: it does not offer {needed}.");

    public static FaultException KeyMissing(string name) => new(
        CKR.CKR_KEY_HANDLE_INVALID, "hsm.key_missing", $"The key is not on the HSM '{name}' any more.");
}
