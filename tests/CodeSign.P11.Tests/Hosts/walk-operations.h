/* As walk.h: the calls that begin, continue and end operations, and those that this library only answers. */
#define DIGEST_CALLS(CALL) \
    CALL("C_DigestInit", f->C_DigestInit(s, &sha256)) \
    CALL("C_DigestInit(unknown)", f->C_DigestInit(s, &unknown)) \
    CALL("C_DigestInit(NULL)", f->C_DigestInit(s, NULL)) \
    CALL("C_Digest", (bytes = 32, f->C_Digest(s, message, 3, room, &bytes))) \
    CALL("C_Digest(length)", f->C_Digest(s, message, 3, NULL, &bytes)) \
    CALL("C_Digest(small)", (bytes = 31, f->C_Digest(s, message, 3, room, &bytes))) \
    CALL("C_Digest(no data)", (bytes = 32, f->C_Digest(s, NULL, 3, room, &bytes))) \
    CALL("C_Digest(NULL)", f->C_Digest(s, message, 3, room, NULL)) \
    CALL("C_DigestUpdate", f->C_DigestUpdate(s, message, 3)) \
    CALL("C_DigestUpdate(NULL)", f->C_DigestUpdate(s, NULL, 3)) \
    CALL("C_DigestKey", f->C_DigestKey(s, secret_key)) \
    CALL("C_DigestKey(public key)", f->C_DigestKey(s, public_key)) \
    CALL("C_DigestKey(no key)", f->C_DigestKey(s, data)) \
    CALL("C_DigestFinal", (bytes = 32, f->C_DigestFinal(s, room, &bytes))) \
    CALL("C_DigestFinal(length)", f->C_DigestFinal(s, NULL, &bytes)) \
    CALL("C_DigestFinal(small)", (bytes = 31, f->C_DigestFinal(s, room, &bytes))) \
    CALL("C_DigestFinal(NULL)", f->C_DigestFinal(s, room, NULL))

#define SIGN_CALLS(CALL) \
    CALL("C_SignInit", f->C_SignInit(s, &ecdsa_sha256, signing_key)) \
    CALL("C_SignInit(unknown)", f->C_SignInit(s, &unknown, signing_key)) \
    CALL("C_SignInit(parameter)", f->C_SignInit(s, &with_parameter, signing_key)) \
    CALL("C_SignInit(wrong type)", f->C_SignInit(s, &rsa, signing_key)) \
    CALL("C_SignInit(public key)", f->C_SignInit(s, &ecdsa_sha256, public_key)) \
    CALL("C_SignInit(no key)", f->C_SignInit(s, &ecdsa_sha256, data)) \
    CALL("C_SignInit(NULL)", f->C_SignInit(s, NULL, signing_key)) \
    CALL("C_Sign", (bytes = 64, f->C_Sign(s, message, 3, room, &bytes))) \
    CALL("C_Sign(length)", f->C_Sign(s, message, 3, NULL, &bytes)) \
    CALL("C_Sign(small)", (bytes = 63, f->C_Sign(s, message, 3, room, &bytes))) \
    CALL("C_Sign(no data)", (bytes = 64, f->C_Sign(s, NULL, 3, room, &bytes))) \
    CALL("C_Sign(NULL)", f->C_Sign(s, message, 3, room, NULL)) \
    CALL("C_SignUpdate", f->C_SignUpdate(s, message, 3)) \
    CALL("C_SignUpdate(NULL)", f->C_SignUpdate(s, NULL, 3)) \
    CALL("C_SignFinal", (bytes = 64, f->C_SignFinal(s, room, &bytes))) \
    CALL("C_SignFinal(length)", f->C_SignFinal(s, NULL, &bytes)) \
    CALL("C_SignFinal(small)", (bytes = 63, f->C_SignFinal(s, room, &bytes))) \
    CALL("C_SignFinal(NULL)", f->C_SignFinal(s, room, NULL)) \
    CALL("C_SignRecoverInit", f->C_SignRecoverInit(s, &rsa, signing_key)) \
    CALL("C_SignRecover", f->C_SignRecover(s, message, 3, room, &bytes))

