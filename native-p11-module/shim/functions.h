/*
 * Every function of PKCS#11, in the order of the standard's tables (pkcs11f.h): v2.40, what v3.0 adds, what v3.2 adds.
 * OWN: written in C. FORWARD: goes to the managed function of the same row, or answers with the row's code.
 */
#ifndef CODESIGN_FUNCTIONS_H
#define CODESIGN_FUNCTIONS_H

#define CRYPTOKI_2_40(OWN, FORWARD) \
    OWN(C_Initialize, (void *arguments), (arguments)) \
    OWN(C_Finalize, (void *reserved), (reserved)) \
    OWN(C_GetInfo, (CK_INFO *info), (info)) \
    OWN(C_GetFunctionList, (CK_FUNCTION_LIST **list), (list)) \
    FORWARD(C_GetSlotList, (CK_BBOOL token_present, CK_SLOT_ID *slots, CK_ULONG *count), (token_present, slots, count)) \
    FORWARD(C_GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), (slot, info)) \
    FORWARD(C_GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO *info), (slot, info)) \
    FORWARD(C_GetMechanismList, \
        (CK_SLOT_ID slot, CK_MECHANISM_TYPE *mechanisms, CK_ULONG *count), \
        (slot, mechanisms, count)) \
    FORWARD(C_GetMechanismInfo, (CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info), (slot, type, info)) \
    FORWARD(C_InitToken, \
        (CK_SLOT_ID slot, CK_UTF8CHAR *pin, CK_ULONG pin_bytes, CK_UTF8CHAR *label), \
        (slot, pin, pin_bytes, label)) \
    FORWARD(C_InitPIN, (CK_SESSION_HANDLE session, CK_UTF8CHAR *pin, CK_ULONG pin_bytes), (session, pin, pin_bytes)) \
    FORWARD(C_SetPIN, \
        (CK_SESSION_HANDLE session, CK_UTF8CHAR *old_pin, CK_ULONG old_bytes, CK_UTF8CHAR *new_pin, CK_ULONG new_bytes), \
        (session, old_pin, old_bytes, new_pin, new_bytes)) \
    OWN(C_OpenSession, \
        (CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *session), \
        (slot, flags, application, notify, session)) \
    FORWARD(C_CloseSession, (CK_SESSION_HANDLE session), (session)) \
    FORWARD(C_CloseAllSessions, (CK_SLOT_ID slot), (slot)) \
    FORWARD(C_GetSessionInfo, (CK_SESSION_HANDLE session, CK_SESSION_INFO *info), (session, info)) \
    FORWARD(C_GetOperationState, \
        (CK_SESSION_HANDLE session, CK_BYTE *state, CK_ULONG *state_bytes), \
        (session, state, state_bytes)) \
    FORWARD(C_SetOperationState, \
        (CK_SESSION_HANDLE session, CK_BYTE *state, CK_ULONG state_bytes, CK_OBJECT_HANDLE encryption_key, \
         CK_OBJECT_HANDLE authentication_key), \
        (session, state, state_bytes, encryption_key, authentication_key)) \
    FORWARD(C_Login, \
        (CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG pin_bytes), \
        (session, user, pin, pin_bytes)) \
    FORWARD(C_Logout, (CK_SESSION_HANDLE session), (session)) \
    FORWARD(C_CreateObject, \
        (CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE *object), \
        (session, attributes, count, object)) \
    FORWARD(C_CopyObject, \
        (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, CK_ULONG count, \
         CK_OBJECT_HANDLE *copy), \
        (session, object, attributes, count, copy)) \
    FORWARD(C_DestroyObject, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object), (session, object)) \
    FORWARD(C_GetObjectSize, \
        (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *size), \
        (session, object, size)) \
    FORWARD(C_GetAttributeValue, \
        (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, CK_ULONG count), \
        (session, object, attributes, count)) \
    FORWARD(C_SetAttributeValue, \
        (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, CK_ULONG count), \
        (session, object, attributes, count)) \
    FORWARD(C_FindObjectsInit, \
        (CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG count), \
        (session, attributes, count)) \
    FORWARD(C_FindObjects, \
        (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG objects_max, CK_ULONG *count), \
        (session, objects, objects_max, count)) \
    FORWARD(C_FindObjectsFinal, (CK_SESSION_HANDLE session), (session)) \
    FORWARD(C_EncryptInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), \
        (session, mechanism, key)) \
    FORWARD(C_Encrypt, \
        (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_bytes, CK_BYTE *encrypted, CK_ULONG *encrypted_bytes), \
        (session, data, data_bytes, encrypted, encrypted_bytes)) \
    FORWARD(C_EncryptUpdate, \
        (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_bytes, CK_BYTE *encrypted, CK_ULONG *encrypted_bytes), \
        (session, part, part_bytes, encrypted, encrypted_bytes)) \
    FORWARD(C_EncryptFinal, \
        (CK_SESSION_HANDLE session, CK_BYTE *encrypted, CK_ULONG *encrypted_bytes), \
        (session, encrypted, encrypted_bytes)) \
    FORWARD(C_DecryptInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), \
        (session, mechanism, key)) \
    FORWARD(C_Decrypt, \
        (CK_SESSION_HANDLE session, CK_BYTE *encrypted, CK_ULONG encrypted_bytes, CK_BYTE *data, CK_ULONG *data_bytes), \
        (session, encrypted, encrypted_bytes, data, data_bytes)) \
    FORWARD(C_DecryptUpdate, \
        (CK_SESSION_HANDLE session, CK_BYTE *encrypted, CK_ULONG encrypted_bytes, CK_BYTE *part, CK_ULONG *part_bytes), \
        (session, encrypted, encrypted_bytes, part, part_bytes)) \
    FORWARD(C_DecryptFinal, \
        (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG *part_bytes), \
        (session, part, part_bytes)) \
    FORWARD(C_DigestInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism), (session, mechanism)) \
    FORWARD(C_Digest, \
        (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_bytes, CK_BYTE *digest, CK_ULONG *digest_bytes), \
        (session, data, data_bytes, digest, digest_bytes)) \
    FORWARD(C_DigestUpdate, (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_bytes), (session, part, part_bytes)) \
    FORWARD(C_DigestKey, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key), (session, key)) \
    FORWARD(C_DigestFinal, \
        (CK_SESSION_HANDLE session, CK_BYTE *digest, CK_ULONG *digest_bytes), \
        (session, digest, digest_bytes)) \
    FORWARD(C_SignInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), \
        (session, mechanism, key)) \
    FORWARD(C_Sign, \
        (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_bytes, CK_BYTE *signature, CK_ULONG *signature_bytes), \
        (session, data, data_bytes, signature, signature_bytes)) \
    FORWARD(C_SignUpdate, (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_bytes), (session, part, part_bytes)) \
    FORWARD(C_SignFinal, \
        (CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG *signature_bytes), \
        (session, signature, signature_bytes)) \
    FORWARD(C_SignRecoverInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), \
        (session, mechanism, key)) \
    FORWARD(C_SignRecover, \
        (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_bytes, CK_BYTE *signature, CK_ULONG *signature_bytes), \
        (session, data, data_bytes, signature, signature_bytes)) \
    FORWARD(C_VerifyInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), \
        (session, mechanism, key)) \
    FORWARD(C_Verify, \
        (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_bytes, CK_BYTE *signature, CK_ULONG signature_bytes), \
        (session, data, data_bytes, signature, signature_bytes)) \
    FORWARD(C_VerifyUpdate, (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_bytes), (session, part, part_bytes)) \
    FORWARD(C_VerifyFinal, \
        (CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_bytes), \
        (session, signature, signature_bytes)) \
    FORWARD(C_VerifyRecoverInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), \
        (session, mechanism, key)) \
    FORWARD(C_VerifyRecover, \
        (CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_bytes, CK_BYTE *data, CK_ULONG *data_bytes), \
        (session, signature, signature_bytes, data, data_bytes)) \
    FORWARD(C_DigestEncryptUpdate, \
        (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_bytes, CK_BYTE *encrypted, CK_ULONG *encrypted_bytes), \
        (session, part, part_bytes, encrypted, encrypted_bytes)) \
    FORWARD(C_DecryptDigestUpdate, \
        (CK_SESSION_HANDLE session, CK_BYTE *encrypted, CK_ULONG encrypted_bytes, CK_BYTE *part, CK_ULONG *part_bytes), \
        (session, encrypted, encrypted_bytes, part, part_bytes)) \
    FORWARD(C_SignEncryptUpdate, \
        (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_bytes, CK_BYTE *encrypted, CK_ULONG *encrypted_bytes), \
        (session, part, part_bytes, encrypted, encrypted_bytes)) \
    FORWARD(C_DecryptVerifyUpdate, \
        (CK_SESSION_HANDLE session, CK_BYTE *encrypted, CK_ULONG encrypted_bytes, CK_BYTE *part, CK_ULONG *part_bytes), \
        (session, encrypted, encrypted_bytes, part, part_bytes)) \
    FORWARD(C_GenerateKey, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *attributes, CK_ULONG count, \
         CK_OBJECT_HANDLE *key), \
        (session, mechanism, attributes, count, key)) \
    FORWARD(C_GenerateKeyPair, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_attributes, CK_ULONG public_count, \
         CK_ATTRIBUTE *private_attributes, CK_ULONG private_count, CK_OBJECT_HANDLE *public_key, \
         CK_OBJECT_HANDLE *private_key), \
        (session, mechanism, public_attributes, public_count, private_attributes, private_count, public_key, private_key)) \
    FORWARD(C_WrapKey, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key, \
         CK_BYTE *wrapped, CK_ULONG *wrapped_bytes), \
        (session, mechanism, wrapping_key, key, wrapped, wrapped_bytes)) \
    FORWARD(C_UnwrapKey, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping_key, CK_BYTE *wrapped, \
         CK_ULONG wrapped_bytes, CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE *key), \
        (session, mechanism, unwrapping_key, wrapped, wrapped_bytes, attributes, count, key)) \
    FORWARD(C_DeriveKey, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base_key, CK_ATTRIBUTE *attributes, \
         CK_ULONG count, CK_OBJECT_HANDLE *key), \
        (session, mechanism, base_key, attributes, count, key)) \
    FORWARD(C_SeedRandom, (CK_SESSION_HANDLE session, CK_BYTE *seed, CK_ULONG seed_bytes), (session, seed, seed_bytes)) \
    FORWARD(C_GenerateRandom, \
        (CK_SESSION_HANDLE session, CK_BYTE *random, CK_ULONG random_bytes), \
        (session, random, random_bytes)) \
    FORWARD(C_GetFunctionStatus, (CK_SESSION_HANDLE session), (session)) \
    FORWARD(C_CancelFunction, (CK_SESSION_HANDLE session), (session)) \
    FORWARD(C_WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved), (flags, slot, reserved))

