using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Cryptoki;
using Net.Pkcs11Interop.HighLevelAPI;
using CKA = Net.Pkcs11Interop.Common.CKA;
using CKK = CodeSign.Cryptoki.CKK;
using CKM = CodeSign.Cryptoki.CKM;
using CKO = Net.Pkcs11Interop.Common.CKO;
using CKR = CodeSign.Cryptoki.CKR;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>Making, adopting and removing key pairs on a device, within one session.</summary>
internal static class HsmKeys
{
    /// <summary>CKA_ID of a new key: random, so that two appliances may share a token.</summary>
    public const int DeviceIdBytes = 16;

    public static NewKey Generate(HsmSession session, KeyAlgorithm algorithm, string keyId)
    {
        CKM needed = HsmMechanisms.Generation(algorithm);
        if (!session.Mechanisms.Contains(needed))
        {
            throw new FaultException(
                CKR.CKR_MECHANISM_INVALID, "hsm.mechanism",
                $"The HSM '{session.Name}' can't make {algorithm.Name} keys: it does not offer {needed}.");
        }

        // What an attempt that lost its session left behind; the label is this key's alone.
        byte[] label = Encoding.UTF8.GetBytes(keyId);
        Destroy(session, CKA.CKA_LABEL, label);
        byte[] deviceId = RandomNumberGenerator.GetBytes(DeviceIdBytes);
        using HsmTemplate publicTemplate = PublicTemplate(algorithm, label, deviceId);
        using HsmTemplate privateTemplate = PrivateTemplate(label, deviceId);
        using IMechanism mechanism = HsmLibrary.Factories.MechanismFactory.Create((ulong)needed);
        session.Raw.GenerateKeyPair(
            mechanism, publicTemplate.Attributes, privateTemplate.Attributes, out IObjectHandle publicKey, out IObjectHandle privateKey);
        try
        {
            if (!Is(session, privateKey, CKA.CKA_SENSITIVE) || Is(session, privateKey, CKA.CKA_EXTRACTABLE))
            {
                throw new FaultException(
                    CKR.CKR_DEVICE_ERROR, "hsm.extractable", $"The HSM '{session.Name}' made a key that can leave it; it was removed.");
            }

            byte[] publicKeyInfo = ReadPublicKey(session, publicKey, algorithm.KeyType)
                ?? throw Unreadable(session);
            Prove(session, algorithm, publicKeyInfo, deviceId);
            return new NewKey(publicKeyInfo, Private: null, deviceId);
        }
        catch
        {
            session.Raw.DestroyObject(privateKey);
            session.Raw.DestroyObject(publicKey);
            throw;
        }
    }

    public static AdoptedKey Adopt(HsmSession session, byte[] deviceId)
    {
        List<IObjectHandle> found = session.Find(CKO.CKO_PRIVATE_KEY, CKA.CKA_ID, deviceId);
        string id = Convert.ToHexStringLower(deviceId);
        if (found.Count != 1)
        {
            throw new FaultException(
                CKR.CKR_KEY_HANDLE_INVALID, found.Count == 0 ? "hsm.key.unknown" : "hsm.adopt",
                $"The HSM '{session.Name}' has {(found.Count == 0 ? "no private key" : "several private keys")} with id {id}.");
        }

        IObjectHandle key = found[0];
        using IObjectAttribute keyType = session.Raw.GetAttributeValue(key, [CKA.CKA_KEY_TYPE])[0];
        CKK type = (CKK)keyType.GetValueAsUlong();
        if (!Is(session, key, CKA.CKA_SIGN) || Is(session, key, CKA.CKA_ALWAYS_AUTHENTICATE))
        {
            throw new FaultException(
                CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, "hsm.adopt",
                $"Key {id} on the HSM '{session.Name}' may not sign, or wants the PIN for every signature.");
        }

        byte[] publicKeyInfo = FindPublicKey(session, key, deviceId, type) ?? throw new FaultException(
            CKR.CKR_KEY_NEEDED, "hsm.adopt", $"The HSM '{session.Name}' has no public key or certificate with id {id}.");
        PublicKeyFacts facts = PublicKeyFacts.FromSpki(publicKeyInfo);
        if (!HsmMechanisms.Knows(facts.Algorithm) || facts.Algorithm.KeyType != type)
        {
            throw new FaultException(
                CKR.CKR_KEY_TYPE_INCONSISTENT, "hsm.adopt", $"Only RSA keys and NIST curves are used on an HSM; key {id} is {facts.Algorithm.Name}.");
        }

        if (facts.Modulus is not null && RsaWeakness.Find(facts.Modulus, facts.PublicExponent) is { } weakness)
        {
            throw new FaultException(CKR.CKR_KEY_INDIGESTIBLE, "key.weak", $"The key is too weak to sign with: {weakness}.");
        }

        Prove(session, facts.Algorithm, publicKeyInfo, deviceId);
        return new AdoptedKey(new NewKey(publicKeyInfo, Private: null, deviceId), facts.Algorithm, [.. Warnings(session, key)]);
    }

    /// <summary>Removes what has this value in this attribute: the private key first.</summary>
    public static bool Destroy(HsmSession session, CKA attribute, byte[] value)
    {
        List<IObjectHandle> found =
            [.. session.Find(CKO.CKO_PRIVATE_KEY, attribute, value), .. session.Find(CKO.CKO_PUBLIC_KEY, attribute, value)];
        found.ForEach(session.Raw.DestroyObject);
        return found.Count > 0;
    }

