using System.Collections.Immutable;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Net.Pkcs11Interop.HighLevelAPI.MechanismParams;
using CKA = Net.Pkcs11Interop.Common.CKA;
using CKM = CodeSign.Cryptoki.CKM;
using CKO = Net.Pkcs11Interop.Common.CKO;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>A session of one worker thread, with the handles it found. Failures of the device pass through as they are.</summary>
internal sealed class HsmSession(string name, ISession session, ImmutableHashSet<CKM> mechanisms) : IDisposable
{
    /// <summary>Handles remembered; when there are more, all are looked up again.</summary>
    private const int HandlesMax = 1_000;

    private readonly Dictionary<string, IObjectHandle> _handles = new(StringComparer.Ordinal);

    public string Name => name;

    public ISession Raw => session;

    public ImmutableHashSet<CKM> Mechanisms => mechanisms;

    /// <param name="deviceId">CKA_ID.</param>
    /// <param name="input">Mechanism and parameters.</param>
    /// <param name="data">As <see cref="SigningRules.Check"/> gave it.</param>
    public byte[] Sign(byte[] deviceId, SignatureInput input, byte[] data)
    {
        CKM needed = HsmMechanisms.Of(input.Mechanism.Scheme);
        if (!mechanisms.Contains(needed))
        {
            throw HsmFaults.Unsupported(name, input.Mechanism, needed);
        }

        string id = Convert.ToHexString(deviceId);
        using IMechanismParams? parameters = HsmMechanisms.Parameters(input.Pss);
        using IMechanism mechanism = parameters is null
            ? HsmLibrary.Factories.MechanismFactory.Create((ulong)needed)
            : HsmLibrary.Factories.MechanismFactory.Create((ulong)needed, parameters);
        bool remembered = _handles.TryGetValue(id, out IObjectHandle? handle);
        try
        {
            return session.Sign(mechanism, handle ?? FindPrivateKey(deviceId), data);
        }
        catch (Pkcs11Exception stale) when (remembered && HsmFaults.IsHandleInvalid(stale))
        {
            _handles.Remove(id);
            return session.Sign(mechanism, FindPrivateKey(deviceId), data);
        }
    }

    public List<IObjectHandle> Find(CKO kind, CKA attribute, byte[] value)
    {
        using HsmTemplate template = new HsmTemplate().Add(CKA.CKA_CLASS, (ulong)kind).Add(attribute, value);
        return session.FindAllObjects(template.Attributes);
    }

    /// <summary>Forgets the handle of a key that is gone.</summary>
    public void Forget(byte[] deviceId) => _handles.Remove(Convert.ToHexString(deviceId));

    public void Dispose()
    {
        try
        {
            session.Dispose();
        }
        catch (Pkcs11Exception)
        {
            // It was lost already.
        }
    }

    private IObjectHandle FindPrivateKey(byte[] deviceId)
    {
        List<IObjectHandle> found = Find(CKO.CKO_PRIVATE_KEY, CKA.CKA_ID, deviceId);
        if (found.Count == 0)
        {
            throw HsmFaults.KeyMissing(name);
        }

        if (_handles.Count >= HandlesMax)
        {
            _handles.Clear();
        }

        _handles[Convert.ToHexString(deviceId)] = found[0];
        return found[0];
    }
}

/// <summary>Attributes for the device; their native memory is freed together.</summary>
internal sealed class HsmTemplate : IDisposable
{
    public List<IObjectAttribute> Attributes { get; } = [];

    public HsmTemplate Add(CKA type, bool value) => Add(HsmLibrary.Factories.ObjectAttributeFactory.Create(type, value));

    public HsmTemplate Add(CKA type, ulong value) => Add(HsmLibrary.Factories.ObjectAttributeFactory.Create(type, value));

    public HsmTemplate Add(CKA type, byte[] value) => Add(HsmLibrary.Factories.ObjectAttributeFactory.Create(type, value));

    public void Dispose() => Attributes.ForEach(attribute => attribute.Dispose());

    private HsmTemplate Add(IObjectAttribute attribute)
    {
        Attributes.Add(attribute);
        return this;
    }
}