#define VERIFY_CALLS(CALL) \
    CALL("C_VerifyInit", f->C_VerifyInit(s, &ecdsa_sha256, public_key)) \
    CALL("C_VerifyInit(unknown)", f->C_VerifyInit(s, &unknown, public_key)) \
    CALL("C_VerifyInit(private key)", f->C_VerifyInit(s, &ecdsa_sha256, signing_key)) \
    CALL("C_VerifyInit(no key)", f->C_VerifyInit(s, &ecdsa_sha256, data)) \
    CALL("C_VerifyInit(NULL)", f->C_VerifyInit(s, NULL, public_key)) \
    CALL("C_Verify", f->C_Verify(s, message, 3, signature, 64)) \
    CALL("C_Verify(another's)", f->C_Verify(s, message, 2, signature, 64)) \
    CALL("C_Verify(short)", f->C_Verify(s, message, 3, signature, 63)) \
    CALL("C_Verify(no data)", f->C_Verify(s, NULL, 3, signature, 64)) \
    CALL("C_Verify(NULL)", f->C_Verify(s, message, 3, NULL, 64)) \
    CALL("C_VerifyUpdate", f->C_VerifyUpdate(s, message, 3)) \
    CALL("C_VerifyUpdate(NULL)", f->C_VerifyUpdate(s, NULL, 3)) \
    CALL("C_VerifyFinal(another's)", f->C_VerifyFinal(s, signature, 64)) \
    CALL("C_VerifyFinal(short)", f->C_VerifyFinal(s, signature, 63)) \
    CALL("C_VerifyFinal(NULL)", f->C_VerifyFinal(s, NULL, 64)) \
    CALL("C_VerifyRecoverInit", f->C_VerifyRecoverInit(s, &rsa, public_key)) \
    CALL("C_VerifyRecover", f->C_VerifyRecover(s, signature, 64, room, &bytes)) \
    CALL("C_VerifySignatureInit", f->C_VerifySignatureInit(s, &ecdsa_sha256, public_key, signature, 64)) \
    CALL("C_VerifySignatureInit(no signature)", f->C_VerifySignatureInit(s, &ecdsa_sha256, public_key, NULL, 64)) \
    CALL("C_VerifySignatureInit(NULL)", f->C_VerifySignatureInit(s, NULL, public_key, signature, 64)) \
    CALL("C_VerifySignature", f->C_VerifySignature(s, message, 3)) \
    CALL("C_VerifySignature(NULL)", f->C_VerifySignature(s, NULL, 3)) \
    CALL("C_VerifySignatureUpdate", f->C_VerifySignatureUpdate(s, message, 3)) \
    CALL("C_VerifySignatureUpdate(NULL)", f->C_VerifySignatureUpdate(s, NULL, 3)) \
    CALL("C_VerifySignatureFinal", f->C_VerifySignatureFinal(s))

