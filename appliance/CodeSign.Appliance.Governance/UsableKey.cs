using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;

namespace CodeSign.Appliance.Governance;

/// <summary>A private key as policy sees it, whether an environment's own or an object that an application made.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Environment">Whose policy rules it.</param>
/// <param name="Algorithm">Name of a row of KeyAlgorithm.</param>
/// <param name="State">Whether it works.</param>
/// <param name="Signs">CKA_SIGN.</param>
/// <param name="Generation">Of an environment's key; 0 for an object.</param>
/// <param name="AsksAlways">CKA_ALWAYS_AUTHENTICATE: each use wants a login of its own.</param>
public sealed record UsableKey(
    string Id, SigningEnvironment Environment, string Algorithm, KeyState State, bool Signs, int Generation, bool AsksAlways)
{
    /// <summary>Of an object, what its maker said of it; null for an environment's key.</summary>
    public AttributeSet? Attributes { get; init; }

    /// <summary>What a refusal calls it.</summary>
    public string Name => Generation > 0 ? $"{Environment.Name} generation {Generation}" : $"object {Id}";

    /// <summary>An object that an application made, as a key; null when it is none that works.</summary>
    public static UsableKey? Of(StoredObject made, Project project)
    {
        ArgumentNullException.ThrowIfNull(made);
        ArgumentNullException.ThrowIfNull(project);
        return made.Class == CKO.CKO_PRIVATE_KEY && made.Algorithm.Length > 0 && made.IsAliveIn(project)
            ? new UsableKey(
                made.Id,
                project.ObjectEnvironment(),
                made.Algorithm,
                KeyState.Active,
                made.Attributes.Is(CKA.CKA_SIGN),
                Generation: 0,
                made.Attributes.Is(CKA.CKA_ALWAYS_AUTHENTICATE))
            {
                Attributes = made.Attributes,
            }
            : null;
    }
}
