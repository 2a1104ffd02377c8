using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CodeSign.Cryptoki;
using Net.Pkcs11Interop.HighLevelAPI;
using CKA = Net.Pkcs11Interop.Common.CKA;
using CKO = Net.Pkcs11Interop.Common.CKO;
using CKR = CodeSign.Cryptoki.CKR;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>Making and removing secret keys on a device, within one session.</summary>
internal static class HsmSecrets
{
    public static NewSecretKey Generate(HsmSession session, SecretKeyMechanism mechanism, int bytes, SecretKeyUses uses, string keyId)
    {
        if (!session.Mechanisms.Contains(mechanism.Mechanism))
        {
            throw new FaultException(
                CKR.CKR_MECHANISM_INVALID, "hsm.mechanism", $"The HSM '{session.Name}' makes no such secret keys: it does not offer {mechanism.Mechanism}.");
        }

        // What an attempt that lost its session left behind; the label is this key's alone.
        byte[] label = Encoding.UTF8.GetBytes(keyId);
        Destroy(session, CKA.CKA_LABEL, label);
        byte[] deviceId = RandomNumberGenerator.GetBytes(HsmKeys.DeviceIdBytes);
        using HsmTemplate template = Template(uses, label, deviceId).Add(CKA.CKA_VALUE_LEN, (ulong)bytes);
        using IMechanism how = HsmLibrary.Factories.MechanismFactory.Create((ulong)mechanism.Mechanism);
        IObjectHandle key = session.Raw.GenerateKey(how, template.Attributes);
        try
        {
            RequireClosed(session, key, bytes);
            return new NewSecretKey(Value: null, deviceId);
        }
        catch
        {
            session.Raw.DestroyObject(key);
            throw;
        }
    }

    /// <summary>Removes what has this value in this attribute.</summary>
    public static bool Destroy(HsmSession session, CKA attribute, byte[] value)
    {
        List<IObjectHandle> found = session.Find(CKO.CKO_SECRET_KEY, attribute, value);
        found.ForEach(session.Raw.DestroyObject);
        return found.Count > 0;
    }

    // What the application asked for and nothing else, whatever the device's defaults are.
    private static HsmTemplate Template(SecretKeyUses uses, byte[] label, byte[] deviceId) => new HsmTemplate()
        .Add(CKA.CKA_TOKEN, true).Add(CKA.CKA_PRIVATE, true).Add(CKA.CKA_SENSITIVE, true).Add(CKA.CKA_EXTRACTABLE, false)
        .Add(CKA.CKA_ENCRYPT, uses.HasFlag(SecretKeyUses.Encrypt)).Add(CKA.CKA_DECRYPT, uses.HasFlag(SecretKeyUses.Decrypt))
        .Add(CKA.CKA_WRAP, uses.HasFlag(SecretKeyUses.Wrap)).Add(CKA.CKA_UNWRAP, uses.HasFlag(SecretKeyUses.Unwrap))
        .Add(CKA.CKA_SIGN, uses.HasFlag(SecretKeyUses.Sign)).Add(CKA.CKA_VERIFY, uses.HasFlag(SecretKeyUses.Verify))
        .Add(CKA.CKA_DERIVE, false).Add(CKA.CKA_LABEL, label).Add(CKA.CKA_ID, deviceId);

    private static void RequireClosed(HsmSession session, IObjectHandle key, int bytes)
    {
        if (!HsmKeys.Is(session, key, CKA.CKA_SENSITIVE) || HsmKeys.Is(session, key, CKA.CKA_EXTRACTABLE))
        {
            throw new FaultException(
                CKR.CKR_DEVICE_ERROR, "hsm.extractable", $"The HSM '{session.Name}' made a key that can leave it; it was removed.");
        }

        if (HsmKeys.Read(session, key, CKA.CKA_VALUE_LEN) is { Length: sizeof(ulong) } told && BinaryPrimitives.ReadUInt64LittleEndian(told) != (ulong)bytes)
        {
            throw new FaultException(
                CKR.CKR_DEVICE_ERROR, "hsm.length", $"The HSM '{session.Name}' made a key of another length; it was removed.");
        }
    }
}
