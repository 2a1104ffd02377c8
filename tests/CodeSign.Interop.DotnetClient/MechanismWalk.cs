using System.Security.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Net.Pkcs11Interop.HighLevelAPI.MechanismParams;
using static CodeSign.Interop.DotnetClient.TokenWalk;

namespace CodeSign.Interop.DotnetClient;

/// <summary>Pairs generated in the token, and every signature that Pkcs11Interop has a name for: at once, in parts, true and false.</summary>
internal sealed class MechanismWalk(Pkcs11InteropFactories factories, ISlot slot, ISession session, string pin)
{
    private static readonly byte[] P256 = Convert.FromHexString("06082a8648ce3d030107");

    private readonly byte[] _data = RandomNumberGenerator.GetBytes(5000);

    public void Run()
    {
        Step("rsa", Rsa);
        Step("ecdsa", Curve);
        Step("short ecdsa", ShortSignature);
        Step("asked each time", AskedEachTime);
        Step("not there", NotThere);
    }

    private void Rsa()
    {
        (IObjectHandle verifies, IObjectHandle signs) = Generate(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN, Of(CKA.CKA_MODULUS_BITS, 2048));
        byte[] digest = SHA256.HashData(_data);
        Sign(CKM.CKM_RSA_PKCS, signs, verifies, [.. Convert.FromHexString("3031300D060960864801650304020105000420"), .. digest]);
        Sign(CKM.CKM_RSA_X_509, signs, verifies, [.. new byte[256 - 32], .. digest]);
        foreach (CKM mechanism in new[]
        {
            CKM.CKM_SHA1_RSA_PKCS, CKM.CKM_SHA224_RSA_PKCS, CKM.CKM_SHA256_RSA_PKCS, CKM.CKM_SHA384_RSA_PKCS, CKM.CKM_SHA512_RSA_PKCS,
        })
        {
            Sign(mechanism, signs, verifies, _data);
            SignInParts(factories.MechanismFactory.Create(mechanism), signs, verifies);
        }
        foreach ((CKM mechanism, CKM hash, CKG mask, ulong salt) in new[]
        {
            (CKM.CKM_SHA1_RSA_PKCS_PSS, CKM.CKM_SHA_1, CKG.CKG_MGF1_SHA1, 20UL), (CKM.CKM_SHA256_RSA_PKCS_PSS, CKM.CKM_SHA256, CKG.CKG_MGF1_SHA256, 32UL),
            (CKM.CKM_SHA384_RSA_PKCS_PSS, CKM.CKM_SHA384, CKG.CKG_MGF1_SHA384, 48UL), (CKM.CKM_SHA512_RSA_PKCS_PSS, CKM.CKM_SHA512, CKG.CKG_MGF1_SHA512, 0UL),
        })
        {
            ICkRsaPkcsPssParams parameters = factories.MechanismParamsFactory.CreateCkRsaPkcsPssParams((ulong)hash, (ulong)mask, salt);
            SignInParts(factories.MechanismFactory.Create(mechanism, parameters), signs, verifies);
        }
        ICkRsaPkcsPssParams bare = factories.MechanismParamsFactory.CreateCkRsaPkcsPssParams((ulong)CKM.CKM_SHA256, (ulong)CKG.CKG_MGF1_SHA256, 32);
        Check(session.Sign(factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS_PSS, bare), signs, digest).Length == 256, "CKM_RSA_PKCS_PSS");
        Refused(CKR.CKR_MECHANISM_PARAM_INVALID, () => session.Sign(factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS_PSS), signs, digest));
        Refused(CKR.CKR_KEY_TYPE_INCONSISTENT, () => session.Sign(factories.MechanismFactory.Create(CKM.CKM_ECDSA), signs, digest));
        Refused(CKR.CKR_MECHANISM_INVALID, () => session.Sign(factories.MechanismFactory.Create(CKM.CKM_MD5_RSA_PKCS), signs, digest));
        Refused(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, () => session.Sign(factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS), verifies, digest));
        Destroy(signs, verifies);
    }

    private void Curve()
    {
        (IObjectHandle verifies, IObjectHandle signs) = Generate(CKM.CKM_EC_KEY_PAIR_GEN, Of(CKA.CKA_EC_PARAMS, P256));
        Sign(CKM.CKM_ECDSA, signs, verifies, SHA256.HashData(_data));
        foreach (CKM mechanism in new[] { CKM.CKM_ECDSA_SHA1, CKM.CKM_ECDSA_SHA224, CKM.CKM_ECDSA_SHA256, CKM.CKM_ECDSA_SHA384, CKM.CKM_ECDSA_SHA512 })
        {
            Sign(mechanism, signs, verifies, _data);
            SignInParts(factories.MechanismFactory.Create(mechanism), signs, verifies);
        }
        Check(session.GetAttributeValue(signs, [CKA.CKA_VALUE])[0].CannotBeRead, "CKA_VALUE of a private key");
        Refused(CKR.CKR_CURVE_NOT_SUPPORTED, () => Generate(CKM.CKM_EC_KEY_PAIR_GEN, Of(CKA.CKA_EC_PARAMS, Convert.FromHexString("06082a8648ce3d030101"))));
        Refused(CKR.CKR_TEMPLATE_INCOMPLETE, () => Generate(CKM.CKM_EC_KEY_PAIR_GEN, Of(CKA.CKA_LABEL, "no curve"u8.ToArray())));
        Destroy(signs, verifies);
    }

    // r and s without their leading zeros, as Java sends them: of P-521 the first byte is one bit.
    private void ShortSignature()
    {
        byte[] curve = Convert.FromHexString("06052b81040023");
        (IObjectHandle verifies, IObjectHandle signs) = Generate(CKM.CKM_EC_KEY_PAIR_GEN, Of(CKA.CKA_EC_PARAMS, curve));
        IMechanism mechanism = factories.MechanismFactory.Create(CKM.CKM_ECDSA_SHA256);
        byte[] signature;
        do
        {
            signature = session.Sign(mechanism, signs, _data);
        }
        while (signature[0] != 0 || signature[66] != 0);
        Verify(mechanism, verifies, _data, [.. signature[1..66], .. signature[67..]]);
        Refused(CKR.CKR_SIGNATURE_LEN_RANGE, () => session.Verify(mechanism, verifies, _data, signature[1..], out _));
        Refused(CKR.CKR_SIGNATURE_LEN_RANGE, () => session.Verify(mechanism, verifies, _data, [0, 0, .. signature], out _));
        Destroy(signs, verifies);
    }

    private void AskedEachTime()
    {
        (IObjectHandle verifies, IObjectHandle signs) = Generate(
            CKM.CKM_EC_KEY_PAIR_GEN, Of(CKA.CKA_EC_PARAMS, P256), factories.ObjectAttributeFactory.Create(CKA.CKA_ALWAYS_AUTHENTICATE, value: true));
        IMechanism mechanism = factories.MechanismFactory.Create(CKM.CKM_ECDSA_SHA256);
        Refused(CKR.CKR_USER_NOT_LOGGED_IN, () => session.Sign(mechanism, signs, _data));
        using (ISession other = slot.OpenSession(SessionType.ReadOnly))
        {
            Refused(CKR.CKR_PIN_INCORRECT, () => other.Sign(mechanism, signs, "not-" + pin, _data));
            Refused(CKR.CKR_OPERATION_ACTIVE, () => other.Sign(mechanism, signs, pin, _data));
        }
        for (int i = 0; i < 2; i++)
        {
            session.Verify(mechanism, verifies, _data, session.Sign(mechanism, signs, pin, _data), out bool isValid);
            Check(isValid, "signed after a login of its own");
        }
        Refused(CKR.CKR_USER_NOT_LOGGED_IN, () => session.Sign(mechanism, signs, _data));
        Destroy(signs, verifies);
    }

    private void NotThere()
    {
        (IObjectHandle verifies, IObjectHandle signs) = Generate(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN, Of(CKA.CKA_MODULUS_BITS, 2048));
        IMechanism rsa = factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS);
        foreach (Action call in new Action[]
        {
            () => session.Encrypt(rsa, verifies, new byte[16]), () => session.SignRecover(rsa, signs, new byte[16]),
            () => session.VerifyRecover(rsa, verifies, new byte[256], out _), () => session.GetOperationState(),
        })
        {
            try
            {
                call();
                throw new InvalidOperationException("worked");
            }
            catch (Pkcs11Exception refused)
            {
                Console.WriteLine($"refused: {refused.Method} {refused.RV}");
            }
        }
        Destroy(signs, verifies);
    }

    private (IObjectHandle Public, IObjectHandle Private) Generate(CKM mechanism, IObjectAttribute kind, params IObjectAttribute[] more)
    {
        session.GenerateKeyPair(
            factories.MechanismFactory.Create(mechanism),
            [kind, factories.ObjectAttributeFactory.Create(CKA.CKA_VERIFY, value: true)],
            [factories.ObjectAttributeFactory.Create(CKA.CKA_SIGN, value: true), .. more],
            out IObjectHandle made,
            out IObjectHandle secret);
        return (made, secret);
    }

    private void Sign(CKM mechanism, IObjectHandle signs, IObjectHandle verifies, byte[] data)
    {
        IMechanism how = factories.MechanismFactory.Create(mechanism);
        byte[] signature = session.Sign(how, signs, data);
        Verify(how, verifies, data, signature);
    }

    private void SignInParts(IMechanism mechanism, IObjectHandle signs, IObjectHandle verifies)
    {
        using MemoryStream stream = new(_data);
        byte[] signature = session.Sign(mechanism, signs, stream, 777);
        Verify(mechanism, verifies, _data, signature);
        stream.Position = 0;
        session.Verify(mechanism, verifies, stream, signature, out bool isValid, 1001);
        Check(isValid, "verified in parts");
    }

    private void Verify(IMechanism mechanism, IObjectHandle verifies, byte[] data, byte[] signature)
    {
        session.Verify(mechanism, verifies, data, signature, out bool isValid);
        Check(isValid, $"{mechanism.Type}: a true signature");
        signature[^1] ^= 1;
        session.Verify(mechanism, verifies, data, signature, out isValid);
        Check(!isValid, $"{mechanism.Type}: a false signature");
        signature[^1] ^= 1;
    }

    private void Destroy(params IObjectHandle[] keys)
    {
        foreach (IObjectHandle key in keys)
        {
            session.DestroyObject(key);
        }
    }

    private IObjectAttribute Of(CKA type, ulong value) => factories.ObjectAttributeFactory.Create(type, value);

    private IObjectAttribute Of(CKA type, byte[] value) => factories.ObjectAttributeFactory.Create(type, value);
}
