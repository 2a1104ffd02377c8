using System.Diagnostics.CodeAnalysis;
using System.Text;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using Google.Protobuf;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>Makes objects out of attributes that the rules have passed, and keeps them where CKA_TOKEN says.</summary>
internal sealed class ObjectMaker(ObjectDoor door, SoftwareBackend software)
{
    /// <summary>Objects that applications made in one project.</summary>
    public const int ObjectsMax = 50_000;

    /// <summary>Bytes of all their attributes together: they are kept in memory.</summary>
    public const long BytesMax = 128 * 1024 * 1024;

    private const int LabelCharactersInRecord = 64;

    /// <summary>An object of C_CreateObject, with what is to be sealed beside it.</summary>
    public (StoredObject Made, SecretBytes? Secret) FromValues(RequestContext context, AttributeSet attributes, SecretValues secrets)
    {
        StoredObject made = New(context, attributes);
        return attributes.Class switch
        {
            CKO.CKO_CERTIFICATE => (made with { Attributes = ReadCertificate(made.Attributes) }, null),
            CKO.CKO_PUBLIC_KEY => (made with { Attributes = ReadPublicKey(made.Attributes) }, null),
            CKO.CKO_PRIVATE_KEY => BringIn(context, made, secrets),
            CKO.CKO_SECRET_KEY => BringInSecretKey(context, made, secrets),
            _ => (made, null),
        };
    }

    /// <summary>A key that came in wrapped, with what is to be sealed beside it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="attributes">What the rules have passed.</param>
    /// <param name="value">PrivateKeyInfo of a private key, the value of a secret one.</param>
    /// <exception cref="FaultException">As ever keys from elsewhere are refused, or CKR_WRAPPED_KEY_INVALID: this is no such key.</exception>
    public (StoredObject Made, SecretBytes? Secret) FromWrapped(RequestContext context, AttributeSet attributes, ReadOnlySpan<byte> value)
    {
        StoredObject made = New(context, attributes);
        if (attributes.Class == CKO.CKO_PRIVATE_KEY)
        {
            NewKey key = software.ImportNumbers(value);
            if (PublicKeyFacts.FromSpki(key.PublicKeyInfo).Algorithm.KeyType == attributes.KeyType)
            {
                return Adopt(made, key);
            }

            key.Private?.Dispose();
            throw WrappedInvalid($"it is no key of type {attributes.KeyType}");
        }

        // Never a part of what was wrapped: a short key is searched for byte by byte.
        return SecretKeyMechanism.LengthsOf(attributes.KeyType).Makes((ulong)value.Length) && (attributes.Number(CKA_VALUE_LEN) ?? (ulong)value.Length) == (ulong)value.Length
            ? (made with { Attributes = made.Attributes.With(CKA_VALUE_LEN, (ulong)value.Length) }, new SecretBytes(value))
            : throw WrappedInvalid($"a key of type {attributes.KeyType} has other lengths, or the template says another");
    }

    public static FaultException WrappedInvalid(string why) =>
        new(CKR.CKR_WRAPPED_KEY_INVALID, "wrapped_key.invalid", $"The wrapped key can't be taken: {why}.");

    /// <summary>An object with these attributes and an id of its own.</summary>
    public StoredObject New(RequestContext context, AttributeSet attributes) => WithNewId(new StoredObject
    {
        Id = "",
        ProjectId = context.Project.Id,
        TokenLife = context.Project.TokenLife,
        Attributes = attributes,
        Created = context.Now,
    });

    public StoredObject WithNewId(StoredObject made)
    {
        string id = Names.NewId();
        return made with
        {
            Id = id,
            Attributes = made.Attributes.With(CKA_UNIQUE_ID, AttributeSet.Bytes(Convert.ToHexStringLower(ObjectIds.Of(id, made.Class)))),
        };
    }

