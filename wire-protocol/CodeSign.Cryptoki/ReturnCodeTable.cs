using static CodeSign.Cryptoki.CKR;

namespace CodeSign.Cryptoki;

/// <summary>The rows of <see cref="ReturnCodeRow"/>: groups of codes that share a test or a reason.</summary>
internal static class ReturnCodeTable
{
    private const string Walk = "StateWalkTests.Every_call_in_every_state_answers_as_the_matrix_says";
    private const string Roles = "InitialisedTokenTests.Roles_and_PINs_answer_to_the_letter";
    private const string Templates = "ObjectLifeTests.Templates_that_lie_or_ask_for_too_much_get_a_code_and_no_handle";
    private const string Codes = "SemanticsTests.Codes_that_seldom_arise_are_provoked";

    public static ReturnCodeRow[] Rows() =>
    [
        .. Told(
            Walk,
            CKR_OK, CKR_SLOT_ID_INVALID, CKR_FUNCTION_FAILED, CKR_ARGUMENTS_BAD, CKR_NO_EVENT, CKR_ATTRIBUTE_TYPE_INVALID, CKR_FUNCTION_NOT_PARALLEL,
            CKR_FUNCTION_NOT_SUPPORTED, CKR_KEY_HANDLE_INVALID, CKR_KEY_TYPE_INCONSISTENT, CKR_KEY_INDIGESTIBLE, CKR_KEY_FUNCTION_NOT_PERMITTED,
            CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID, CKR_OBJECT_HANDLE_INVALID, CKR_OPERATION_ACTIVE, CKR_OPERATION_NOT_INITIALIZED,
            CKR_PIN_INCORRECT, CKR_PIN_LEN_RANGE, CKR_SESSION_HANDLE_INVALID, CKR_SESSION_PARALLEL_NOT_SUPPORTED, CKR_SESSION_READ_ONLY,
            CKR_SESSION_EXISTS, CKR_SESSION_READ_ONLY_EXISTS, CKR_SESSION_READ_WRITE_SO_EXISTS, CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE,
            CKR_USER_ALREADY_LOGGED_IN, CKR_USER_NOT_LOGGED_IN, CKR_USER_TYPE_INVALID, CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
            CKR_RANDOM_SEED_NOT_SUPPORTED, CKR_BUFFER_TOO_SMALL, CKR_SAVED_STATE_INVALID, CKR_STATE_UNSAVEABLE, CKR_CRYPTOKI_NOT_INITIALIZED,
            CKR_CRYPTOKI_ALREADY_INITIALIZED, CKR_SESSION_ASYNC_NOT_SUPPORTED, CKR_KEY_NOT_WRAPPABLE, CKR_KEY_UNEXTRACTABLE,
            CKR_UNWRAPPING_KEY_HANDLE_INVALID, CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, CKR_WRAPPED_KEY_INVALID, CKR_WRAPPED_KEY_LEN_RANGE,
            CKR_WRAPPING_KEY_HANDLE_INVALID, CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
        .. Told(Roles, CKR_PIN_INVALID, CKR_USER_PIN_NOT_INITIALIZED),
        .. Told(
            Templates,
            CKR_ATTRIBUTE_READ_ONLY, CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_VALUE_INVALID, CKR_DEVICE_MEMORY, CKR_TEMPLATE_INCOMPLETE,
            CKR_CURVE_NOT_SUPPORTED, CKR_DOMAIN_PARAMS_INVALID),
        .. Told(Codes, CKR_HOST_MEMORY, CKR_CANT_LOCK, CKR_KEY_SIZE_RANGE, CKR_SESSION_COUNT, CKR_FUNCTION_REJECTED, CKR_TEMPLATE_INCONSISTENT),
        .. Told("ObjectLifeTests.Session_objects_end_with_their_session_their_login_and_their_process", CKR_ACTION_PROHIBITED, CKR_SESSION_CLOSED),
        .. Told("ObjectLifeTests.Post_quantum_keys_are_made_sign_and_verify", CKR_PARAMETER_SET_NOT_SUPPORTED),
        .. Told("SemanticsTests.Attributes_signatures_and_digests_answer_to_the_letter", CKR_DATA_LEN_RANGE),
        .. Told("SemanticsTests.What_lies_between_the_functions_answers_to_the_letter", CKR_KEY_NOT_NEEDED),
        .. Told("SemanticsTests.Sessions_logins_and_handles_outlive_a_server_that_is_killed", CKR_DEVICE_ERROR),
        .. Told("SemanticsTests.Tokens_come_and_go_with_rights", CKR_TOKEN_NOT_PRESENT),
        .. Told("InitialisedTokenTests.A_key_may_want_its_PIN_for_each_use", CKR_PIN_LOCKED),

        .. Never("Only callbacks of the application return it (section 5.1.4), and no function calls one.", CKR_CANCEL),
        .. Never("No function gives the application a chance to cancel (CKN_SURRENDER), and no PIN is typed elsewhere.", CKR_FUNCTION_CANCELED),
        .. Never("Only mutex functions of the application return it (section 5.1.5), and none is called.", CKR_MUTEX_BAD, CKR_MUTEX_NOT_LOCKED),
        .. Never("Left for a defect of the library: an exception that nobody expected. None is known.", CKR_GENERAL_ERROR),
        .. Never("The library needs no threads but its runtime's, which it makes whatever the application says.", CKR_NEED_TO_CREATE_THREADS),
        .. Never("An HSM's word alone, on data whose length was checked: what is wrong with data here is its length.", CKR_DATA_INVALID),
        .. Never(
            "A token that goes has closed its sessions before (CKR_SESSION_HANDLE_INVALID); an appliance or HSM that goes is CKR_DEVICE_ERROR.",
            CKR_DEVICE_REMOVED),
        .. Never(
            "Keys of this release don't decrypt for applications.",
            CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_AEAD_DECRYPT_FAILED),
        .. Never("Only digests are saved, and they need no key (CKF_RESTORE_KEY_NOT_NEEDED).", CKR_KEY_CHANGED, CKR_KEY_NEEDED),
        .. Never("PINs don't expire.", CKR_PIN_EXPIRED),
        .. Never("A PIN is refused for its length or its characters, which have codes of their own.", CKR_PIN_TOO_WEAK),
        .. Never("A slot shows projects of its appliance alone.", CKR_TOKEN_NOT_RECOGNIZED),
        .. Never("No token has CKF_WRITE_PROTECTED; what a project doesn't allow is CKR_FUNCTION_REJECTED.", CKR_TOKEN_WRITE_PROTECTED),
        .. Never("Every token is made by its project: none is in factory state.", CKR_TOKEN_NOT_INITIALIZED),
        .. Never("Every size of AES key wraps.", CKR_UNWRAPPING_KEY_SIZE_RANGE, CKR_WRAPPING_KEY_SIZE_RANGE),
        .. Never("A token takes any number of users of different applications at a time.", CKR_USER_TOO_MANY_TYPES),
        .. Never("The kernel's generator is always there (CKF_RNG), and seeded.", CKR_RANDOM_NO_RNG, CKR_SEED_RANDOM_REQUIRED),
        .. Never("Nothing but attributes is asked for, and they have CKR_ATTRIBUTE_SENSITIVE.", CKR_INFORMATION_SENSITIVE),
        .. Never("There are no one-time passwords.", CKR_NEW_PIN_MODE, CKR_NEXT_OTP),
        .. Never("Generation has no bound of its own that it could exceed.", CKR_EXCEEDED_MAX_ITERATIONS),
        .. Never("The token claims no FIPS validation.", CKR_FIPS_SELF_TEST_FAILED),
        .. Never("The token has no validation policies (CKO_VALIDATION).", CKR_OPERATION_NOT_VALIDATED),
        .. Never("The library needs the C library alone.", CKR_LIBRARY_LOAD_FAILED),
        .. Never("A public key that is none is refused as the value of an attribute, CKR_ATTRIBUTE_VALUE_INVALID.", CKR_PUBLIC_KEY_INVALID),
        .. Never("What is short is the device's memory (CKR_DEVICE_MEMORY) or a place in its queue (CKR_DEVICE_ERROR).", CKR_TOKEN_RESOURCE_EXCEEDED),
        .. Never("Every operation can be cancelled.", CKR_OPERATION_CANCEL_FAILED),
        .. Never("No key of this release wears out.", CKR_KEY_EXHAUSTED),
        .. Never("Sessions are synchronous.", CKR_PENDING),
        .. Never("The library has no codes of its own.", CKR_VENDOR_DEFINED),
    ];

    private static IEnumerable<ReturnCodeRow> Told(string test, params CKR[] codes) => codes.Select(code => new ReturnCodeRow(code, test, null));

    private static IEnumerable<ReturnCodeRow> Never(string why, params CKR[] codes) => codes.Select(code => new ReturnCodeRow(code, null, why));
}
