using CodeSign.Cryptoki;
using CodeSign.P11.Native;

namespace CodeSign.P11.Entries;

/// <summary>Puts the entries into the shim's table, each at its function's place in the standard's list.</summary>
internal static unsafe class EntryTable
{
    public static void Fill(ManagedRow* rows)
    {
        FillGeneral(rows);
        FillSession(rows);
        FillObject(rows);
        FillTransport(rows);
        FillSigning(rows);
        FillVerifying(rows);
    }

    private static void FillGeneral(ManagedRow* rows)
    {
        Set(rows, nameof(GeneralEntries.C_Initialize), (delegate* unmanaged<CKR>)&GeneralEntries.C_Initialize);
        Set(rows, nameof(GeneralEntries.C_Finalize), (delegate* unmanaged<CKR>)&GeneralEntries.C_Finalize);
        Set(rows, nameof(GeneralEntries.C_GetInfo), (delegate* unmanaged<ModuleFacts*, CKR>)&GeneralEntries.C_GetInfo);
        Set(rows, nameof(GeneralEntries.C_GetSlotList), (delegate* unmanaged<byte, ulong*, ulong*, CKR>)&GeneralEntries.C_GetSlotList);
        Set(rows, nameof(GeneralEntries.C_GetSlotInfo), (delegate* unmanaged<ulong, SlotFacts*, CKR>)&GeneralEntries.C_GetSlotInfo);
        Set(rows, nameof(GeneralEntries.C_GetTokenInfo), (delegate* unmanaged<ulong, TokenFacts*, CKR>)&GeneralEntries.C_GetTokenInfo);
        Set(rows, nameof(GeneralEntries.C_GetMechanismList), (delegate* unmanaged<ulong, ulong*, ulong*, CKR>)&GeneralEntries.C_GetMechanismList);
        Set(rows, nameof(GeneralEntries.C_GetMechanismInfo), (delegate* unmanaged<ulong, CKM, MechanismFacts*, CKR>)&GeneralEntries.C_GetMechanismInfo);
        Set(rows, nameof(GeneralEntries.C_WaitForSlotEvent), (delegate* unmanaged<ulong, ulong*, void*, CKR>)&GeneralEntries.C_WaitForSlotEvent);
    }

    private static void FillSession(ManagedRow* rows)
    {
        Set(rows, nameof(SessionEntries.C_OpenSession), (delegate* unmanaged<ulong, ulong, void*, void*, ulong*, CKR>)&SessionEntries.C_OpenSession);
        Set(rows, nameof(SessionEntries.C_CloseSession), (delegate* unmanaged<ulong, CKR>)&SessionEntries.C_CloseSession);
        Set(rows, nameof(SessionEntries.C_CloseAllSessions), (delegate* unmanaged<ulong, CKR>)&SessionEntries.C_CloseAllSessions);
        Set(rows, nameof(SessionEntries.C_GetSessionInfo), (delegate* unmanaged<ulong, SessionFacts*, CKR>)&SessionEntries.C_GetSessionInfo);
        Set(rows, nameof(SessionEntries.C_SessionCancel), (delegate* unmanaged<ulong, ulong, CKR>)&SessionEntries.C_SessionCancel);
        Set(rows, nameof(SessionEntries.C_GetSessionValidationFlags), (delegate* unmanaged<ulong, ulong, ulong*, CKR>)&SessionEntries.C_GetSessionValidationFlags);
        Set(rows, nameof(SessionEntries.C_Login), (delegate* unmanaged<ulong, CKU, byte*, ulong, CKR>)&SessionEntries.C_Login);
        Set(rows, nameof(SessionEntries.C_LoginUser), (delegate* unmanaged<ulong, CKU, byte*, ulong, byte*, ulong, CKR>)&SessionEntries.C_LoginUser);
        Set(rows, nameof(SessionEntries.C_Logout), (delegate* unmanaged<ulong, CKR>)&SessionEntries.C_Logout);
        Set(rows, nameof(SessionEntries.C_InitToken), (delegate* unmanaged<ulong, byte*, ulong, byte*, CKR>)&SessionEntries.C_InitToken);
        Set(rows, nameof(SessionEntries.C_InitPIN), (delegate* unmanaged<ulong, byte*, ulong, CKR>)&SessionEntries.C_InitPIN);
        Set(rows, nameof(SessionEntries.C_SetPIN), (delegate* unmanaged<ulong, byte*, ulong, byte*, ulong, CKR>)&SessionEntries.C_SetPIN);
        Set(rows, nameof(SessionEntries.C_GetOperationState), (delegate* unmanaged<ulong, byte*, ulong*, CKR>)&SessionEntries.C_GetOperationState);
        Set(rows, nameof(SessionEntries.C_SetOperationState), (delegate* unmanaged<ulong, byte*, ulong, ulong, ulong, CKR>)&SessionEntries.C_SetOperationState);
        Set(rows, nameof(SessionEntries.C_SeedRandom), (delegate* unmanaged<ulong, byte*, ulong, CKR>)&SessionEntries.C_SeedRandom);
        Set(rows, nameof(SessionEntries.C_GenerateRandom), (delegate* unmanaged<ulong, byte*, ulong, CKR>)&SessionEntries.C_GenerateRandom);
    }

