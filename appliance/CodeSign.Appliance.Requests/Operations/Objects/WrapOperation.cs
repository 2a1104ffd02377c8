using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;
using CipherParameters = CodeSign.Appliance.Keys.CipherParameters;
using Google.Protobuf;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>
/// C_WrapKey: a key leaves under another, where it was made so that it may, and the project still lets it. What leaves stands in the
/// record first.
/// </summary>
internal sealed class WrapOperation(ObjectDoor door, ObjectOperations objects)
{
    public async ValueTask<WrapKeyResponse> WrapAsync(RequestContext context, WrapKeyRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        RequireWrap(context.Project);
        CipherMechanism mechanism = CipherRequests.FindRow(request.Mechanism);
        uint drawn = request.Parameters?.IvDrawnBytes ?? 0;
        CipherRequests.RequireStrong(context.Project, mechanism, mechanism.Scheme == CipherScheme.AesGcm && drawn == 0);
        CipherParameters parameters = CipherRequests.DrawIv(CipherRequests.Read(mechanism, request.Parameters), drawn);
        FoundObject key = CarryingKey.Find(
            door, context, request.KeyId, request.Application, CKR.CKR_KEY_HANDLE_INVALID, CKR.CKR_KEY_UNEXTRACTABLE);
        CarryingKey wrapping = FindWrapping(context, request);
        AuditEvent told = context.Event() with
        {
            Environment = SigningEnvironment.BuiltInName,
            Key = key.Record.Id,
            Mechanism = mechanism.Mechanism.ToString(),
            Detail = $"{ObjectMaker.Describe(key.Record)} under {wrapping.Found?.Record.Id ?? "a key of the application's"}",
        };
        context.RefusedUse = told;
        wrapping.RequireMayWrap(mechanism, key.Record);

        using SecretBytes wrapped = Wrap(mechanism, wrapping, parameters, key);
        FoundObject[] used = wrapping.Found is { } found ? [key, found] : [key];
        Recorded recorded = await context.RecordAsync(told, latest => Reconsider(context, latest, used, told));
        if (!ReferenceEquals(recorded.Written, told))
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, recorded.Written.Reason ?? "policy.changed", "The right to wrap the key ended meanwhile.");
        }

        WrapKeyResponse response = new() { WrappedKey = ByteString.CopyFrom(wrapped.Span) };
        if (drawn > 0)
        {
            response.Iv = ByteString.CopyFrom(parameters.Iv.Span);
        }

        return response;
    }

    private static void RequireWrap(Project project)
    {
        if (!project.Objects.AllowWrap)
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED,
                "policy.wrap",
                $"No key leaves project {project.Name} wrapped; its owner allows it with 'csctl project set {project.Name} --object-wrap true'.");
        }
    }

    private CarryingKey FindWrapping(RequestContext context, WrapKeyRequest request)
    {
        if (request.WrappingKeyInfo.Length > 0)
        {
            return CarryingKey.OfApplication(request.WrappingKeyInfo.ToByteArray());
        }

        FoundObject found = CarryingKey.Find(
            door, context, request.WrappingKeyId, request.Application, CKR.CKR_WRAPPING_KEY_HANDLE_INVALID, CKR.CKR_KEY_FUNCTION_NOT_PERMITTED);
        CarryingKey wrapping = CarryingKey.Of(found);
        if (wrapping.PublicKeyInfo is { } info)
        {
            RequireClosedHalf(context, Convert.ToBase64String(info));
        }

        return wrapping;
    }

    // A pair may have been made for data as well, before keys were wrapped here.
    private static void RequireClosedHalf(RequestContext context, string publicKey)
    {
        if (context.Snapshot.Objects.Values.Any(made => made.Class == CKO.CKO_PRIVATE_KEY
            && made.Attributes.Is(CKA.CKA_DECRYPT)
            && string.Equals(made.ProjectId, context.Project.Id, StringComparison.Ordinal)
            && string.Equals(made.PublicKey, publicKey, StringComparison.Ordinal)))
        {
            throw new FaultException(
                CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, "wrap.pair", "The wrapping key's other half decrypts data: it would hand out what this one wraps.");
        }
    }

    private SecretBytes Wrap(CipherMechanism mechanism, CarryingKey wrapping, CipherParameters parameters, FoundObject key)
    {
        using SecretBytes value = objects.OpenSecret(key);
        using SecretBytes? secret = wrapping.PublicKeyInfo is null ? objects.OpenSecret(wrapping.Found!) : null;
        try
        {
            return KeyCipher.Encipher(mechanism, secret is null ? wrapping.PublicKeyInfo : secret.Span, parameters, value.Span);
        }
        catch (FaultException length) when (length.Status == CKR.CKR_DATA_LEN_RANGE)
        {
            throw new FaultException(CKR.CKR_KEY_SIZE_RANGE, "wrap.size", $"{mechanism.Mechanism} doesn't take a key of {value.Length} bytes.");
        }
    }

    // What was withdrawn while the record waited to be written is withdrawn.
    private AuditEvent? Reconsider(RequestContext context, Snapshot latest, FoundObject[] used, AuditEvent told)
    {
        string? reason = door.WhyWithdrawn(context, latest, used)
            ?? (latest.Projects[context.Project.Id].Objects is { AllowWrap: true } now && now.AllowWeakWrap == context.Project.Objects.AllowWeakWrap ? null : "policy.changed");
        return reason is null ? null : told with { Event = told.Event + ".refused", Outcome = "refused", Reason = reason };
    }
}
