namespace CodeSign.Cryptoki;

/// <summary>The rows of <see cref="FunctionRow"/>: groups of functions that share a version, an answer and a reason.</summary>
internal static class FunctionTable
{
    private const string NoEncryption = "Keys of this release sign; none encrypts.";
    private const string NoCapsules = "No key is made for a public key in this release.";
    private const string NoMessages = "Message-based functions are not there yet; the one-part and multi-part ones are.";
    private const string NoAsync = "Sessions are synchronous.";

    public static FunctionRow[] Rows() =>
    [
        .. Work(InterfaceVersion.V2_40, "C_Initialize C_Finalize C_GetInfo C_GetFunctionList C_GetSlotList C_GetSlotInfo"),
        .. Work(InterfaceVersion.V2_40, "C_GetTokenInfo C_GetMechanismList C_GetMechanismInfo"),
        .. Work(InterfaceVersion.V2_40, "C_InitToken C_InitPIN C_SetPIN C_OpenSession C_CloseSession C_CloseAllSessions C_GetSessionInfo"),
        .. Work(InterfaceVersion.V2_40, "C_GetOperationState C_SetOperationState C_Login C_Logout"),
        .. Work(InterfaceVersion.V2_40, "C_CreateObject C_CopyObject C_DestroyObject C_GetObjectSize C_GetAttributeValue C_SetAttributeValue"),
        .. Work(InterfaceVersion.V2_40, "C_FindObjectsInit C_FindObjects C_FindObjectsFinal"),
        .. Lack(InterfaceVersion.V2_40, NoEncryption, "C_EncryptInit C_Encrypt C_EncryptUpdate C_EncryptFinal"),
        .. Lack(InterfaceVersion.V2_40, NoEncryption, "C_DecryptInit C_Decrypt C_DecryptUpdate C_DecryptFinal"),
        .. Work(InterfaceVersion.V2_40, "C_DigestInit C_Digest C_DigestUpdate C_DigestKey"),
        .. Work(InterfaceVersion.V2_40, "C_DigestFinal C_SignInit C_Sign C_SignUpdate C_SignFinal"),
        .. Lack(InterfaceVersion.V2_40, "Signatures of this release are appendices.", "C_SignRecoverInit C_SignRecover"),
        .. Work(InterfaceVersion.V2_40, "C_VerifyInit C_Verify C_VerifyUpdate C_VerifyFinal"),
        .. Lack(InterfaceVersion.V2_40, "Signatures of this release are appendices.", "C_VerifyRecoverInit C_VerifyRecover"),
        .. Lack(InterfaceVersion.V2_40, NoEncryption, "C_DigestEncryptUpdate C_DecryptDigestUpdate"),
        .. Lack(InterfaceVersion.V2_40, NoEncryption, "C_SignEncryptUpdate C_DecryptVerifyUpdate"),
        .. Work(InterfaceVersion.V2_40, "C_GenerateKey C_GenerateKeyPair C_WrapKey C_UnwrapKey C_DeriveKey"),
        .. Lack(
            InterfaceVersion.V2_40,
            "The appliance seeds its own generator and takes nobody else's seed.",
            "C_SeedRandom",
            CKR.CKR_RANDOM_SEED_NOT_SUPPORTED),
        .. Work(InterfaceVersion.V2_40, "C_GenerateRandom"),
        .. Lack(
            InterfaceVersion.V2_40,
            "Legacy: the standard wants this answer and nothing else.",
            "C_GetFunctionStatus C_CancelFunction",
            CKR.CKR_FUNCTION_NOT_PARALLEL),
        .. Work(InterfaceVersion.V2_40, "C_WaitForSlotEvent"),

        .. Work(InterfaceVersion.V3_0, "C_GetInterfaceList C_GetInterface C_LoginUser C_SessionCancel"),
        .. Lack(InterfaceVersion.V3_0, NoMessages, "C_MessageEncryptInit C_EncryptMessage C_EncryptMessageBegin C_EncryptMessageNext"),
        .. Lack(InterfaceVersion.V3_0, NoMessages, "C_MessageEncryptFinal C_MessageDecryptInit C_DecryptMessage C_DecryptMessageBegin"),
        .. Lack(InterfaceVersion.V3_0, NoMessages, "C_DecryptMessageNext C_MessageDecryptFinal C_MessageSignInit C_SignMessage"),
        .. Lack(InterfaceVersion.V3_0, NoMessages, "C_SignMessageBegin C_SignMessageNext C_MessageSignFinal C_MessageVerifyInit"),
        .. Lack(InterfaceVersion.V3_0, NoMessages, "C_VerifyMessage C_VerifyMessageBegin C_VerifyMessageNext C_MessageVerifyFinal"),

        .. Lack(InterfaceVersion.V3_2, NoCapsules, "C_EncapsulateKey C_DecapsulateKey"),
        .. Work(InterfaceVersion.V3_2, "C_VerifySignatureInit C_VerifySignature C_VerifySignatureUpdate C_VerifySignatureFinal"),
        .. Work(InterfaceVersion.V3_2, "C_GetSessionValidationFlags"),
        .. Lack(InterfaceVersion.V3_2, NoAsync, "C_AsyncComplete C_AsyncGetID C_AsyncJoin"),
        .. Work(InterfaceVersion.V3_2, "C_WrapKeyAuthenticated C_UnwrapKeyAuthenticated"),
    ];

    private static IEnumerable<FunctionRow> Work(InterfaceVersion since, string names) =>
        names.Split(' ').Select(name => new FunctionRow(name, since, CKR.CKR_OK, null));

    private static IEnumerable<FunctionRow> Lack(
        InterfaceVersion since, string whyNot, string names, CKR answer = CKR.CKR_FUNCTION_NOT_SUPPORTED) =>
        names.Split(' ').Select(name => new FunctionRow(name, since, answer, whyNot));
}