#define TRANSPORT_CALLS(CALL) \
    CALL("C_WrapKey", (bytes = sizeof room, f->C_WrapKey(s, &aes_wrap, secret_key, session_key, room, &bytes))) \
    CALL("C_WrapKey(length)", f->C_WrapKey(s, &aes_wrap, secret_key, session_key, NULL, &bytes)) \
    CALL("C_WrapKey(small)", (bytes = 23, f->C_WrapKey(s, &aes_wrap, secret_key, session_key, room, &bytes))) \
    CALL("C_WrapKey(unknown)", f->C_WrapKey(s, &unknown, secret_key, session_key, room, &bytes)) \
    CALL("C_WrapKey(no mechanism)", f->C_WrapKey(s, NULL, secret_key, session_key, room, &bytes)) \
    CALL("C_WrapKey(no wrapping key)", f->C_WrapKey(s, &aes_wrap, 0, session_key, room, &bytes)) \
    CALL("C_WrapKey(wrong wrapping key)", f->C_WrapKey(s, &aes_wrap, public_key, session_key, room, &bytes)) \
    CALL("C_WrapKey(no key)", f->C_WrapKey(s, &aes_wrap, secret_key, 0, room, &bytes)) \
    CALL("C_WrapKey(kept key)", f->C_WrapKey(s, &aes_wrap, secret_key, signing_key, room, &bytes)) \
    CALL("C_WrapKey(public key)", f->C_WrapKey(s, &aes_wrap, secret_key, public_key, room, &bytes)) \
    CALL("C_WrapKey(NULL)", f->C_WrapKey(s, &aes_wrap, secret_key, session_key, room, NULL)) \
    CALL("C_UnwrapKey", gone(f->C_UnwrapKey(s, &aes_wrap, secret_key, wrapped, 24, unwrap_template, 2, &made))) \
    CALL("C_UnwrapKey(unknown)", f->C_UnwrapKey(s, &unknown, secret_key, wrapped, 24, unwrap_template, 2, &made)) \
    CALL("C_UnwrapKey(no mechanism)", f->C_UnwrapKey(s, NULL, secret_key, wrapped, 24, unwrap_template, 2, &made)) \
    CALL("C_UnwrapKey(no unwrapping key)", f->C_UnwrapKey(s, &aes_wrap, 0, wrapped, 24, unwrap_template, 2, &made)) \
    CALL("C_UnwrapKey(wrong unwrapping key)", f->C_UnwrapKey(s, &aes_wrap, public_key, wrapped, 24, unwrap_template, 2, &made)) \
    CALL("C_UnwrapKey(another's)", f->C_UnwrapKey(s, &aes_wrap, secret_key, signature, 24, unwrap_template, 2, &made)) \
    CALL("C_UnwrapKey(short)", f->C_UnwrapKey(s, &aes_wrap, secret_key, wrapped, 23, unwrap_template, 2, &made)) \
    CALL("C_UnwrapKey(no template)", f->C_UnwrapKey(s, &aes_wrap, secret_key, wrapped, 24, NULL, 2, &made)) \
    CALL("C_UnwrapKey(nothing wrapped)", f->C_UnwrapKey(s, &aes_wrap, secret_key, NULL, 24, unwrap_template, 2, &made)) \
    CALL("C_UnwrapKey(NULL)", f->C_UnwrapKey(s, &aes_wrap, secret_key, wrapped, 24, unwrap_template, 2, NULL))