    private static IEnumerable<string> Warnings(HsmSession session, IObjectHandle key)
    {
        if (Is(session, key, CKA.CKA_EXTRACTABLE) || !Is(session, key, CKA.CKA_SENSITIVE))
        {
            yield return "The device says that the key can leave it (CKA_EXTRACTABLE, or not CKA_SENSITIVE).";
        }
        else if (!Is(session, key, CKA.CKA_NEVER_EXTRACTABLE))
        {
            yield return "The device can't say that the key never left it (not CKA_NEVER_EXTRACTABLE): copies may exist.";
        }

        if (!Is(session, key, CKA.CKA_LOCAL))
        {
            yield return "The key was not made on the device (not CKA_LOCAL).";
        }

        if (Is(session, key, CKA.CKA_DECRYPT) || Is(session, key, CKA.CKA_UNWRAP))
        {
            yield return "The key may also decrypt or unwrap on the device.";
        }
    }

    private static void Prove(HsmSession session, KeyAlgorithm algorithm, byte[] publicKeyInfo, byte[] deviceId)
    {
        Challenge challenge = new(algorithm);
        ReadOnlyMemory<byte> data = SigningRules.Check(algorithm, challenge.Input);
        if (!challenge.IsMetBy(session.Sign(deviceId, challenge.Input, data.ToArray()), publicKeyInfo))
        {
            throw new FaultException(
                CKR.CKR_SIGNATURE_INVALID, "hsm.challenge",
                $"What the HSM '{session.Name}' signed does not verify with the public key it shows.");
        }
    }

    private static byte[]? FindPublicKey(HsmSession session, IObjectHandle privateKey, byte[] deviceId, CKK type)
    {
        foreach (IObjectHandle publicKey in session.Find(CKO.CKO_PUBLIC_KEY, CKA.CKA_ID, deviceId))
        {
            if (ReadPublicKey(session, publicKey, type) is { } publicKeyInfo)
            {
                return publicKeyInfo;
            }
        }

        foreach (IObjectHandle certificate in session.Find(CKO.CKO_CERTIFICATE, CKA.CKA_ID, deviceId))
        {
            if (Read(session, certificate, CKA.CKA_VALUE) is { } der)
            {
                return CertificateFacts.FromDer(der).PublicKeyInfo;
            }
        }

        // RSA private keys show their public numbers.
        return type == CKK.CKK_RSA ? ReadPublicKey(session, privateKey, type) : null;
    }

    private static byte[]? ReadPublicKey(HsmSession session, IObjectHandle key, CKK type)
    {
        if (type == CKK.CKK_RSA)
        {
            return Read(session, key, CKA.CKA_MODULUS) is { } modulus && Read(session, key, CKA.CKA_PUBLIC_EXPONENT) is { } exponent
                ? PublicKeyFacts.RsaPublicKeyInfo(modulus, exponent)
                : null;
        }

        if (Read(session, key, CKA.CKA_EC_PARAMS) is not { } parameters || Read(session, key, CKA.CKA_EC_POINT) is not { } point)
        {
            return null;
        }

        try
        {
            // PKCS#11 wants a DER OCTET STRING; some devices give the bare point, which is 04‖x‖y and of odd length.
            bool bare = point.Length % 2 == 1 && point.Length > 2 && point[0] == 4 && point[1] != point.Length - 2;
            return PublicKeyFacts.EcPublicKeyInfo(
                parameters, bare ? point : AsnDecoder.ReadOctetString(point, AsnEncodingRules.BER, out _));
        }
        catch (Exception malformed) when (malformed is AsnContentException or ArgumentException)
        {
            throw Unreadable(session);
        }
    }

    public static byte[]? Read(HsmSession session, IObjectHandle key, CKA type)
    {
        using IObjectAttribute attribute = session.Raw.GetAttributeValue(key, [type])[0];
        return attribute.CannotBeRead || attribute.GetValueAsByteArray() is not { Length: > 0 } value ? null : value;
    }

    public static bool Is(HsmSession session, IObjectHandle key, CKA type) =>
        Read(session, key, type) is { Length: 1 } value && value[0] != 0;

    private static HsmTemplate PublicTemplate(KeyAlgorithm algorithm, byte[] label, byte[] deviceId)
    {
        HsmTemplate template = new HsmTemplate()
            .Add(CKA.CKA_TOKEN, true).Add(CKA.CKA_PRIVATE, false).Add(CKA.CKA_VERIFY, true)
            .Add(CKA.CKA_LABEL, label).Add(CKA.CKA_ID, deviceId);
        if (algorithm.KeyType == CKK.CKK_RSA)
        {
            return template.Add(CKA.CKA_MODULUS_BITS, (ulong)algorithm.Bits).Add(CKA.CKA_PUBLIC_EXPONENT, [1, 0, 1]);
        }

        AsnWriter curve = new(AsnEncodingRules.DER);
        curve.WriteObjectIdentifier(algorithm.CurveOid!);
        return template.Add(CKA.CKA_EC_PARAMS, curve.Encode());
    }

    // For signing and nothing else, whatever the device's defaults are: a key that also unwraps could export others.
    private static HsmTemplate PrivateTemplate(byte[] label, byte[] deviceId) => new HsmTemplate()
        .Add(CKA.CKA_TOKEN, true).Add(CKA.CKA_PRIVATE, true).Add(CKA.CKA_SENSITIVE, true).Add(CKA.CKA_EXTRACTABLE, false)
        .Add(CKA.CKA_SIGN, true).Add(CKA.CKA_SIGN_RECOVER, false).Add(CKA.CKA_DECRYPT, false).Add(CKA.CKA_UNWRAP, false)
        .Add(CKA.CKA_DERIVE, false).Add(CKA.CKA_LABEL, label).Add(CKA.CKA_ID, deviceId);

    private static FaultException Unreadable(HsmSession session) => new(
        CKR.CKR_DEVICE_ERROR, "hsm.public_key", $"The HSM '{session.Name}' does not show the public key in a known form.");
}
