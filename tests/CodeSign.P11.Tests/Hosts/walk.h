/*
 * The calls of the walk through all states: each function with arguments that are valid where they can be, and with each that can't
 * be. CALL(name in the matrix, expression of its answer). They use what walk.c has: f, s and the rest.
 */
#define GENERAL_CALLS(CALL) \
    CALL("C_Initialize", f->C_Initialize(NULL)) \
    CALL("C_Initialize(reserved)", f->C_Initialize(&(CK_C_INITIALIZE_ARGS){ .pReserved = room })) \
    CALL("C_Initialize(some functions)", f->C_Initialize(&(CK_C_INITIALIZE_ARGS){ .LockMutex = unused_lock })) \
    CALL("C_Finalize", f->C_Finalize(NULL)) \
    CALL("C_Finalize(reserved)", f->C_Finalize(room)) \
    CALL("C_GetInfo", f->C_GetInfo((CK_INFO *)room)) \
    CALL("C_GetInfo(NULL)", f->C_GetInfo(NULL)) \
    CALL("C_GetFunctionList", f->C_GetFunctionList((CK_FUNCTION_LIST **)room)) \
    CALL("C_GetFunctionList(NULL)", f->C_GetFunctionList(NULL)) \
    CALL("C_GetInterfaceList", f->C_GetInterfaceList(NULL, &bytes)) \
    CALL("C_GetInterfaceList(small)", (bytes = 1, f->C_GetInterfaceList((CK_INTERFACE *)room, &bytes))) \
    CALL("C_GetInterfaceList(NULL)", f->C_GetInterfaceList(NULL, NULL)) \
    CALL("C_GetInterface", f->C_GetInterface(NULL, NULL, (CK_INTERFACE **)room, 0)) \
    CALL("C_GetInterface(unknown)", f->C_GetInterface((CK_UTF8CHAR *)"PKCS 12", NULL, (CK_INTERFACE **)room, 0)) \
    CALL("C_GetInterface(NULL)", f->C_GetInterface(NULL, NULL, NULL, 0)) \
    CALL("C_GetSlotList", f->C_GetSlotList(1, NULL, &bytes)) \
    CALL("C_GetSlotList(small)", (bytes = 0, f->C_GetSlotList(1, (CK_SLOT_ID *)room, &bytes))) \
    CALL("C_GetSlotList(NULL)", f->C_GetSlotList(1, NULL, NULL)) \
    CALL("C_GetSlotInfo", f->C_GetSlotInfo(token_slot, (CK_SLOT_INFO *)room)) \
    CALL("C_GetSlotInfo(NULL)", f->C_GetSlotInfo(token_slot, NULL)) \
    CALL("C_GetSlotInfo(no slot)", f->C_GetSlotInfo(NO_SLOT, (CK_SLOT_INFO *)room)) \
    CALL("C_GetTokenInfo", f->C_GetTokenInfo(token_slot, (CK_TOKEN_INFO *)room)) \
    CALL("C_GetTokenInfo(NULL)", f->C_GetTokenInfo(token_slot, NULL)) \
    CALL("C_GetTokenInfo(no slot)", f->C_GetTokenInfo(NO_SLOT, (CK_TOKEN_INFO *)room)) \
    CALL("C_GetMechanismList", f->C_GetMechanismList(token_slot, NULL, &bytes)) \
    CALL("C_GetMechanismList(small)", (bytes = 1, f->C_GetMechanismList(token_slot, (CK_MECHANISM_TYPE *)room, &bytes))) \
    CALL("C_GetMechanismList(NULL)", f->C_GetMechanismList(token_slot, NULL, NULL)) \
    CALL("C_GetMechanismList(no slot)", f->C_GetMechanismList(NO_SLOT, NULL, &bytes)) \
    CALL("C_GetMechanismInfo", f->C_GetMechanismInfo(token_slot, CKM_ECDSA, (CK_MECHANISM_INFO *)room)) \
    CALL("C_GetMechanismInfo(unknown)", f->C_GetMechanismInfo(token_slot, 0x80001234, (CK_MECHANISM_INFO *)room)) \
    CALL("C_GetMechanismInfo(NULL)", f->C_GetMechanismInfo(token_slot, CKM_ECDSA, NULL)) \
    CALL("C_GetMechanismInfo(no slot)", f->C_GetMechanismInfo(NO_SLOT, CKM_ECDSA, (CK_MECHANISM_INFO *)room)) \
    CALL("C_WaitForSlotEvent", f->C_WaitForSlotEvent(1, (CK_SLOT_ID *)room, NULL)) \
    CALL("C_WaitForSlotEvent(NULL)", f->C_WaitForSlotEvent(1, NULL, NULL)) \
    CALL("C_WaitForSlotEvent(reserved)", f->C_WaitForSlotEvent(1, (CK_SLOT_ID *)room, room)) \
    CALL("C_InitToken", f->C_InitToken(token_slot, PIN(so_pin), label)) \
    CALL("C_InitToken(no PIN)", f->C_InitToken(token_slot, NULL, 4, label)) \
    CALL("C_InitToken(NULL)", f->C_InitToken(token_slot, PIN(so_pin), NULL)) \
    CALL("C_InitToken(no slot)", f->C_InitToken(NO_SLOT, PIN(so_pin), label))