    private static void FillObject(ManagedRow* rows)
    {
        Set(rows, nameof(ObjectEntries.C_CreateObject), (delegate* unmanaged<ulong, NativeAttribute*, ulong, ulong*, CKR>)&ObjectEntries.C_CreateObject);
        Set(rows, nameof(ObjectEntries.C_CopyObject), (delegate* unmanaged<ulong, ulong, NativeAttribute*, ulong, ulong*, CKR>)&ObjectEntries.C_CopyObject);
        Set(rows, nameof(ObjectEntries.C_DestroyObject), (delegate* unmanaged<ulong, ulong, CKR>)&ObjectEntries.C_DestroyObject);
        Set(rows, nameof(ObjectEntries.C_SetAttributeValue), (delegate* unmanaged<ulong, ulong, NativeAttribute*, ulong, CKR>)&ObjectEntries.C_SetAttributeValue);
        Set(rows, nameof(ObjectEntries.C_GenerateKey), (delegate* unmanaged<ulong, NativeMechanism*, NativeAttribute*, ulong, ulong*, CKR>)&ObjectEntries.C_GenerateKey);
        Set(rows, nameof(ObjectEntries.C_GenerateKeyPair), (delegate* unmanaged<ulong, NativeMechanism*, NativeAttribute*, ulong, NativeAttribute*, ulong, ulong*, ulong*, CKR>)&ObjectEntries.C_GenerateKeyPair);
        Set(rows, nameof(ObjectEntries.C_GetObjectSize), (delegate* unmanaged<ulong, ulong, ulong*, CKR>)&ObjectEntries.C_GetObjectSize);
        Set(rows, nameof(ObjectEntries.C_GetAttributeValue), (delegate* unmanaged<ulong, ulong, NativeAttribute*, ulong, CKR>)&ObjectEntries.C_GetAttributeValue);
        Set(rows, nameof(ObjectEntries.C_FindObjectsInit), (delegate* unmanaged<ulong, NativeAttribute*, ulong, CKR>)&ObjectEntries.C_FindObjectsInit);
        Set(rows, nameof(ObjectEntries.C_FindObjects), (delegate* unmanaged<ulong, ulong*, ulong, ulong*, CKR>)&ObjectEntries.C_FindObjects);
        Set(rows, nameof(ObjectEntries.C_FindObjectsFinal), (delegate* unmanaged<ulong, CKR>)&ObjectEntries.C_FindObjectsFinal);
    }

    private static void FillTransport(ManagedRow* rows)
    {
        Set(rows, nameof(TransportEntries.C_WrapKey), (delegate* unmanaged<ulong, NativeMechanism*, ulong, ulong, byte*, ulong*, CKR>)&TransportEntries.C_WrapKey);
        Set(rows, nameof(TransportEntries.C_DeriveKey), (delegate* unmanaged<ulong, NativeMechanism*, ulong, NativeAttribute*, ulong, ulong*, CKR>)&TransportEntries.C_DeriveKey);
        Set(rows, nameof(TransportEntries.C_UnwrapKey), (delegate* unmanaged<ulong, NativeMechanism*, ulong, byte*, ulong, NativeAttribute*, ulong, ulong*, CKR>)&TransportEntries.C_UnwrapKey);
        Set(rows, nameof(TransportEntries.C_WrapKeyAuthenticated), (delegate* unmanaged<ulong, NativeMechanism*, ulong, ulong, byte*, ulong, byte*, ulong*, CKR>)&TransportEntries.C_WrapKeyAuthenticated);
        Set(rows, nameof(TransportEntries.C_UnwrapKeyAuthenticated), (delegate* unmanaged<ulong, NativeMechanism*, ulong, byte*, ulong, NativeAttribute*, ulong, byte*, ulong, ulong*, CKR>)&TransportEntries.C_UnwrapKeyAuthenticated);
    }