#define CRYPTOKI_3_0(OWN, FORWARD) \
    OWN(C_GetInterfaceList, (CK_INTERFACE *interfaces, CK_ULONG *count), (interfaces, count)) \
    OWN(C_GetInterface, \
        (CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **interface, CK_FLAGS flags), \
        (name, version, interface, flags)) \
    FORWARD(C_LoginUser, \
        (CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG pin_bytes, CK_UTF8CHAR *user_name, \
         CK_ULONG user_name_bytes), \
        (session, user, pin, pin_bytes, user_name, user_name_bytes)) \
    FORWARD(C_SessionCancel, (CK_SESSION_HANDLE session, CK_FLAGS flags), (session, flags)) \
    FORWARD(C_MessageEncryptInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), \
        (session, mechanism, key)) \
    FORWARD(C_EncryptMessage, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes, CK_BYTE *associated, \
         CK_ULONG associated_bytes, CK_BYTE *plain, CK_ULONG plain_bytes, CK_BYTE *cipher, CK_ULONG *cipher_bytes), \
        (session, parameter, parameter_bytes, associated, associated_bytes, plain, plain_bytes, cipher, cipher_bytes)) \
    FORWARD(C_EncryptMessageBegin, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes, CK_BYTE *associated, \
         CK_ULONG associated_bytes), \
        (session, parameter, parameter_bytes, associated, associated_bytes)) \
    FORWARD(C_EncryptMessageNext, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes, CK_BYTE *plain, CK_ULONG plain_bytes, \
         CK_BYTE *cipher, CK_ULONG *cipher_bytes, CK_FLAGS flags), \
        (session, parameter, parameter_bytes, plain, plain_bytes, cipher, cipher_bytes, flags)) \
    FORWARD(C_MessageEncryptFinal, (CK_SESSION_HANDLE session), (session)) \
    FORWARD(C_MessageDecryptInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), \
        (session, mechanism, key)) \
    FORWARD(C_DecryptMessage, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes, CK_BYTE *associated, \
         CK_ULONG associated_bytes, CK_BYTE *cipher, CK_ULONG cipher_bytes, CK_BYTE *plain, CK_ULONG *plain_bytes), \
        (session, parameter, parameter_bytes, associated, associated_bytes, cipher, cipher_bytes, plain, plain_bytes)) \
    FORWARD(C_DecryptMessageBegin, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes, CK_BYTE *associated, \
         CK_ULONG associated_bytes), \
        (session, parameter, parameter_bytes, associated, associated_bytes)) \
    FORWARD(C_DecryptMessageNext, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes, CK_BYTE *cipher, CK_ULONG cipher_bytes, \
         CK_BYTE *plain, CK_ULONG *plain_bytes, CK_FLAGS flags), \
        (session, parameter, parameter_bytes, cipher, cipher_bytes, plain, plain_bytes, flags)) \
    FORWARD(C_MessageDecryptFinal, (CK_SESSION_HANDLE session), (session)) \
    FORWARD(C_MessageSignInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), \
        (session, mechanism, key)) \
    FORWARD(C_SignMessage, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes, CK_BYTE *data, CK_ULONG data_bytes, \
         CK_BYTE *signature, CK_ULONG *signature_bytes), \
        (session, parameter, parameter_bytes, data, data_bytes, signature, signature_bytes)) \
    FORWARD(C_SignMessageBegin, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes), \
        (session, parameter, parameter_bytes)) \
    FORWARD(C_SignMessageNext, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes, CK_BYTE *data, CK_ULONG data_bytes, \
         CK_BYTE *signature, CK_ULONG *signature_bytes), \
        (session, parameter, parameter_bytes, data, data_bytes, signature, signature_bytes)) \
    FORWARD(C_MessageSignFinal, (CK_SESSION_HANDLE session), (session)) \
    FORWARD(C_MessageVerifyInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), \
        (session, mechanism, key)) \
    FORWARD(C_VerifyMessage, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes, CK_BYTE *data, CK_ULONG data_bytes, \
         CK_BYTE *signature, CK_ULONG signature_bytes), \
        (session, parameter, parameter_bytes, data, data_bytes, signature, signature_bytes)) \
    FORWARD(C_VerifyMessageBegin, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes), \
        (session, parameter, parameter_bytes)) \
    FORWARD(C_VerifyMessageNext, \
        (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_bytes, CK_BYTE *data, CK_ULONG data_bytes, \
         CK_BYTE *signature, CK_ULONG signature_bytes), \
        (session, parameter, parameter_bytes, data, data_bytes, signature, signature_bytes)) \
    FORWARD(C_MessageVerifyFinal, (CK_SESSION_HANDLE session), (session))

