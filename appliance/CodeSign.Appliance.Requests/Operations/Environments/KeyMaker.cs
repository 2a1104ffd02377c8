using System.Collections.Immutable;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>Brings keys into being, whatever they live on, and gives them their first certificate.</summary>
internal sealed class KeyMaker(Backends backends)
{
    /// <summary>Days of the longest self-signed certificate: ten years.</summary>
    public const uint SelfSignedDaysMax = 3_653;

    private const uint SelfSignedDaysDefault = 365;

    /// <summary>Makes a key pair in the environment's storage.</summary>
    public async Task<MadeKey> GenerateAsync(RequestContext context, SigningEnvironment environment, int generation, CertificateWish wish)
    {
        KeyAlgorithm algorithm = FindAlgorithm(environment.Algorithm);
        IKeyBackend backend = backends.Of(environment);
        if (!backend.Supports(algorithm))
        {
            throw new FaultException(CKR.CKR_KEY_TYPE_INCONSISTENT, "key.algorithm", $"Storage {environment.Storage} has no {algorithm.Name} keys.");
        }

        string keyId = Names.NewId();
        NewKey made = await backends.GenerateInTurnAsync(
            environment.ProjectId,
            async () =>
            {
                if (backend is PassThroughBackend)
                {
                    // What happens outside the store is recorded before it is done: a key on the device without a row has its trace.
                    await context.RecordIntentAsync(context.Event() with { Environment = environment.Name, Key = keyId });
                }

                return await backend.GenerateAsync(algorithm, keyId, context.Cancel);
            },
            context.Cancel);
        return await FinishAsync(context, environment, keyId, generation, made, chain: [], local: true, wish);
    }