#define OTHER_CALLS(CALL) \
    CALL("C_EncryptInit", f->C_EncryptInit(s, &aes_ecb, secret_key)) \
    CALL("C_Encrypt", f->C_Encrypt(s, message, 3, room, &bytes)) \
    CALL("C_EncryptUpdate", f->C_EncryptUpdate(s, message, 3, room, &bytes)) \
    CALL("C_EncryptFinal", f->C_EncryptFinal(s, room, &bytes)) \
    CALL("C_DecryptInit", f->C_DecryptInit(s, &aes_ecb, secret_key)) \
    CALL("C_Decrypt", f->C_Decrypt(s, message, 3, room, &bytes)) \
    CALL("C_DecryptUpdate", f->C_DecryptUpdate(s, message, 3, room, &bytes)) \
    CALL("C_DecryptFinal", f->C_DecryptFinal(s, room, &bytes)) \
    CALL("C_DigestEncryptUpdate", f->C_DigestEncryptUpdate(s, message, 3, room, &bytes)) \
    CALL("C_DecryptDigestUpdate", f->C_DecryptDigestUpdate(s, message, 3, room, &bytes)) \
    CALL("C_SignEncryptUpdate", f->C_SignEncryptUpdate(s, message, 3, room, &bytes)) \
    CALL("C_DecryptVerifyUpdate", f->C_DecryptVerifyUpdate(s, message, 3, room, &bytes)) \
    CALL("C_DeriveKey(unknown)", f->C_DeriveKey(s, &unknown, secret_key, key_template, 1, &made)) \
    CALL("C_MessageEncryptInit", f->C_MessageEncryptInit(s, &aes_ecb, secret_key)) \
    CALL("C_EncryptMessage", f->C_EncryptMessage(s, NULL, 0, NULL, 0, message, 3, room, &bytes)) \
    CALL("C_EncryptMessageBegin", f->C_EncryptMessageBegin(s, NULL, 0, NULL, 0)) \
    CALL("C_EncryptMessageNext", f->C_EncryptMessageNext(s, NULL, 0, message, 3, room, &bytes, 0)) \
    CALL("C_MessageEncryptFinal", f->C_MessageEncryptFinal(s)) \
    CALL("C_MessageDecryptInit", f->C_MessageDecryptInit(s, &aes_ecb, secret_key)) \
    CALL("C_DecryptMessage", f->C_DecryptMessage(s, NULL, 0, NULL, 0, message, 3, room, &bytes)) \
    CALL("C_DecryptMessageBegin", f->C_DecryptMessageBegin(s, NULL, 0, NULL, 0)) \
    CALL("C_DecryptMessageNext", f->C_DecryptMessageNext(s, NULL, 0, message, 3, room, &bytes, 0)) \
    CALL("C_MessageDecryptFinal", f->C_MessageDecryptFinal(s)) \
    CALL("C_MessageSignInit", f->C_MessageSignInit(s, &ecdsa_sha256, signing_key)) \
    CALL("C_SignMessage", f->C_SignMessage(s, NULL, 0, message, 3, room, &bytes)) \
    CALL("C_SignMessageBegin", f->C_SignMessageBegin(s, NULL, 0)) \
    CALL("C_SignMessageNext", f->C_SignMessageNext(s, NULL, 0, message, 3, room, &bytes)) \
    CALL("C_MessageSignFinal", f->C_MessageSignFinal(s)) \
    CALL("C_MessageVerifyInit", f->C_MessageVerifyInit(s, &ecdsa_sha256, public_key)) \
    CALL("C_VerifyMessage", f->C_VerifyMessage(s, NULL, 0, message, 3, signature, 64)) \
    CALL("C_VerifyMessageBegin", f->C_VerifyMessageBegin(s, NULL, 0)) \
    CALL("C_VerifyMessageNext", f->C_VerifyMessageNext(s, NULL, 0, message, 3, signature, 64)) \
    CALL("C_MessageVerifyFinal", f->C_MessageVerifyFinal(s)) \
    CALL("C_EncapsulateKey(unknown)", f->C_EncapsulateKey(s, &unknown, public_key, key_template, 1, room, &bytes, &made)) \
    CALL("C_DecapsulateKey(unknown)", f->C_DecapsulateKey(s, &unknown, signing_key, key_template, 1, message, 3, &made)) \
    CALL("C_AsyncComplete", f->C_AsyncComplete(s, (CK_UTF8CHAR *)"C_Sign", (CK_ASYNC_DATA *)room)) \
    CALL("C_AsyncGetID", f->C_AsyncGetID(s, (CK_UTF8CHAR *)"C_Sign", &bytes)) \
    CALL("C_AsyncJoin", f->C_AsyncJoin(s, (CK_UTF8CHAR *)"C_Sign", 1, room, 64)) \
    CALL("C_WrapKeyAuthenticated(unknown)", \
        f->C_WrapKeyAuthenticated(s, &unknown, secret_key, secret_key, NULL, 0, room, &bytes)) \
    CALL("C_UnwrapKeyAuthenticated(unknown)", \
        f->C_UnwrapKeyAuthenticated(s, &unknown, secret_key, message, 3, key_template, 1, NULL, 0, &made))