    /// <summary>
    /// Keeps objects, all or none, under the policy there is when they are written, each in the store or in the caller's session, and takes their
    /// secrets over. The answer is the last one.
    /// </summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The session takes its copy over.")]
    public async Task<StoredObject> KeepAsync(
        RequestContext context,
        IReadOnlyList<(StoredObject Made, SecretBytes? Secret)> objects,
        ByteString application,
        Action<Snapshot>? stillThere = null,
        AuditEvent? told = null)
    {
        try
        {
            (StoredObject Made, SecretBytes? Secret)[] lasting = [.. objects.Where(entry => entry.Made.Attributes.Is(CKA_TOKEN))];
            (StoredObject Made, SecretBytes? Secret)[] passing = [.. objects.Where(entry => !entry.Made.Attributes.Is(CKA_TOKEN))];
            string? owner = passing.Any(entry => entry.Secret is not null) ? RequireApplication(application) : null;

            // A place in the session is taken before the commit: nothing that can fail comes after it.
            using SessionObjects.Places places = door.Session.Take(
                context.Caller.IdentityId, owner, [.. passing.Where(entry => entry.Secret is not null).Select(entry => (entry.Made, new SecretBytes(entry.Secret!.Span)))]);
            await context.ChangeAsync(latest =>
            {
                door.RequireAllowed(context, latest);
                RequireRoom(latest, context.Project.Id, lasting.Length, lasting.Sum(entry => entry.Made.Bytes));
                Project now = latest.Projects[context.Project.Id];
                foreach ((StoredObject made, _) in objects)
                {
                    RequireStill(now, made);
                    door.RequireFor(context, latest, made.Attributes);
                    GovernedNames.RequireFree(latest, now.Id, made.Attributes);
                }

                stillThere?.Invoke(latest);
                StoreChange change = new();
                foreach ((StoredObject made, SecretBytes? secret) in lasting)
                {
                    change.Put(made, secret);
                }

                foreach ((StoredObject made, _) in objects)
                {
                    AuditEvent record = told ?? context.Event();
                    string detail = record.Detail is null ? Describe(made) : $"{Describe(made)} {record.Detail}";
                    change.Record(record with { Environment = SigningEnvironment.BuiltInName, Key = made.Id, Detail = detail });
                }

                return change;
            });
            places.Keep();
            return objects[^1].Made;
        }
        finally
        {
            foreach ((_, SecretBytes? secret) in objects)
            {
                secret?.Dispose();
            }
        }
    }

    /// <summary>Refuses what can't be kept by what is there now: asked before a key is generated for it.</summary>
    public void RequireRoom(RequestContext context, Snapshot snapshot, ByteString application, IReadOnlyList<AttributeSet> objects)
    {
        door.RequireAllowed(context, snapshot);
        AttributeSet[] lasting = [.. objects.Where(made => made.Is(CKA_TOKEN))];
        RequireRoom(snapshot, context.Project.Id, lasting.Length, lasting.Sum(made => made.Sum(attribute => (long)attribute.Value.Length)));
        AttributeSet[] passing = [.. objects.Where(made => !made.Is(CKA_TOKEN) && made.Class is CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY)];
        if (passing.Length > 0)
        {
            door.Session.RequireRoom(context.Caller.IdentityId, RequireApplication(application), passing.Length, bytes: 0);
        }
    }