#define SESSION_CALLS(CALL) \
    CALL("C_InitPIN", f->C_InitPIN(s, PIN(user_pin))) \
    CALL("C_InitPIN(short)", f->C_InitPIN(s, PIN("1"))) \
    CALL("C_InitPIN(NULL)", f->C_InitPIN(s, NULL, 8)) \
    CALL("C_SetPIN", f->C_SetPIN(s, PIN(own_pin()), PIN(own_pin()))) \
    CALL("C_SetPIN(short)", f->C_SetPIN(s, PIN(own_pin()), PIN("1"))) \
    CALL("C_SetPIN(no old)", f->C_SetPIN(s, NULL, 8, PIN(user_pin))) \
    CALL("C_SetPIN(no new)", f->C_SetPIN(s, PIN(user_pin), NULL, 8)) \
    CALL("C_OpenSession(read-only)", closed(f->C_OpenSession(token_slot, 4, NULL, NULL, &made))) \
    CALL("C_OpenSession(read-write)", closed(f->C_OpenSession(token_slot, 6, NULL, NULL, &made))) \
    CALL("C_OpenSession(parallel)", f->C_OpenSession(token_slot, 2, NULL, NULL, &made)) \
    CALL("C_OpenSession(asynchronous)", f->C_OpenSession(token_slot, 14, NULL, NULL, &made)) \
    CALL("C_OpenSession(NULL)", f->C_OpenSession(token_slot, 6, NULL, NULL, NULL)) \
    CALL("C_OpenSession(no slot)", f->C_OpenSession(NO_SLOT, 6, NULL, NULL, &made)) \
    CALL("C_CloseSession", f->C_CloseSession(s)) \
    CALL("C_CloseAllSessions", f->C_CloseAllSessions(token_slot)) \
    CALL("C_CloseAllSessions(no slot)", f->C_CloseAllSessions(NO_SLOT)) \
    CALL("C_GetSessionInfo", f->C_GetSessionInfo(s, (CK_SESSION_INFO *)room)) \
    CALL("C_GetSessionInfo(NULL)", f->C_GetSessionInfo(s, NULL)) \
    CALL("C_SessionCancel(nothing)", f->C_SessionCancel(s, 0)) \
    CALL("C_SessionCancel(find)", f->C_SessionCancel(s, 0x40)) \
    CALL("C_SessionCancel(digest)", f->C_SessionCancel(s, 0x400)) \
    CALL("C_SessionCancel(sign)", f->C_SessionCancel(s, 0x800)) \
    CALL("C_SessionCancel(verify)", f->C_SessionCancel(s, 0x2000)) \
    CALL("C_SessionCancel(all)", f->C_SessionCancel(s, EVERYTHING)) \
    CALL("C_GetSessionValidationFlags", f->C_GetSessionValidationFlags(s, 1, &bytes)) \
    CALL("C_GetSessionValidationFlags(unknown)", f->C_GetSessionValidationFlags(s, 2, &bytes)) \
    CALL("C_GetSessionValidationFlags(NULL)", f->C_GetSessionValidationFlags(s, 1, NULL)) \
    CALL("C_GetOperationState", (bytes = sizeof room, f->C_GetOperationState(s, room, &bytes))) \
    CALL("C_GetOperationState(length)", f->C_GetOperationState(s, NULL, &bytes)) \
    CALL("C_GetOperationState(NULL)", f->C_GetOperationState(s, room, NULL)) \
    CALL("C_SetOperationState(of no session)", f->C_SetOperationState(s, (CK_BYTE *)label, 32, 0, 0)) \
    CALL("C_SetOperationState(NULL)", f->C_SetOperationState(s, NULL, 32, 0, 0)) \
    CALL("C_Login(user)", f->C_Login(s, 1, PIN(user_pin))) \
    CALL("C_Login(SO)", f->C_Login(s, 0, PIN(so_pin))) \
    CALL("C_Login(context-specific)", f->C_Login(s, 2, PIN(user_pin))) \
    CALL("C_Login(no such type)", f->C_Login(s, 3, PIN(user_pin))) \
    CALL("C_Login(NULL)", f->C_Login(s, 1, NULL, 8)) \
    CALL("C_LoginUser(user)", f->C_LoginUser(s, 1, PIN(user_pin), NULL, 0)) \
    CALL("C_LoginUser(another)", f->C_LoginUser(s, 1, PIN(user_pin), PIN("somebody else"))) \
    CALL("C_LoginUser(NULL)", f->C_LoginUser(s, 1, PIN(user_pin), NULL, 8)) \
    CALL("C_Logout", f->C_Logout(s)) \
    CALL("C_SeedRandom", f->C_SeedRandom(s, room, 32)) \
    CALL("C_SeedRandom(NULL)", f->C_SeedRandom(s, NULL, 32)) \
    CALL("C_GenerateRandom", f->C_GenerateRandom(s, room, 32)) \
    CALL("C_GenerateRandom(NULL)", f->C_GenerateRandom(s, NULL, 32)) \
    CALL("C_GetFunctionStatus", f->C_GetFunctionStatus(s)) \
    CALL("C_CancelFunction", f->C_CancelFunction(s))

