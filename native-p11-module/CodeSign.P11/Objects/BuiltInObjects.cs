using System.Globalization;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.P11.Tokens;

namespace CodeSign.P11.Objects;

/// <summary>
/// What a token says of itself in objects: the profiles it satisfies and the mechanisms it has (PKCS#11 v3.2 sections 4.13 and 4.14). The
/// module makes them, so nobody is asked, and nobody changes, copies or destroys one.
/// </summary>
internal static class BuiltInObjects
{
    private static readonly AttributeSet[] Profiles = [.. TokenProfile.All.Where(row => row.Claimed).Select(row => Profile(row.Id))];

    /// <summary>The class a template asks for, or null.</summary>
    public static CKO? ClassIn(IReadOnlyList<Wire.V1.Attribute> template) =>
        (CKO?)new ObjectTemplate([.. template.Select(wanted => new ObjectAttribute((CKA)wanted.Type, wanted.Value.Memory))], []).Number(CKA.CKA_CLASS);

    /// <summary>Those of a token that match. Mechanisms are hidden from whoever doesn't ask for the class.</summary>
    public static IReadOnlyList<TokenObject> Find(Module module, Token token, IReadOnlyList<Wire.V1.Attribute> template, CKO? objectClass)
    {
        IEnumerable<AttributeSet> candidates = objectClass switch
        {
            null or CKO.CKO_PROFILE => Profiles,
            CKO.CKO_MECHANISM => SlotFunctions.MechanismsOf(module).Select(Mechanism),
            _ => [],
        };
        return [.. candidates.Where(made => ObjectCache.Matches(made, template)).Select(made => module.Objects.TakeBuiltIn(token, made))];
    }

    private static AttributeSet Profile(ulong profile) => Named(CKO.CKO_PROFILE, "profile", CKA.CKA_PROFILE_ID, profile)
        .With(CKA.CKA_TOKEN, value: true)
        .With(CKA.CKA_PRIVATE, value: false)
        .With(CKA.CKA_LABEL, ReadOnlyMemory<byte>.Empty)
        .With(CKA.CKA_MODIFIABLE, value: false)
        .With(CKA.CKA_COPYABLE, value: false)
        .With(CKA.CKA_DESTROYABLE, value: false);

    private static AttributeSet Mechanism(ulong mechanism) => Named(CKO.CKO_MECHANISM, "mechanism", CKA.CKA_MECHANISM_TYPE, mechanism);

    private static AttributeSet Named(CKO objectClass, string kind, CKA type, ulong number) => new(
    [
        new(CKA.CKA_CLASS, AttributeSet.Bytes((ulong)objectClass)),
        new(CKA.CKA_UNIQUE_ID, AttributeSet.Bytes(string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:x}"))),
        new(type, AttributeSet.Bytes(number)),
    ]);
}