    private static string RequireApplication(ByteString application) => SessionObjects.ApplicationOf(application)
        ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "application.id", "A session object belongs to an application, and the request names none.");

    private static void RequireRoom(Snapshot snapshot, string projectId, int count, long bytes)
    {
        if (count > 0 && snapshot.CountObjectsOf(projectId) + count > ObjectsMax)
        {
            throw new FaultException(CKR.CKR_DEVICE_MEMORY, "objects.too_many", $"A project has at most {ObjectsMax} objects made by applications; destroy some.");
        }

        if (count > 0 && snapshot.BytesOfObjects(projectId) + bytes > BytesMax)
        {
            throw new FaultException(
                CKR.CKR_DEVICE_MEMORY, "objects.too_large", $"The objects of a project have at most {BytesMax >> 20} MiB together; destroy some.");
        }
    }

    // The policy may have changed since the request came in: keys wait in a queue to be made.
    private static void RequireStill(Project project, StoredObject made)
    {
        if (made.TokenLife != project.TokenLife)
        {
            throw new FaultException(CKR.CKR_FUNCTION_FAILED, "token.initialised", $"The token of project {project.Name} was initialised meanwhile.");
        }

        ObjectDoor.RequireSize(made);
        ObjectDoor.RequirePolicy(project, made.Attributes);
        bool isKey = made.Class is CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY;
        if (isKey && !string.Equals(made.Storage, project.Objects.Storage, StringComparison.Ordinal))
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED, "policy.storage", $"Project {project.Name} keeps its keys on {project.Objects.Storage}.");
        }

        if (isKey && !made.Attributes.Is(CKA_LOCAL) && !project.Objects.AllowImport)
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "policy.import", $"Project {project.Name} takes no keys from elsewhere.");
        }
    }

    /// <summary>An object in a few words, for the record.</summary>
    public static string Describe(StoredObject made)
    {
        string label = Encoding.UTF8.GetString((made.Attributes.Find(CKA_LABEL) ?? default).Span);
        int kept = int.Min(label.Length, LabelCharactersInRecord);
        string shown = label[..(kept > 0 && char.IsHighSurrogate(label[kept - 1]) ? kept - 1 : kept)];
        return $"{(made.Attributes.Is(CKA_TOKEN) ? "token" : "session")} {made.Class} '{shown}'";
    }

    /// <summary>Adds what a public key tells to the attributes of a private or public one.</summary>
    public static AttributeSet WithFacts(AttributeSet attributes, PublicKeyFacts facts, byte[] publicKeyInfo)
    {
        RequirePublicKeyInfo(attributes.Find(CKA_PUBLIC_KEY_INFO), publicKeyInfo);
        bool isPublic = attributes.Class == CKO.CKO_PUBLIC_KEY;
        List<ObjectAttribute> told = [new(CKA_PUBLIC_KEY_INFO, publicKeyInfo)];
        void Tell(CKA type, byte[]? value)
        {
            if (value is not null)
            {
                told.Add(new ObjectAttribute(type, value));
            }
        }

        Tell(CKA_MODULUS, facts.Modulus);
        Tell(CKA_PUBLIC_EXPONENT, facts.PublicExponent);
        Tell(CKA_EC_PARAMS, facts.EcParameters);
        Tell(CKA_PARAMETER_SET, facts.Algorithm.Parameters is { } parameters ? AttributeSet.Bytes(parameters.Number) : null);
        Tell(CKA_VALUE, isPublic ? facts.Value : null);
        Tell(CKA_EC_POINT, isPublic ? facts.EcPoint : null);
        Tell(CKA_MODULUS_BITS, isPublic && facts.Modulus is not null ? AttributeSet.Bytes((ulong)facts.Algorithm.Bits) : null);
        return attributes.With(told);
    }

    private static AttributeSet ReadCertificate(AttributeSet attributes)
    {
        CertificateFacts facts;
        try
        {
            facts = CertificateFacts.FromDer(attributes.Find(CKA_VALUE) ?? default);
        }
        catch (FaultException malformed)
        {
            throw new FaultException(CKR.CKR_ATTRIBUTE_VALUE_INVALID, malformed.Reason, malformed.Message);
        }

        RequirePublicKeyInfo(attributes.Find(CKA_PUBLIC_KEY_INFO), facts.PublicKeyInfo);

        // What the application left empty stands in the certificate.
        bool IsEmpty(CKA type) => attributes.Find(type) is null or { Length: 0 };
        return attributes
            .With(CKA_ISSUER, IsEmpty(CKA_ISSUER) ? facts.Issuer : attributes.Find(CKA_ISSUER)!.Value)
            .With(CKA_SERIAL_NUMBER, IsEmpty(CKA_SERIAL_NUMBER) ? facts.SerialNumber : attributes.Find(CKA_SERIAL_NUMBER)!.Value)
            .With(CKA_PUBLIC_KEY_INFO, facts.PublicKeyInfo);
    }

    private static AttributeSet ReadPublicKey(AttributeSet attributes)
    {
        byte[]? told = PublicKeyNumbers.ToPublicKeyInfo(attributes);
        RequirePublicKeyInfo(attributes.Find(CKA_PUBLIC_KEY_INFO), told);
        return told is null ? attributes : attributes.With(CKA_PUBLIC_KEY_INFO, told);
    }

    /// <summary>
    /// Refuses a public key that an application gives for another than the key has: whoever reads it there would trust the wrong one.
    /// Empty stands for none given.
    /// </summary>
    public static void RequirePublicKeyInfo(ReadOnlyMemory<byte>? given, ReadOnlySpan<byte> told)
    {
        if (given is { IsEmpty: false } info && !info.Span.SequenceEqual(told))
        {
            throw new FaultException(
                CKR.CKR_ATTRIBUTE_VALUE_INVALID, "attribute.public_key_info", "CKA_PUBLIC_KEY_INFO isn't this key's; leave it out, and it is derived.");
        }
    }

    /// <summary>Refuses keys from elsewhere where the project takes none.</summary>
    public static void RequireImport(RequestContext context)
    {
        Project project = context.Project;
        if (!project.Objects.AllowImport)
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED,
                "policy.import",
                $"Project {project.Name} takes no keys from elsewhere; its owner allows it with 'csctl project set {project.Name} --object-import true'.");
        }

        if (!string.Equals(project.Objects.Storage, SigningEnvironment.SoftwareStorage, StringComparison.Ordinal))
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED, "policy.import", $"Project {project.Name} keeps its keys on {project.Objects.Storage}: they are generated there.");
        }
    }

    private (StoredObject Made, SecretBytes? Secret) BringIn(RequestContext context, StoredObject made, SecretValues secrets)
    {
        RequireImport(context);
        CKK type = made.Attributes.KeyType;
        using SecretBytes pkcs8 = KeyNumbers.ToPkcs8(type, wanted => secrets.Find(wanted) is { IsEmpty: false } secret
            ? secret
            : (made.Attributes.Find(wanted) ?? default).Span);
        NewKey key;
        try
        {
            key = software.ImportNumbers(pkcs8.Span);
        }
        catch (FaultException unfit)
        {
            CKR status = unfit.Status == CKR.CKR_KEY_SIZE_RANGE ? CKR.CKR_KEY_SIZE_RANGE : CKR.CKR_ATTRIBUTE_VALUE_INVALID;
            throw new FaultException(status, unfit.Reason, unfit.Message);
        }

        return Adopt(made, key);
    }

    /// <summary>A private key that passed what keys from elsewhere pass, as an object.</summary>
    private static (StoredObject Made, SecretBytes? Secret) Adopt(StoredObject made, NewKey key)
    {
        PublicKeyFacts facts = PublicKeyFacts.FromSpki(key.PublicKeyInfo);
        return (
            made with
            {
                Attributes = WithFacts(made.Attributes, facts, key.PublicKeyInfo),
                Algorithm = facts.Algorithm.Name,
                PublicKey = Convert.ToBase64String(key.PublicKeyInfo),
            },
            key.Private);
    }

    private static (StoredObject Made, SecretBytes? Secret) BringInSecretKey(RequestContext context, StoredObject made, SecretValues secrets)
    {
        RequireImport(context);
        ReadOnlySpan<byte> value = secrets.Find(CKA_VALUE);
        return SecretKeyMechanism.LengthsOf(made.Attributes.KeyType).Makes((ulong)value.Length)
            ? (made with { Attributes = made.Attributes.With(CKA_VALUE_LEN, (ulong)value.Length) }, new SecretBytes(value))
            : throw new FaultException(
                CKR.CKR_ATTRIBUTE_VALUE_INVALID, "attribute.value", $"A key of type {made.Attributes.KeyType} can't have {value.Length} bytes.");
    }
}