    /// <summary>Takes a key from a PKCS#8 or PKCS#12 file, or one that is on the device already.</summary>
    public async Task<(SigningEnvironment Environment, MadeKey Key)> BringInAsync(
        RequestContext context, SigningEnvironment environment, string adoptId, CertificateWish wish)
    {
        IKeyBackend backend = backends.Of(environment);
        NewKey made;
        IReadOnlyList<byte[]> chain = [];
        if (adoptId.Length > 0)
        {
            PassThroughBackend device = backend as PassThroughBackend
                ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "key.adopt", "Only a key in an HSM can be adopted; give --storage hsm:NAME.");
            made = (await device.AdoptAsync(ReadDeviceId(adoptId), context.Cancel)).Key;
        }
        else
        {
            SoftwareBackend software = backend as SoftwareBackend
                ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "key.import", "A key file can be imported into software storage only.");
            using SecretBytes file = context.TakeSecret(0, "key file");
            using SecretBytes passphrase = context.SecretCount > 1 ? context.TakeSecret(1, "passphrase") : new SecretBytes(0);
            (made, chain) = Import(software, file.Span, passphrase.Span);
        }

        SigningEnvironment settled;
        try
        {
            string algorithm = PublicKeyFacts.FromSpki(made.PublicKeyInfo).Algorithm.Name;
            _ = FindAlgorithm(algorithm);
            settled = environment.Algorithm.Length == 0 || string.Equals(environment.Algorithm, algorithm, StringComparison.Ordinal)
                ? environment with { Algorithm = algorithm }
                : throw new FaultException(CKR.CKR_KEY_TYPE_INCONSISTENT, "key.algorithm", $"The key is {algorithm}, not {environment.Algorithm}.");
        }
        catch
        {
            made.Private?.Dispose();
            throw;
        }

        return (settled, await FinishAsync(context, settled, Names.NewId(), generation: 1, made, chain, local: false, wish));
    }

    /// <summary>Forgets a key that could not be stored.</summary>
    /// <exception cref="FaultException">The cause, and that the key is still on its device.</exception>
    public Task UndoAsync(SigningEnvironment environment, MadeKey key, Exception cause) =>
        UndoAsync(environment, backends.Reference(key.Record), key.Record.Local, cause);

    /// <summary>A self-signed code-signing certificate for a key, DER.</summary>
    public static async Task<byte[]> SelfSignAsync(RequestContext context, KeyReference key, WitnessedSigner signer, CertificateWish wish)
    {
        if (wish.Days > SelfSignedDaysMax)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "certificate.days", $"A self-signed certificate lives at most {SelfSignedDaysMax} days.");
        }

        DateTimeOffset from = context.Now.AddMinutes(-5);
        return await CodeSigningCertificate.SelfSignAsync(
            key.PublicKeyInfo, wish.Subject, from, from.AddDays(wish.Days == 0 ? SelfSignedDaysDefault : wish.Days), signer.SignAsync);
    }

    internal static KeyAlgorithm FindAlgorithm(string name) => KeyAlgorithm.Find(name) is { Signs: true } found
        ? found
        : throw new FaultException(
            CKR.CKR_ARGUMENTS_BAD,
            "key.algorithm",
            $"No key algorithm '{name}' signs here; these do: {string.Join(", ", KeyAlgorithm.Signing.Select(row => row.Name))}.");

    private async Task UndoAsync(SigningEnvironment environment, KeyReference key, bool local, Exception cause)
    {
        if (key.DeviceId is not null && !local)
        {
            return; // adopted: it was there before, and stays
        }

        try
        {
            await backends.Of(environment).DestroyAsync(key, CancellationToken.None);
        }
        catch (FaultException undo)
        {
            // What failed first is what the user can put right; the intent's record names the key, too.
            if (cause is FaultException fault)
            {
                throw new FaultException(
                    fault.Status,
                    fault.Reason,
                    $"{fault.Message} The key made meanwhile is still on the device, labelled {key.KeyId}: {undo.Message}");
            }
        }
    }

    private static byte[] ReadDeviceId(string hex)
    {
        try
        {
            return Convert.FromHexString(hex.Replace(":", "", StringComparison.Ordinal));
        }
        catch (FormatException)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "key.adopt", "The id of the key to adopt is its CKA_ID in hex.");
        }
    }

    private static (NewKey Key, IReadOnlyList<byte[]> Chain) Import(SoftwareBackend software, ReadOnlySpan<byte> file, ReadOnlySpan<byte> passphrase)
    {
        // PFX begins SEQUENCE { INTEGER 3 (RFC 7292 section 4); PKCS#8 has INTEGER 0 or 1, or a SEQUENCE when it is encrypted.
        if (Der.StartsWithVersion(file, 3))
        {
            ImportedKey imported = software.ImportPkcs12(file, passphrase);
            try
            {
                // The file's certificates must be this key's: a stranger's under its id would have tools sign in a wrong name.
                return (imported.Key, imported.Chain.Count == 0 ? [] : CertificateChain.Import(imported.Key.PublicKeyInfo, imported.Chain));
            }
            catch
            {
                imported.Key.Private?.Dispose();
                throw;
            }
        }

        return (software.ImportPkcs8(file, passphrase), []);
    }

    private async Task<MadeKey> FinishAsync(
        RequestContext context,
        SigningEnvironment environment,
        string keyId,
        int generation,
        NewKey made,
        IReadOnlyList<byte[]> chain,
        bool local,
        CertificateWish wish)
    {
        KeyReference reference = new(
            keyId,
            FindAlgorithm(environment.Algorithm),
            made.PublicKeyInfo,
            made.DeviceId,
            made.Private is null ? null : () => new SecretBytes(made.Private.Span));
        try
        {
            PublicKeyFacts facts = PublicKeyFacts.FromSpki(made.PublicKeyInfo);
            KeyRecord record = new()
            {
                Id = keyId,
                EnvironmentId = environment.Id,
                Generation = generation,
                Algorithm = facts.Algorithm.Name,
                PublicKey = Convert.ToBase64String(made.PublicKeyInfo),
                CkaId = Convert.ToHexStringLower(facts.CkaId),
                Chain = Encode(chain),
                DeviceId = made.DeviceId is null ? null : Convert.ToHexStringLower(made.DeviceId),
                Local = local,
                Created = context.Now,
            };
            MadeKey key = new(record, made.Private);
            if (wish.IsWanted)
            {
                WitnessedSigner signer = new(backends, environment, reference, context.Cancel);
                key.AddCertificate(await SelfSignAsync(context, reference, signer, wish), signer);
            }

            return key;
        }
        catch (Exception cause)
        {
            made.Private?.Dispose();
            await UndoAsync(environment, reference, local, cause);
            throw;
        }
    }

    internal static ImmutableArray<string> Encode(IEnumerable<byte[]> chain) => [.. chain.Select(Convert.ToBase64String)];
}
