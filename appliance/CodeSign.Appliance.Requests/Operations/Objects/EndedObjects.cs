using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>
/// Clears away what is left of objects that have ended: rows of a token that was initialised, keys on devices. They are of no use to
/// anybody by then; what can't be cleared away now is remembered, and tried again.
/// </summary>
internal sealed class EndedObjects(Backends backends)
{
    /// <summary>Objects cleared away in one commit: others' signatures wait for one commit at most.</summary>
    public const int EachCommitMax = 128;

    /// <summary>Keys a device may refuse to delete until it is left alone for now.</summary>
    public const int FailuresMax = 4;

    /// <summary>Keys of before that are tried again when one was deleted: the device is back.</summary>
    public const int RetriesMax = 16;

    /// <summary>Ends an object: its row goes at once, but stays for a key on a device until that is known to be gone.</summary>
    public static StoreChange End(StoreChange change, StoredObject made) =>
        made.DeviceId is null ? change.Remove(made) : change.Put(made with { RemainsOnDevice = true });

    /// <summary>Forgets what is left of one object that was ended, and of others on its device.</summary>
    /// <exception cref="FaultException">Its key is still on the device, and remembered.</exception>
    public async Task ForgetAsync(RequestContext context, StoredObject gone)
    {
        if (gone.DeviceId is null)
        {
            backends.Software.Forget(gone.Id);
            return;
        }

        if (await TryDeleteAsync(gone) is { } away)
        {
            throw new FaultException(
                away.Status,
                "object.on_device",
                $"{away.Message} The object is gone; its key is still on the device, labelled {gone.Id}, and is deleted when the device is used for that again.");
        }

        StoredObject[] others = [.. Remaining(context)
            .Where(other => string.Equals(other.Storage, gone.Storage, StringComparison.Ordinal) && !string.Equals(other.Id, gone.Id, StringComparison.Ordinal))
            .Take(RetriesMax)];
        await RemoveAsync(context, [gone, .. await DeleteAsync(others)]);
    }

    /// <summary>Clears away all that has ended in the project. How many keys are still on devices.</summary>
    public async Task<int> ClearAsync(RequestContext context)
    {
        StoredObject[] some;
        do
        {
            some = [];
            await context.ChangeAsync(
                latest =>
                {
                    some = [.. latest.EndedObjectsOf(context.Project.Id).Where(made => !made.RemainsOnDevice).Take(EachCommitMax)];
                    return some.Aggregate(new StoreChange(), End);
                },
                evenIfGone: true);
            foreach (StoredObject key in some.Where(made => made.Algorithm.Length > 0 && made.DeviceId is null))
            {
                backends.Software.Forget(key.Id);
            }
        }
        while (some.Length > 0);

        await RemoveAsync(context, await DeleteAsync([.. Remaining(context)]));
        return Remaining(context).Count();
    }

    private static IEnumerable<StoredObject> Remaining(RequestContext context) =>
        context.StoreSnapshot().EndedObjectsOf(context.Project.Id).Where(made => made.RemainsOnDevice);

    private static async Task RemoveAsync(RequestContext context, IEnumerable<StoredObject> gone)
    {
        foreach (StoredObject[] some in gone.Chunk(EachCommitMax))
        {
            await context.ChangeAsync(
                latest => some.Where(made => latest.Objects.ContainsKey(made.Id)).Aggregate(new StoreChange(), (change, made) => change.Remove(made)),
                evenIfGone: true);
        }
    }

    // Those that are gone now. A device that refuses again and again is away, and each try may take it seconds to say so.
    private async Task<List<StoredObject>> DeleteAsync(IReadOnlyList<StoredObject> keys)
    {
        List<StoredObject> gone = [];
        Dictionary<string, int> failures = new(StringComparer.Ordinal);
        foreach (StoredObject key in keys)
        {
            int failed = failures.GetValueOrDefault(key.Storage);
            if (failed >= FailuresMax)
            {
                continue;
            }

            if (await TryDeleteAsync(key) is null)
            {
                gone.Add(key);
                failures[key.Storage] = 0;
            }
            else
            {
                failures[key.Storage] = failed + 1;
            }
        }

        return gone;
    }

    private async Task<FaultException?> TryDeleteAsync(StoredObject key)
    {
        try
        {
            // None there proves nothing: it may be another device, or one that was put back to an older state.
            bool done = key.Class == CKO.CKO_SECRET_KEY
                ? await backends.Of(key).DestroySecretAsync(Convert.FromHexString(key.DeviceId!), CancellationToken.None)
                : await backends.Of(key).DestroyAsync(ObjectDoor.Reference(key, null), CancellationToken.None);
            return done
                ? null
                : new FaultException(CKR.CKR_DEVICE_ERROR, "hsm.key.unknown", "The device shows no such key; is it the right one?");
        }
        catch (FaultException away)
        {
            return away;
        }
    }
}
