using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>Certificates of an environment's current key: request, self-signed, issued.</summary>
internal sealed class CertificateOperations(Backends backends)
{
    /// <summary>DNS names in one request.</summary>
    public const int DnsNamesMax = 100;

    public async ValueTask<CreateCsrResponse> CreateCsrAsync(RequestContext context, CreateCsrRequest request)
    {
        if (request.DnsNames.Count > DnsNamesMax)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "csr.names", $"A request has at most {DnsNamesMax} DNS names.");
        }

        (SigningEnvironment environment, KeyRecord key) = Current(context, context.Snapshot, request.Environment);
        RequireEnabled(context.Snapshot, environment);
        KeyReference reference = backends.Reference(key);
        WitnessedSigner signer = new(backends, environment, reference, context.Cancel);
        byte[] csr = await CodeSigningCertificate.RequestAsync(reference.PublicKeyInfo, request.Subject, [.. request.DnsNames], signer.SignAsync);
        AuditEvent made = signer.Describe(context.Event() with { Environment = environment.Name, Key = key.Id, Detail = request.Subject });
        Recorded recorded = await context.RecordAsync(made, latest => Reconsider(context, latest, environment, key, made));
        if (!ReferenceEquals(recorded.Written, made))
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, recorded.Written.Reason ?? "policy.changed", "The right to use the key ended while it was at work.");
        }

        return new CreateCsrResponse { Csr = UnsafeByteOperations.UnsafeWrap(csr) };
    }

    public async ValueTask<CreateSelfSignedResponse> CreateSelfSignedAsync(RequestContext context, CreateSelfSignedRequest request)
    {
        (SigningEnvironment environment, KeyRecord key) = Current(context, context.Snapshot, request.Environment);
        if (request.Subject.Length == 0)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "certificate.subject", "Give the certificate's subject, for instance \"CN=Example Ltd\".");
        }

        RequireEnabled(context.Snapshot, environment);
        KeyReference reference = backends.Reference(key);
        WitnessedSigner signer = new(backends, environment, reference, context.Cancel);
        byte[] certificate = await KeyMaker.SelfSignAsync(context, reference, signer, new CertificateWish(request.Subject, request.Days));
        await PutChainAsync(context, environment, key, [certificate], signer);
        return new CreateSelfSignedResponse { Certificate = ByteString.CopyFrom(certificate) };
    }

    public async ValueTask<ImportCertificateResponse> ImportAsync(RequestContext context, ImportCertificateRequest request)
    {
        (SigningEnvironment environment, KeyRecord key) = Current(context, context.Snapshot, request.Environment);
        if (request.Chain.Count > CertificateChain.CertificatesMax)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "certificate.chain", $"A chain has at most {CertificateChain.CertificatesMax} certificates.");
        }

        IReadOnlyList<byte[]> chain = CertificateChain.Import(
            Convert.FromBase64String(key.PublicKey), [.. request.Chain.Select(der => der.ToByteArray())]);
        Snapshot after = await PutChainAsync(context, environment, key, chain, signer: null);
        return new ImportCertificateResponse { Environment = EnvironmentViews.Show(after, environment) };
    }

    private static (SigningEnvironment Environment, KeyRecord Key) Current(RequestContext context, Snapshot snapshot, string name)
    {
        SigningEnvironment environment = EnvironmentOperations.Find(snapshot, context.Project.Id, name);
        KeyRecord key = snapshot.CurrentKey(environment.Id)
            ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "key.none", $"Environment {name} has no active key; 'csctl key rotate' makes one.");
        return (environment, key);
    }

    // A request and a self-signed certificate are uses of the key: what is switched off isn't used.
    internal static void RequireEnabled(Snapshot snapshot, SigningEnvironment environment)
    {
        Decision decision = SigningPolicy.Switch(snapshot, environment.Id);
        if (!decision.IsAllowed)
        {
            throw new FaultException(decision.Status, decision.Reason, decision.Sentence);
        }
    }

    private static AuditEvent? Reconsider(
        RequestContext context, Snapshot latest, SigningEnvironment environment, KeyRecord key, AuditEvent made)
    {
        Admission admission = Admission.Decide(context, latest, environment.ProjectId);
        string? reason = !admission.IsAllowed ? admission.Reason
            : latest.Keys.GetValueOrDefault(key.Id) is not { State: KeyState.Active } ? "key.not_active"
            : SigningPolicy.Switch(latest, environment.Id).Reason is { Length: > 0 } off ? off
            : null;
        return reason is null ? null : made with { Event = made.Event + ".refused", Outcome = "refused", Reason = reason, SignatureSha256 = null };
    }

    private static ValueTask<Snapshot> PutChainAsync(
        RequestContext context, SigningEnvironment environment, KeyRecord key, IEnumerable<byte[]> chain, WitnessedSigner? signer) => context.ChangeAsync(latest =>
    {
        KeyRecord now = latest.Keys.GetValueOrDefault(key.Id) is { State: KeyState.Active } active
            ? active
            : throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "key.not_active", "The key was destroyed meanwhile.");
        if (signer is not null)
        {
            RequireEnabled(latest, environment);
        }

        AuditEvent put = context.Event() with { Environment = environment.Name, Key = key.Id };
        return new StoreChange().Put(now with { Chain = KeyMaker.Encode(chain) }).Record(signer?.Describe(put) ?? put);
    });
}