#define CRYPTOKI_3_2(OWN, FORWARD) \
    FORWARD(C_EncapsulateKey, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE public_key, CK_ATTRIBUTE *attributes, \
         CK_ULONG count, CK_BYTE *cipher, CK_ULONG *cipher_bytes, CK_OBJECT_HANDLE *key), \
        (session, mechanism, public_key, attributes, count, cipher, cipher_bytes, key)) \
    FORWARD(C_DecapsulateKey, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE private_key, CK_ATTRIBUTE *attributes, \
         CK_ULONG count, CK_BYTE *cipher, CK_ULONG cipher_bytes, CK_OBJECT_HANDLE *key), \
        (session, mechanism, private_key, attributes, count, cipher, cipher_bytes, key)) \
    FORWARD(C_VerifySignatureInit, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *signature, \
         CK_ULONG signature_bytes), \
        (session, mechanism, key, signature, signature_bytes)) \
    FORWARD(C_VerifySignature, \
        (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_bytes), \
        (session, data, data_bytes)) \
    FORWARD(C_VerifySignatureUpdate, \
        (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_bytes), \
        (session, part, part_bytes)) \
    FORWARD(C_VerifySignatureFinal, (CK_SESSION_HANDLE session), (session)) \
    FORWARD(C_GetSessionValidationFlags, \
        (CK_SESSION_HANDLE session, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *flags), \
        (session, type, flags)) \
    FORWARD(C_AsyncComplete, \
        (CK_SESSION_HANDLE session, CK_UTF8CHAR *function_name, CK_ASYNC_DATA *result), \
        (session, function_name, result)) \
    FORWARD(C_AsyncGetID, \
        (CK_SESSION_HANDLE session, CK_UTF8CHAR *function_name, CK_ULONG *id), \
        (session, function_name, id)) \
    FORWARD(C_AsyncJoin, \
        (CK_SESSION_HANDLE session, CK_UTF8CHAR *function_name, CK_ULONG id, CK_BYTE *data, CK_ULONG data_bytes), \
        (session, function_name, id, data, data_bytes)) \
    FORWARD(C_WrapKeyAuthenticated, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key, \
         CK_BYTE *associated, CK_ULONG associated_bytes, CK_BYTE *wrapped, CK_ULONG *wrapped_bytes), \
        (session, mechanism, wrapping_key, key, associated, associated_bytes, wrapped, wrapped_bytes)) \
    FORWARD(C_UnwrapKeyAuthenticated, \
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping_key, CK_BYTE *wrapped, \
         CK_ULONG wrapped_bytes, CK_ATTRIBUTE *attributes, CK_ULONG count, CK_BYTE *associated, \
         CK_ULONG associated_bytes, CK_OBJECT_HANDLE *key), \
        (session, mechanism, unwrapping_key, wrapped, wrapped_bytes, attributes, count, associated, associated_bytes, key))

#define CRYPTOKI_ALL(OWN, FORWARD) CRYPTOKI_2_40(OWN, FORWARD) CRYPTOKI_3_0(OWN, FORWARD) CRYPTOKI_3_2(OWN, FORWARD)

#endif
