using System.Globalization;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>The life of keys: rotate, destroy.</summary>
internal sealed class KeyOperations(Backends backends, KeyMaker maker)
{
    /// <summary>Keys of an environment in all its life; the records of destroyed ones stay.</summary>
    public const int GenerationsMax = 1000;

    public async ValueTask<RotateKeyResponse> RotateAsync(RequestContext context, RotateKeyRequest request)
    {
        SigningEnvironment environment = EnvironmentOperations.Find(context.Snapshot, context.Project.Id, request.Environment);
        if (request.SelfSignedSubject.Length > 0)
        {
            CertificateOperations.RequireEnabled(context.Snapshot, environment);
        }

        int generation = context.Snapshot.KeysOf(environment.Id).Select(key => key.Generation).DefaultIfEmpty(0).Max() + 1;
        if (generation > GenerationsMax)
        {
            throw new FaultException(
                CKR.CKR_DEVICE_MEMORY, "key.too_many", $"An environment has at most {GenerationsMax} keys in its life; go on in a new one.");
        }

        CertificateWish wish = new(request.SelfSignedSubject, request.SelfSignedDays);
        using MadeKey made = await maker.GenerateAsync(context, environment, generation, wish);
        Snapshot after;
        try
        {
            after = await context.ChangeAsync(latest =>
                !latest.Environments.ContainsKey(environment.Id) || latest.KeysOf(environment.Id).Any(key => key.Generation >= generation)
                    ? throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "key.rotated", "The environment's key was rotated meanwhile; look before you try again.")
                    : new StoreChange()
                        .Put(made.Record, made.Secret)
                        .Record(made.Describe(context.Event() with { Environment = environment.Name, Key = made.Record.Id })));
        }
        catch (Exception cause)
        {
            await maker.UndoAsync(environment, made, cause);
            throw;
        }

        return new RotateKeyResponse { Environment = EnvironmentViews.Show(after, environment) };
    }

    /// <summary>
    /// Destroys a key for ever. The record stays, so that old signatures can still be told whose they were; the private part goes from
    /// the store in the commit, and from a device after it. An adopted key stays on its device: it was there before us.
    /// </summary>
    public async ValueTask<DestroyKeyResponse> DestroyAsync(RequestContext context, DestroyKeyRequest request)
    {
        SigningEnvironment environment = EnvironmentOperations.Find(context.Snapshot, context.Project.Id, request.Environment);
        KeyRecord key = FindKey(context.Snapshot, environment, request.KeyId);
        string confirm = string.Create(CultureInfo.InvariantCulture, $"{context.Project.Name}/{environment.Name}/{key.Generation}");
        if (!string.Equals(request.Confirm, confirm, StringComparison.Ordinal))
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED, "key.confirm", $"Destroying a key can't be undone; confirm it with --confirm '{confirm}'.");
        }

        bool onDevice = key.DeviceId is not null && key.Local;
        Snapshot after = await context.ChangeAsync(latest =>
        {
            KeyRecord current = FindKey(latest, environment, key.Id);
            KeyState state = current.State is KeyState.Compromised or KeyState.DestroyedCompromised ? KeyState.DestroyedCompromised : KeyState.Destroyed;
            return new StoreChange()
                .PutWithoutSecret(current with { State = state, RemainsOnDevice = onDevice })
                .Record(context.Event() with { Environment = environment.Name, Key = key.Id });
        });
        if (key.DeviceId is null || key.Local)
        {
            try
            {
                // None there proves nothing: it may be another device, or one that was put back to an older state.
                if (!await backends.Of(environment).DestroyAsync(backends.Reference(key), CancellationToken.None))
                {
                    throw new FaultException(CKR.CKR_KEY_HANDLE_INVALID, "hsm.key.unknown", "it shows no such key; is it the right one?");
                }
            }
            catch (FaultException away) when (onDevice)
            {
                throw new FaultException(
                    away.Status,
                    "key.on_device",
                    $"The key can't be used any more, but may still be on the device ({away.Message.TrimEnd('.')}); destroy it again when the device is back.");
            }
        }

        if (onDevice)
        {
            after = await ConfirmGoneAsync(context, environment, key);
        }

        return new DestroyKeyResponse { Environment = EnvironmentViews.Show(after, environment, key.Id) };
    }

    // Until here the record says that the key may be there still, and destroying it again tries the device again.
    private static ValueTask<Snapshot> ConfirmGoneAsync(RequestContext context, SigningEnvironment environment, KeyRecord key) => context.ChangeAsync(
        latest => latest.Keys.TryGetValue(key.Id, out KeyRecord? now)
            ? new StoreChange().PutWithoutSecret(now with { RemainsOnDevice = false }).Record(context.Event() with
            {
                Environment = environment.Name,
                Key = key.Id,
                Detail = "gone from the device",
            })
            : new StoreChange(),
        evenIfGone: true);

    private static KeyRecord FindKey(Snapshot snapshot, SigningEnvironment environment, string keyId)
    {
        KeyRecord? key = keyId.Length == 0
            ? snapshot.CurrentKey(environment.Id)
            : snapshot.KeysOf(environment.Id).FirstOrDefault(candidate => string.Equals(candidate.Id, keyId, StringComparison.Ordinal));
        return key is null || (key.State is KeyState.Destroyed or KeyState.DestroyedCompromised && !key.RemainsOnDevice)
            ? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "key.unknown", $"Environment {environment.Name} has no such key; 'csctl key list' shows them.")
            : key;
    }
}
