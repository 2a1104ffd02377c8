using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Store;

/// <summary>What one commit puts, removes and records, all or nothing.</summary>
public sealed class StoreChange
{
    private readonly List<Step> _steps = [];
    private readonly List<AuditEvent> _events = [];

    internal IReadOnlyList<Step> Steps => _steps;

    internal IReadOnlyList<AuditEvent> Events => _events;

    /// <summary>Adds an entity or replaces the one with its id. Without a secret, the one it has stays.</summary>
    /// <param name="entity">The entity.</param>
    /// <param name="secret">What is to be sealed beside it. The caller disposes it when the commit is done.</param>
    public StoreChange Put(Entity entity, SecretBytes? secret = null)
    {
        _steps.Add(new(entity, secret, StepKind.Put));
        return this;
    }

    /// <summary>Removes an entity and what is sealed beside it.</summary>
    public StoreChange Remove(Entity entity)
    {
        _steps.Add(new(entity, null, StepKind.Remove));
        return this;
    }

    /// <summary>Puts an entity and drops what is sealed beside it: a key destroyed, its record kept.</summary>
    public StoreChange PutWithoutSecret(Entity entity)
    {
        _steps.Add(new(entity, null, StepKind.PutWithoutSecret));
        return this;
    }

    /// <summary>Writes an audit record in the same transaction.</summary>
    public StoreChange Record(AuditEvent e)
    {
        _events.Add(e);
        return this;
    }

    internal enum StepKind
    {
        Put,
        PutWithoutSecret,
        Remove,
    }

    internal readonly record struct Step(Entity Entity, SecretBytes? Secret, StepKind Kind);
}
