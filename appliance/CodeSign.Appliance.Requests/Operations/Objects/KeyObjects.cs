using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using static CodeSign.Cryptoki.CKA;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>
/// A key pair with its certificates as PKCS#11 objects. Made once per record and label: records are immutable, so the objects are too.
/// </summary>
internal sealed class KeyObjects
{
    private static readonly ConditionalWeakTable<KeyRecord, KeyObjects> Made = [];

    private KeyObjects(KeyRecord key, string label)
    {
        Label = label;
        PublicKeyFacts facts = PublicKeyFacts.FromSpki(Convert.FromBase64String(key.PublicKey));
        byte[] spki = Convert.FromBase64String(key.PublicKey);
        CertificateFacts[] chain = [.. key.Chain.Select(der => CertificateFacts.FromDer(Convert.FromBase64String(der)))];
        byte[] subject = chain.Length > 0 ? chain[0].Subject : [];
        PrivateKey = BuildPrivate(key, facts, spki, subject, label);
        PublicKey = BuildPublic(key, facts, spki, subject, label);
        if (chain.Length > 0)
        {
            Certificate = BuildCertificate(
                ObjectIds.Of(key.Id, CKO.CKO_CERTIFICATE), Convert.FromBase64String(key.Chain[0]), chain[0], facts.CkaId, label);
        }

        Authorities =
        [
            .. key.Chain.Skip(1).Select((der, index) => BuildCertificate(
                AuthorityId(Convert.FromBase64String(der)), Convert.FromBase64String(der), chain[index + 1], chain[index + 1].CkaId, chain[index + 1].SubjectText)),
        ];
    }

    public Object PrivateKey { get; }

    public Object PublicKey { get; }

    /// <summary>The leaf, or null.</summary>
    public Object? Certificate { get; }

    /// <summary>The rest of the chain.</summary>
    public IReadOnlyList<Object> Authorities { get; }

    private string Label { get; }

    public static KeyObjects Of(KeyRecord key, string label)
    {
        if (Made.TryGetValue(key, out KeyObjects? made) && string.Equals(made.Label, label, StringComparison.Ordinal))
        {
            return made;
        }

        made = new KeyObjects(key, label);
        Made.AddOrUpdate(key, made);
        return made;
    }

    private static byte[] AuthorityId(byte[] der) => [.. SHA256.HashData(der).AsSpan(0, 20), (byte)CKO.CKO_CERTIFICATE];

    private static AttributeList Start(byte[] objectId, CKO objectClass, bool isPrivate, string label) => new AttributeList(objectId)
        .Add(CKA_CLASS, (ulong)objectClass)
        .Add(CKA_TOKEN, value: true)
        .Add(CKA_PRIVATE, isPrivate)
        .Add(CKA_MODIFIABLE, value: false)
        .Add(CKA_COPYABLE, value: false)
        .Add(CKA_DESTROYABLE, value: false)
        .Add(CKA_LABEL, label)
        .Add(CKA_UNIQUE_ID, Convert.ToHexStringLower(objectId));

    private static AttributeList AddKey(AttributeList list, KeyRecord key, PublicKeyFacts facts, byte[] spki, byte[] subject) => list
        .Add(CKA_KEY_TYPE, (ulong)facts.Algorithm.KeyType)
        .Add(CKA_ID, Convert.FromHexString(key.CkaId))
        .Add(CKA_START_DATE, (DateTimeOffset?)null)
        .Add(CKA_END_DATE, (DateTimeOffset?)null)
        .Add(CKA_DERIVE, value: false)
        .Add(CKA_LOCAL, key.Local)
        .Add(CKA_KEY_GEN_MECHANISM, key.Local ? (ulong)KeyPairMechanism.Of(facts.Algorithm.KeyType).Mechanism : CK.CK_UNAVAILABLE_INFORMATION)
        .Add(CKA_SUBJECT, subject)
        .Add(CKA_PUBLIC_KEY_INFO, spki)
        .AddIfAny(CKA_MODULUS, facts.Modulus)
        .AddIfAny(CKA_PUBLIC_EXPONENT, facts.PublicExponent)
        .AddIfAny(CKA_EC_PARAMS, facts.EcParameters)
        .AddIfAny(CKA_PARAMETER_SET, facts.Algorithm.Parameters is { } parameters ? AttributeSet.Bytes(parameters.Number) : null);

    private static Object BuildPrivate(KeyRecord key, PublicKeyFacts facts, byte[] spki, byte[] subject, string label)
    {
        AttributeList list = Start(ObjectIds.Of(key.Id, CKO.CKO_PRIVATE_KEY), CKO.CKO_PRIVATE_KEY, isPrivate: true, label);
        return AddKey(list, key, facts, spki, subject)
            .Add(CKA_SENSITIVE, value: true)
            .Add(CKA_EXTRACTABLE, value: false)
            .Add(CKA_ALWAYS_SENSITIVE, key.Local)
            .Add(CKA_NEVER_EXTRACTABLE, key.Local)
            .Add(CKA_SIGN, value: true)
            .Add(CKA_SIGN_RECOVER, value: false)
            .Add(CKA_DECRYPT, value: false)
            .Add(CKA_UNWRAP, value: false)
            .Add(CKA_WRAP_WITH_TRUSTED, value: false)
            .Add(CKA_ALWAYS_AUTHENTICATE, value: false)
            .Build();
    }

    private static Object BuildPublic(KeyRecord key, PublicKeyFacts facts, byte[] spki, byte[] subject, string label)
    {
        AttributeList list = Start(ObjectIds.Of(key.Id, CKO.CKO_PUBLIC_KEY), CKO.CKO_PUBLIC_KEY, isPrivate: false, label);
        AddKey(list, key, facts, spki, subject)
            .Add(CKA_ENCRYPT, value: false)
            .Add(CKA_VERIFY, value: true)
            .Add(CKA_VERIFY_RECOVER, value: false)
            .Add(CKA_WRAP, value: false)
            .Add(CKA_TRUSTED, value: false)
            .AddIfAny(CKA_VALUE, facts.Value)
            .AddIfAny(CKA_EC_POINT, facts.EcPoint);
        if (facts.Algorithm.KeyType == CKK.CKK_RSA)
        {
            list.Add(CKA_MODULUS_BITS, (ulong)facts.Algorithm.Bits);
        }

        return list.Build();
    }

    private static Object BuildCertificate(byte[] objectId, byte[] der, CertificateFacts facts, byte[] ckaId, string label) =>
        Start(objectId, CKO.CKO_CERTIFICATE, isPrivate: false, label)
            .Add(CKA_CERTIFICATE_TYPE, (ulong)CKC.CKC_X_509)
            .Add(CKA_TRUSTED, value: false)
            .Add(CKA_CERTIFICATE_CATEGORY, facts.IsAuthority ? 2UL : 1UL)
            .Add(CKA_START_DATE, facts.NotBefore)
            .Add(CKA_END_DATE, facts.NotAfter)
            .Add(CKA_PUBLIC_KEY_INFO, facts.PublicKeyInfo)
            .Add(CKA_SUBJECT, facts.Subject)
            .Add(CKA_ID, ckaId)
            .Add(CKA_ISSUER, facts.Issuer)
            .Add(CKA_SERIAL_NUMBER, facts.SerialNumber)
            .Add(CKA_VALUE, der)
            .Add(CKA_URL, "")
            .Add(CKA_HASH_OF_SUBJECT_PUBLIC_KEY, [])
            .Add(CKA_HASH_OF_ISSUER_PUBLIC_KEY, [])
            .Build();
}
