using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Appliance.Requests.Operations.Signing;

/// <summary>
/// C_Sign: the main job. Decide, sign, record, answer; in this order, and no answer without the record. A repeated request is decided
/// and signed again, and recorded as a repeat.
/// </summary>
internal sealed class SignOperation(Backends backends, TicketGate gate, SessionObjects session, RepeatLedger ledger, RequestCounters counters)
{
    /// <summary>Labels of a claim that are kept.</summary>
    public const int LabelsMax = 32;

    /// <summary>Characters of each part of a claim that are kept.</summary>
    public const int ClaimCharactersMax = 1024;

    public async ValueTask<SignResponse> SignAsync(RequestContext context, SignRequest request)
    {
        SignatureInput input = ReadInput(request);
        InputFacts facts = InputFacts.Of(input);
        string keyId = ObjectIds.KeyIdOf(request.KeyId.Span) ?? throw UnknownKey();
        UsableKey? key = context.Snapshot.FindKey(keyId);
        SessionObjects.Entry? own = key is null
            ? session.Find(context.Caller.IdentityId, SessionObjects.ApplicationOf(request.Application), keyId, context.Project.Id)
            : null;
        key ??= own is null ? null : UsableKey.Of(own.Record, context.Project);
        AuditEvent use = Describe(context, request, keyId, key, input, facts);
        context.RefusedUse = use;
        gate.RequireUse(context, context.Snapshot, key);
        HashKind judged = input.Mechanism.Mechanism == CKM.CKM_RSA_PKCS && DigestInfo.NamesWeakHash(input.Data.Span) ? HashKind.Sha1 : facts.Hash;
        KeyUse asked = new(context.Caller.IdentityId, context.Project, keyId, input.Mechanism, judged, context.Now, own is null ? null : key);
        Require(SigningPolicy.Decide(context.Snapshot, asked));

        use = Spend(context, request, key, use);
        UInt128 content = RepeatLedger.ContentOf(keyId, use.Mechanism, use.Hash, use.Digest, use.Pss, use.Context, input.Data.Length);
        RepeatLedger.Claim claim;
        RepeatLedger.Standing standing;
        while ((standing = ledger.Ask(request.RequestId.Span, content, out claim)) == RepeatLedger.Standing.UnderWay)
        {
            await claim.WhenEndedAsync().WaitAsync(context.Cancel);
        }

        return standing switch
        {
            RepeatLedger.Standing.First => await SignFirstAsync(context, input, asked, own, use, claim),
            RepeatLedger.Standing.Repeat => await SignAndRecordAsync(context, input, asked, own, use with { Event = "sign.repeat" }),
            _ => throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED, "request.reused", "The request id was used for something else; the client must draw a new one."),
        };
    }

    // The login that a key asks for each time is good for this request, and is on record with it.
    private AuditEvent Spend(RequestContext context, SignRequest request, UsableKey? key, AuditEvent use)
    {
        if (key?.AsksAlways != true)
        {
            return use;
        }

        LoginTicket ticket = gate.Find(context, context.Snapshot)!;
        return ledger.Spend(ticket, request.RequestId.Span)
            ? use with { Login = ticket.TicketId }
            : throw new FaultException(
                CKR.CKR_USER_NOT_LOGGED_IN, "login.spent", "The login for this key was used already; it wants one before each use.");
    }

    private async ValueTask<SignResponse> SignFirstAsync(
        RequestContext context, SignatureInput input, KeyUse asked, SessionObjects.Entry? own, AuditEvent use, RepeatLedger.Claim claim)
    {
        try
        {
            SignResponse response = await SignAndRecordAsync(context, input, asked, own, use);
            ledger.Complete(claim);
            return response;
        }
        catch
        {
            ledger.Abandon(claim);
            throw;
        }
    }

    private async ValueTask<SignResponse> SignAndRecordAsync(
        RequestContext context, SignatureInput input, KeyUse asked, SessionObjects.Entry? own, AuditEvent use)
    {
        (IKeyBackend backend, KeyReference key) = Locate(context, asked.KeyId, own);
        byte[] signature = await context.WorkForRecordAsync(backend.SignAsync(key, input, context.Cancel));
        AuditEvent signed = use with { SignatureSha256 = Convert.ToHexStringLower(SHA256.HashData(signature)) };
        Recorded recorded = await context.RecordAsync(signed, latest => Reconsider(context, latest, asked, signed), onlyAnswers: true);
        if (!ReferenceEquals(recorded.Written, signed))
        {
            // Governance changed while the key was at work: what was refused is on record, and the signature is dropped unseen.
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, recorded.Written.Reason ?? "policy.changed", "The right to use the key ended while it was at work.");
        }

        counters.CountSignature();
        return new SignResponse { Signature = UnsafeByteOperations.UnsafeWrap(signature) };
    }

    private (IKeyBackend Backend, KeyReference Key) Locate(RequestContext context, string keyId, SessionObjects.Entry? own)
    {
        if (own is not null)
        {
            return (backends.Software, ObjectDoor.Reference(own.Record, own.CopySecret));
        }

        if (context.Snapshot.Keys.TryGetValue(keyId, out KeyRecord? key))
        {
            return (backends.Of(context.Snapshot.Environments[key.EnvironmentId]), backends.Reference(key));
        }

        StoredObject made = context.Snapshot.Objects[keyId];
        return (backends.Of(made), backends.Reference(made));
    }

    private AuditEvent? Reconsider(RequestContext context, Snapshot latest, in KeyUse asked, AuditEvent signed)
    {
        Decision decision = SigningPolicy.Decide(latest, asked);
        Admission admission = Admission.Decide(context, latest, asked.Project.Id);
        string? reason = !admission.IsAllowed ? admission.Reason
            : !decision.IsAllowed ? decision.Reason
            : !gate.MayUse(context, latest, asked.SessionKey ?? latest.FindKey(asked.KeyId)) ? "login.ended"
            : null;
        return reason is null
            ? null
            : signed with { Event = "sign.refused", Outcome = "refused", Reason = reason, SignatureSha256 = null };
    }

    private static void Require(Decision decision)
    {
        if (!decision.IsAllowed)
        {
            throw new FaultException(decision.Status, decision.Reason, decision.Sentence);
        }
    }

    private static FaultException UnknownKey() =>
        new(CKR.CKR_KEY_HANDLE_INVALID, "key.unknown", "There is no such key among those you may use.");

    private static SignatureInput ReadInput(SignRequest request)
    {
        SignatureMechanism row = SignatureMechanism.Find((CKM)request.Mechanism)
            ?? throw new FaultException(CKR.CKR_MECHANISM_INVALID, "mechanism.unknown", "The appliance does not sign with this mechanism.");
        if (request.Data.Length > ProtocolLimits.SignDataBytesMax)
        {
            throw new FaultException(CKR.CKR_DATA_LEN_RANGE, "data.too_long", $"At most {ProtocolLimits.SignDataBytesMax} bytes can be signed at once.");
        }

        if (row.HashesFirst && request.Data.Length != DigestMechanism.Of(row.Hash).DigestBytes)
        {
            throw new FaultException(CKR.CKR_DATA_LEN_RANGE, "data.length", $"{row.Mechanism} takes a digest of {DigestMechanism.Of(row.Hash).DigestBytes} bytes.");
        }

        if (request.RequestId.Length != ProtocolLimits.RequestIdBytes)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "request.id", $"A request id has {ProtocolLimits.RequestIdBytes} bytes.");
        }

        return new SignatureInput(row, row.WantsPssParameters ? ReadPss(request.Pss, row) : null, request.Data.Memory)
        {
            Context = request.Context is null ? null : ReadContext(request.Context, row),
        };
    }

    private static SigningContext ReadContext(SignContext context, SignatureMechanism row)
    {
        if (!row.TakesContext || context.Value.Length > ParameterSet.ContextBytesMax || context.Hedge > CKH.CKH_DETERMINISTIC_REQUIRED)
        {
            throw new FaultException(
                CKR.CKR_MECHANISM_PARAM_INVALID, "mechanism.context", "The mechanism takes no such context (at most 255 bytes, hedged or deterministic).");
        }

        return new SigningContext(context.Hedge == CKH.CKH_DETERMINISTIC_REQUIRED, context.Value.Memory);
    }

    private static PssParameters ReadPss(CodeSign.Wire.V1.PssParameters? pss, SignatureMechanism row)
    {
        HashKind hash = pss is null ? HashKind.None : DigestMechanism.Find((CKM)pss.Hash)?.Hash ?? HashKind.None;
        HashKind mask = pss is null ? HashKind.None : DigestMechanism.All.FirstOrDefault(d => d.Mgf == (CKG)pss.Mgf)?.Hash ?? HashKind.None;
        if (pss is null || hash == HashKind.None || mask == HashKind.None || pss.SaltBytes > 512 || (row.HashesFirst && hash != row.Hash))
        {
            throw new FaultException(CKR.CKR_MECHANISM_PARAM_INVALID, "mechanism.pss", "The PSS parameters (hash, MGF, salt length) do not fit the mechanism.");
        }

        return new PssParameters(hash, mask, (int)pss.SaltBytes);
    }

    private static AuditEvent Describe(
        RequestContext context, SignRequest request, string keyId, UsableKey? key, in SignatureInput input, in InputFacts facts)
    {
        bool visible = key is not null && string.Equals(key.Environment.ProjectId, context.Project.Id, StringComparison.Ordinal);
        return context.Event() with
        {
            Environment = visible ? key!.Environment.Name : null,
            Key = keyId,
            Mechanism = input.Mechanism.Mechanism.ToString(),
            Hash = facts.HashName,
            Digest = Convert.ToHexStringLower(facts.Digest.Span),
            Pss = input.Pss is { } pss
                ? $"{DigestMechanism.Of(pss.Hash).Name}/MGF1-{DigestMechanism.Of(pss.MaskHash).Name}/{pss.SaltBytes.ToString(CultureInfo.InvariantCulture)}"
                : null,
            Context = input.Context is { Bytes.IsEmpty: false } bound ? Convert.ToHexStringLower(bound.Bytes.Span) : null,
            InputBytes = input.Data.Length,
            Request = Convert.ToHexStringLower(request.RequestId.Span),
            Claimed = ReadClaimed(request.Claimed),
        };
    }

    private static ClaimedCaller? ReadClaimed(Claimed? claimed) => claimed is null ? null : new ClaimedCaller
    {
        Program = NullIfEmpty(claimed.Program),
        ProgramSha256 = NullIfEmpty(claimed.ProgramSha256),
        User = NullIfEmpty(claimed.User),
        Host = NullIfEmpty(claimed.Host),
        Pid = claimed.Pid == 0 ? null : claimed.Pid,
        Justification = NullIfEmpty(claimed.Justification),
        Labels = claimed.Labels.Count == 0
            ? ImmutableSortedDictionary<string, string>.Empty
            : claimed.Labels.Take(LabelsMax).ToImmutableSortedDictionary(
                label => Cut(label.Key), label => Cut(label.Value), StringComparer.Ordinal),
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : Cut(text);

    private static string Cut(string text) => text.Length <= ClaimCharactersMax ? text : text[..ClaimCharactersMax];
}
