using System.Globalization;
using CodeSign.Cryptoki;
using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>What the appliance serves and the module hands out, against the table of attributes and so against FEATURES.md.</summary>
[TestClass]
public sealed class ServedAttributesTests
{
    private const ulong NoKeyType = ulong.MaxValue;

    // The table names classes; of keys, these belong to some types only. A key's value is that of the types we don't have.
    private static readonly Dictionary<CKA, CKK[]> OfSomeKeyTypes = new()
    {
        [CKA.CKA_VALUE] = [],
        [CKA.CKA_ALLOWED_MECHANISMS] = [],   // of an environment's keys its policy decides
        [CKA.CKA_MODULUS] = [CKK.CKK_RSA],
        [CKA.CKA_MODULUS_BITS] = [CKK.CKK_RSA],
        [CKA.CKA_PUBLIC_EXPONENT] = [CKK.CKK_RSA],
        [CKA.CKA_PARAMETER_SET] = [CKK.CKK_ML_DSA, CKK.CKK_SLH_DSA],
        [CKA.CKA_EC_PARAMS] = [CKK.CKK_EC, CKK.CKK_EC_EDWARDS],
        [CKA.CKA_EC_POINT] = [CKK.CKK_EC, CKK.CKK_EC_EDWARDS],
    };

    [TestMethod]
    public void Every_object_has_the_attributes_that_the_table_says_and_no_others()
    {
        using Workbench bench = Appliance.Bench();
        string types = string.Join('\n', AttributeRow.All.Select(row => ((ulong)row.Attribute).ToString("x", CultureInfo.InvariantCulture)));
        string[] lines = bench.Run($"{HostProgram.PathOf("served")}", input: types + "\n").Succeeds().Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

        HashSet<(CKO Class, CKK? Type)> seen = [];
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            CKO objectClass = (CKO)Number(words[0]);
            CKK? keyType = Number(words[1]) is var told && told == NoKeyType ? null : (CKK)told;
            seen.Add((objectClass, keyType));

            Assert.AreSequenceEqual(
                AttributeRow.All.Select(row => Expected(row, objectClass, keyType)).OfType<string>(),
                words[2..].Select(word => word.EndsWith('!') ? $"{(CKA)Number(word[..^1])} kept" : $"{(CKA)Number(word)}"),
                $"{objectClass} {keyType}");
        }

        Assert.AreSequenceEqual(
            [
                (CKO.CKO_CERTIFICATE, null),
                (CKO.CKO_PUBLIC_KEY, CKK.CKK_RSA), (CKO.CKO_PUBLIC_KEY, CKK.CKK_EC), (CKO.CKO_PUBLIC_KEY, CKK.CKK_EC_EDWARDS),
                (CKO.CKO_PRIVATE_KEY, CKK.CKK_RSA), (CKO.CKO_PRIVATE_KEY, CKK.CKK_EC), (CKO.CKO_PRIVATE_KEY, CKK.CKK_EC_EDWARDS),
                (CKO.CKO_PROFILE, null),
            ],
            seen.OrderBy(pair => pair.Class).ThenBy(pair => pair.Type));
    }

    // Null: CKR_ATTRIBUTE_TYPE_INVALID; kept: CKR_ATTRIBUTE_SENSITIVE.
    private static string? Expected(AttributeRow row, CKO objectClass, CKK? keyType)
    {
        if ((row.RulesFor(objectClass) & AttributeRules.Sensitive) != AttributeRules.None)
        {
            return $"{row.Attribute} kept";
        }

        bool isOfThisKind = keyType is not { } type || !OfSomeKeyTypes.TryGetValue(row.Attribute, out CKK[]? types) || types.Contains(type);
        // A template that nobody gave demands nothing: it isn't there.
        return row.Supported && row.Kind != AttributeKind.Template && row.StandsIn(objectClass) && isOfThisKind ? $"{row.Attribute}" : null;
    }

    private static ulong Number(string word) => ulong.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