#define OBJECT_CALLS(CALL) \
    CALL("C_CreateObject(of the session)", gone(f->C_CreateObject(s, data_template(&no, &no), 5, &made))) \
    CALL("C_CreateObject(of the token)", gone(f->C_CreateObject(s, data_template(&yes, &no), 5, &made))) \
    CALL("C_CreateObject(private)", gone(f->C_CreateObject(s, data_template(&no, &yes), 5, &made))) \
    CALL("C_CreateObject(no template)", f->C_CreateObject(s, NULL, 4, &made)) \
    CALL("C_CreateObject(NULL)", f->C_CreateObject(s, data_template(&no, &no), 5, NULL)) \
    CALL("C_CopyObject(into the session)", gone(f->C_CopyObject(s, data, to_session, 1, &made))) \
    CALL("C_CopyObject(into the token)", gone(f->C_CopyObject(s, data, NULL, 0, &made))) \
    CALL("C_CopyObject(private)", gone(f->C_CopyObject(s, private_data, to_session, 1, &made))) \
    CALL("C_CopyObject(no object)", f->C_CopyObject(s, 0, NULL, 0, &made)) \
    CALL("C_CopyObject(NULL)", f->C_CopyObject(s, data, NULL, 0, NULL)) \
    CALL("C_DestroyObject(of the session)", made_then_destroyed(&no)) \
    CALL("C_DestroyObject(of the token)", made_then_destroyed(&yes)) \
    CALL("C_DestroyObject(no object)", f->C_DestroyObject(s, 0)) \
    CALL("C_GetObjectSize", f->C_GetObjectSize(s, data, &bytes)) \
    CALL("C_GetObjectSize(private)", f->C_GetObjectSize(s, private_data, &bytes)) \
    CALL("C_GetObjectSize(no object)", f->C_GetObjectSize(s, 0, &bytes)) \
    CALL("C_GetObjectSize(NULL)", f->C_GetObjectSize(s, data, NULL)) \
    CALL("C_GetAttributeValue", get((CK_FUNCTION_LIST *)f, s, data, CKA_LABEL)) \
    CALL("C_GetAttributeValue(private)", get((CK_FUNCTION_LIST *)f, s, private_data, CKA_LABEL)) \
    CALL("C_GetAttributeValue(unknown)", get((CK_FUNCTION_LIST *)f, s, data, 0x80001234)) \
    CALL("C_GetAttributeValue(no object)", get((CK_FUNCTION_LIST *)f, s, 0, CKA_LABEL)) \
    CALL("C_GetAttributeValue(NULL)", f->C_GetAttributeValue(s, data, NULL, 1)) \
    CALL("C_SetAttributeValue(of the token)", rename_to((CK_FUNCTION_LIST *)f, s, data, "walk data")) \
    CALL("C_SetAttributeValue(private)", rename_to((CK_FUNCTION_LIST *)f, s, private_data, "walk private")) \
    CALL("C_SetAttributeValue(no object)", rename_to((CK_FUNCTION_LIST *)f, s, 0, "walk data")) \
    CALL("C_SetAttributeValue(NULL)", f->C_SetAttributeValue(s, data, NULL, 1)) \
    CALL("C_FindObjectsInit", f->C_FindObjectsInit(s, NULL, 0)) \
    CALL("C_FindObjectsInit(NULL)", f->C_FindObjectsInit(s, NULL, 1)) \
    CALL("C_FindObjects", f->C_FindObjects(s, (CK_OBJECT_HANDLE *)room, 2, &bytes)) \
    CALL("C_FindObjects(NULL)", f->C_FindObjects(s, NULL, 2, &bytes)) \
    CALL("C_FindObjects(no count)", f->C_FindObjects(s, (CK_OBJECT_HANDLE *)room, 2, NULL)) \
    CALL("C_FindObjectsFinal", f->C_FindObjectsFinal(s)) \
    CALL("C_GenerateKey", gone(f->C_GenerateKey(s, &aes_generation, key_template, 1, &made))) \
    CALL("C_GenerateKey(unknown)", f->C_GenerateKey(s, &unknown, key_template, 1, &made)) \
    CALL("C_GenerateKey(no mechanism)", f->C_GenerateKey(s, NULL, key_template, 1, &made)) \
    CALL("C_GenerateKey(NULL)", f->C_GenerateKey(s, &aes_generation, key_template, 1, NULL)) \
    CALL("C_GenerateKeyPair", gone(f->C_GenerateKeyPair(s, &pair_generation, curve_template, 1, NULL, 0, &made, &second))) \
    CALL("C_GenerateKeyPair(unknown)", f->C_GenerateKeyPair(s, &unknown, curve_template, 1, NULL, 0, &made, &second)) \
    CALL("C_GenerateKeyPair(no mechanism)", f->C_GenerateKeyPair(s, NULL, curve_template, 1, NULL, 0, &made, &second)) \
    CALL("C_GenerateKeyPair(NULL)", f->C_GenerateKeyPair(s, &pair_generation, curve_template, 1, NULL, 0, &made, NULL))
