using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using Google.Protobuf;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>The key that others leave or come in under, and what may leave under it.</summary>
/// <param name="Found">Where it is an object of the token; null for a public key that lives in the application.</param>
/// <param name="PublicKeyInfo">SubjectPublicKeyInfo, where it is a public key.</param>
internal sealed record CarryingKey(FoundObject? Found, byte[]? PublicKeyInfo)
{
    /// <summary>A key of the token.</summary>
    public static CarryingKey Of(FoundObject found)
    {
        AttributeSet attributes = found.Record.Attributes;

        // What the key is made of is what it is: CKA_PUBLIC_KEY_INFO stands there as somebody gave it.
        bool isRsa = found.Record.Class == CKO.CKO_PUBLIC_KEY && attributes.Number(CKA_KEY_TYPE) == (ulong)CKK.CKK_RSA;
        return new CarryingKey(found, isRsa
            ? RequireFit(PublicKeyFacts.RsaPublicKeyInfo((attributes.Find(CKA_MODULUS) ?? default).Span, (attributes.Find(CKA_PUBLIC_EXPONENT) ?? default).Span))
            : null);
    }

    /// <summary>A public key that lives in the application: nobody trusts it.</summary>
    public static CarryingKey OfApplication(byte[] publicKeyInfo) => new(null, RequireFit(publicKeyInfo));

    /// <summary>An object that a request names, with the refusals of the place it is named in.</summary>
    public static FoundObject Find(
        ObjectDoor door, RequestContext context, ByteString id, ByteString application, CKR unknown, CKR governed)
    {
        try
        {
            return door.Find(context, context.Snapshot, id, SessionObjects.ApplicationOf(application));
        }
        catch (FaultException refused) when (refused.Status is CKR.CKR_OBJECT_HANDLE_INVALID or CKR.CKR_ACTION_PROHIBITED)
        {
            throw new FaultException(refused.Status == CKR.CKR_ACTION_PROHIBITED ? governed : unknown, refused.Reason, refused.Message);
        }
    }

    /// <summary>Refuses what must not leave under this key, in the order in which the standard's answers exclude each other.</summary>
    public void RequireMayWrap(CipherMechanism mechanism, StoredObject key)
    {
        if (key.Class is not (CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY))
        {
            throw new FaultException(CKR.CKR_KEY_NOT_WRAPPABLE, "wrap.class", "Private and secret keys leave wrapped, nothing else.");
        }

        if (!key.Attributes.Is(CKA_EXTRACTABLE) || key.DeviceId is not null)
        {
            throw new FaultException(CKR.CKR_KEY_UNEXTRACTABLE, "key.unextractable", "The key never leaves (CKA_EXTRACTABLE).");
        }

        RequireUse(mechanism, CKA_WRAP, CKR.CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
        if (Found is { } wrapping && !TransportRules.Matches(wrapping.Record.Attributes, key.Attributes))
        {
            throw new FaultException(CKR.CKR_KEY_HANDLE_INVALID, "wrap.template", "The wrapping key wraps keys of other attributes (CKA_WRAP_TEMPLATE).");
        }

        if (key.Attributes.Is(CKA_WRAP_WITH_TRUSTED) && Found?.Record.Attributes.Is(CKA_TRUSTED) != true)
        {
            throw NotWrappable("wrap.trusted", "The key leaves under trusted keys alone (CKA_WRAP_WITH_TRUSTED); the SO makes a wrapping key CKA_TRUSTED");
        }

        // What opens others would undo, outside or under another name, what keeps them.
        if (TransportRules.Carries(key.Attributes))
        {
            throw NotWrappable("wrap.carrier", "The key carries keys itself (CKA_WRAP, CKA_UNWRAP)");
        }

        if (StrengthOf(key) > Carries())
        {
            throw NotWrappable("wrap.strength", "The wrapping key is weaker than the key");
        }
    }

    /// <summary>Refuses a key that isn't for this use, or not of the mechanism's type.</summary>
    public void RequireUse(CipherMechanism mechanism, CKA use, CKR otherType)
    {
        AttributeSet? attributes = Found?.Record.Attributes;
        CKO expected = mechanism.IsAsymmetric ? use == CKA_WRAP ? CKO.CKO_PUBLIC_KEY : CKO.CKO_PRIVATE_KEY : CKO.CKO_SECRET_KEY;
        bool isOfType = attributes is null ? mechanism.IsAsymmetric
            : attributes.Class == expected && attributes.Number(CKA_KEY_TYPE) == (ulong)mechanism.KeyType && Found!.Record.DeviceId is null;
        if (!isOfType)
        {
            throw new FaultException(otherType, "carrier.type", $"{mechanism.Mechanism} doesn't work with such a key.");
        }

        if (attributes?.Is(CKA_ALWAYS_AUTHENTICATE) == true)
        {
            throw new FaultException(
                CKR.CKR_USER_NOT_LOGGED_IN, "login.context", "The key wants its PIN for each use, and there is no place for it here (CKA_ALWAYS_AUTHENTICATE).");
        }

        if (attributes?.Is(use) == false)
        {
            throw new FaultException(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, "key.use", $"The key isn't made for this ({use}).");
        }

        if (attributes?.Permits(mechanism.Mechanism) == false)
        {
            throw new FaultException(
                CKR.CKR_MECHANISM_INVALID, "key.mechanism", $"The key isn't made for {mechanism.Mechanism} (CKA_ALLOWED_MECHANISMS).");
        }
    }

    private static int StrengthOf(StoredObject key) => key.Class == CKO.CKO_SECRET_KEY
        ? KeyStrength.OfSecret((int)(key.Attributes.Number(CKA_VALUE_LEN) ?? 0))
        : KeyStrength.Of(KeyAlgorithm.Find(key.Algorithm)!);

    private int Carries() => PublicKeyInfo is { } info
        ? KeyStrength.CarriedByRsa(KeyStrength.Of(PublicKeyFacts.FromSpki(info).Algorithm))
        : StrengthOf(Found!.Record);

    private static byte[] RequireFit(byte[] publicKeyInfo)
    {
        PublicKeyFacts facts;
        try
        {
            facts = PublicKeyFacts.FromSpki(publicKeyInfo);
        }
        catch (FaultException unfit)
        {
            throw Unfit(unfit.Message);
        }

        return facts.Modulus is null ? throw Unfit("It is no RSA key.")
            : RsaWeakness.Find(facts.Modulus, facts.PublicExponent) is { } weakness ? throw Unfit($"It is weak: {weakness}.")
            : publicKeyInfo;
    }

    private static FaultException Unfit(string why) =>
        new(CKR.CKR_WRAPPING_KEY_TYPE_INCONSISTENT, "carrier.unfit", $"The public key can't wrap. {why}");

    private static FaultException NotWrappable(string reason, string why) => new(CKR.CKR_KEY_NOT_WRAPPABLE, reason, why + ".");
}