    private static void FillSigning(ManagedRow* rows)
    {
        Set(rows, nameof(SigningEntries.C_DigestInit), (delegate* unmanaged<ulong, NativeMechanism*, CKR>)&SigningEntries.C_DigestInit);
        Set(rows, nameof(SigningEntries.C_Digest), (delegate* unmanaged<ulong, byte*, ulong, byte*, ulong*, CKR>)&SigningEntries.C_Digest);
        Set(rows, nameof(SigningEntries.C_DigestUpdate), (delegate* unmanaged<ulong, byte*, ulong, CKR>)&SigningEntries.C_DigestUpdate);
        Set(rows, nameof(SigningEntries.C_DigestKey), (delegate* unmanaged<ulong, ulong, CKR>)&SigningEntries.C_DigestKey);
        Set(rows, nameof(SigningEntries.C_DigestFinal), (delegate* unmanaged<ulong, byte*, ulong*, CKR>)&SigningEntries.C_DigestFinal);
        Set(rows, nameof(SigningEntries.C_SignInit), (delegate* unmanaged<ulong, NativeMechanism*, ulong, CKR>)&SigningEntries.C_SignInit);
        Set(rows, nameof(SigningEntries.C_Sign), (delegate* unmanaged<ulong, byte*, ulong, byte*, ulong*, CKR>)&SigningEntries.C_Sign);
        Set(rows, nameof(SigningEntries.C_SignUpdate), (delegate* unmanaged<ulong, byte*, ulong, CKR>)&SigningEntries.C_SignUpdate);
        Set(rows, nameof(SigningEntries.C_SignFinal), (delegate* unmanaged<ulong, byte*, ulong*, CKR>)&SigningEntries.C_SignFinal);
    }

    private static void FillVerifying(ManagedRow* rows)
    {
        Set(rows, nameof(VerifyingEntries.C_VerifyInit), (delegate* unmanaged<ulong, NativeMechanism*, ulong, CKR>)&VerifyingEntries.C_VerifyInit);
        Set(rows, nameof(VerifyingEntries.C_Verify), (delegate* unmanaged<ulong, byte*, ulong, byte*, ulong, CKR>)&VerifyingEntries.C_Verify);
        Set(rows, nameof(VerifyingEntries.C_VerifyUpdate), (delegate* unmanaged<ulong, byte*, ulong, CKR>)&VerifyingEntries.C_VerifyUpdate);
        Set(rows, nameof(VerifyingEntries.C_VerifyFinal), (delegate* unmanaged<ulong, byte*, ulong, CKR>)&VerifyingEntries.C_VerifyFinal);
        Set(rows, nameof(VerifyingEntries.C_VerifySignatureInit), (delegate* unmanaged<ulong, NativeMechanism*, ulong, byte*, ulong, CKR>)&VerifyingEntries.C_VerifySignatureInit);
        Set(rows, nameof(VerifyingEntries.C_VerifySignature), (delegate* unmanaged<ulong, byte*, ulong, CKR>)&VerifyingEntries.C_VerifySignature);
        Set(rows, nameof(VerifyingEntries.C_VerifySignatureUpdate), (delegate* unmanaged<ulong, byte*, ulong, CKR>)&VerifyingEntries.C_VerifySignatureUpdate);
        Set(rows, nameof(VerifyingEntries.C_VerifySignatureFinal), (delegate* unmanaged<ulong, CKR>)&VerifyingEntries.C_VerifySignatureFinal);
    }

    private static void Set(ManagedRow* rows, string name, void* function)
    {
        IReadOnlyList<FunctionRow> all = FunctionRow.All;
        for (int i = 0; i < all.Count; i++)
        {
            if (string.Equals(all[i].Name, name, StringComparison.Ordinal))
            {
                rows[i].Function = function;
                return;
            }
        }

        throw new InvalidOperationException($"{name} is no function of PKCS#11.");
    }
}
