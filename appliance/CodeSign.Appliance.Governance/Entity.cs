namespace CodeSign.Appliance.Governance;

/// <summary>
/// Something that grants power, is kept in the store and covered by its manifest. Immutable; changed by putting another one
/// with the same id.
/// </summary>
public abstract record Entity
{
    /// <summary>Lower-case hex of random bits, or the natural key where there is one (see each type). Unique within its type.</summary>
    public required string Id { get; init; }
}
