using System.Collections.Immutable;

namespace CodeSign.Appliance.Governance;

/// <summary>
/// A PIN of a project: id "PROJECT:so" for the SO PIN, "PROJECT:IDENTITY" for a user's. Wrong tries are counted by who tried and from
/// where, so that whoever guesses locks nobody else out.
/// </summary>
public sealed record Pin : Entity
{
    /// <summary>Networks that an identity's wrong tries are told apart by; those from all others count together.</summary>
    public const int NetworksMax = 16;

    private const string Elsewhere = "elsewhere";

    public PasswordHash? Hash { get; init; }

    /// <summary>Wrong tries in a row, by who and where.</summary>
    public ImmutableArray<WrongTries> Wrong { get; init; } = [];

    /// <summary>As an older version counted them, for all together; nothing asks for it.</summary>
    public int Failures { get; init; }

    /// <summary>Locked for everybody, by an older version; until a new one is set.</summary>
    public bool Locked { get; init; }

    /// <summary>Raised with every change of the PIN; tickets of an older one are void.</summary>
    public long Generation { get; init; }

    public static string SoId(string projectId) => projectId + ":so";

    public static string UserId(string projectId, string identityId) => projectId + ":" + identityId;

    /// <summary>A new PIN, or none: nothing that was counted for the old one, and no login with it, counts any more.</summary>
    public Pin Renew(PasswordHash? hash) => this with { Hash = hash, Wrong = [], Failures = 0, Locked = false, Generation = Generation + 1 };

    /// <summary>Wrong tries in a row of this identity from this network.</summary>
    public int WrongFrom(string identityId, string network) =>
        Wrong.IsEmpty ? 0 : Wrong.FirstOrDefault(Of(identityId, Counted(identityId, network)))?.Count ?? 0;

    /// <summary>True where this identity can't use it from this network until a new one is set.</summary>
    public bool IsLockedFor(string identityId, string network, int tries) => Locked || WrongFrom(identityId, network) >= tries;

    /// <summary>With more wrong tries counted.</summary>
    public Pin Count(string identityId, string network, int more)
    {
        string counted = Counted(identityId, network);
        WrongTries now = new(identityId, counted, WrongFrom(identityId, network) + more);
        return this with { Wrong = [.. Wrong.Where(tries => !Of(identityId, counted)(tries)), now] };
    }

    /// <summary>The right one was given. What networks without a counter of their own tried stays: one of them may be the guesser's.</summary>
    public Pin Forgive(string identityId, string network) => this with { Wrong = Wrong.RemoveAll(tries => Of(identityId, network)(tries)) };

    private string Counted(string identityId, string network) =>
        Wrong.Any(Of(identityId, network))
        || Wrong.Count(tries => string.Equals(tries.IdentityId, identityId, StringComparison.Ordinal) && !Of(identityId, Elsewhere)(tries)) < NetworksMax
            ? network
            : Elsewhere;

    private static Func<WrongTries, bool> Of(string identityId, string network) => tries =>
        string.Equals(tries.IdentityId, identityId, StringComparison.Ordinal) && string.Equals(tries.Network, network, StringComparison.Ordinal);
}

/// <summary>Wrong tries of a PIN in a row.</summary>
/// <param name="IdentityId">Who tried.</param>
/// <param name="Network">From where.</param>
/// <param name="Count">How many.</param>
public sealed record WrongTries(string IdentityId, string Network, int Count);
