using CodeSign.Cryptoki;
using CodeSign.P11.Objects;

namespace CodeSign.P11.Signing;

/// <summary>Whether a key and a mechanism go together, told by the attributes that are here already: no round trip.</summary>
internal static class KeyCheck
{
    /// <param name="key">The key, or null where the handle names nothing of this token.</param>
    /// <param name="mechanism">The mechanism.</param>
    /// <param name="pss">Its PSS parameters, if it has any.</param>
    /// <param name="permission">CKA_SIGN or CKA_VERIFY.</param>
    /// <param name="facts">The key's sizes where the answer is CKR_OK.</param>
    public static CKR Run(TokenObject? key, SignatureMechanism mechanism, PssChoice? pss, CKA permission, out KeyFacts? facts)
    {
        facts = null;
        if (key is null)
        {
            return CKR.CKR_KEY_HANDLE_INVALID;
        }

        if (!key.IsVisible)
        {
            return Boundary.Refuse(CKR.CKR_USER_NOT_LOGGED_IN, "The key is private and the token wants a login; call C_Login first.");
        }

        CKO wanted = permission == CKA.CKA_SIGN ? CKO.CKO_PRIVATE_KEY : CKO.CKO_PUBLIC_KEY;
        if (key.Class is not (CKO.CKO_PRIVATE_KEY or CKO.CKO_PUBLIC_KEY or CKO.CKO_SECRET_KEY))
        {
            return CKR.CKR_KEY_HANDLE_INVALID;
        }

        if (key.KeyType != mechanism.KeyType)
        {
            return Boundary.Refuse(CKR.CKR_KEY_TYPE_INCONSISTENT, $"{mechanism.Mechanism} wants a {mechanism.KeyType}, this is a {key.KeyType}.");
        }

        if (key.Class != wanted || !key.Flag(permission))
        {
            return Boundary.Refuse(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, $"The key is a {key.Class} without {permission}, or of the wrong class.");
        }

        if (!key.Permits(mechanism.Mechanism))
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_INVALID, $"The key isn't made for {mechanism.Mechanism} (CKA_ALLOWED_MECHANISMS).");
        }

        facts = KeyFacts.Of(key);
        if (facts is null || (ulong)facts.Bits < mechanism.KeyBitsMin || (ulong)facts.Bits > mechanism.KeyBitsMax)
        {
            return Boundary.Refuse(CKR.CKR_KEY_SIZE_RANGE, $"{mechanism.Mechanism} doesn't take a key of this size or curve.");
        }

        // RFC 8017 section 9.1.1, step 3.
        return pss is not null && pss.SaltBytes > ((facts.Bits + 6) / 8) - pss.Hash.DigestBytes - 2
            ? Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, $"A salt of {pss.SaltBytes} bytes doesn't fit this key.")
            : CKR.CKR_OK;
    }

    /// <summary>Whether so many bytes can be signed or verified as they are, where the mechanism doesn't hash.</summary>
    public static bool TakesBytes(SignatureMechanism mechanism, PssChoice? pss, KeyFacts facts, int bytes) => mechanism.HashesFirst || mechanism.Scheme switch
    {
        SignatureScheme.RsaPkcs1 => bytes <= facts.SignatureBytes - 11,   // RFC 8017 section 9.2, step 3
        SignatureScheme.RsaRaw => bytes <= facts.SignatureBytes,
        SignatureScheme.RsaPss => bytes == pss!.Hash.DigestBytes,
        SignatureScheme.Ecdsa => bytes > 0,
        SignatureScheme.Eddsa or SignatureScheme.MlDsa or SignatureScheme.SlhDsa => true,
    };
}
