using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Wire.V1;
using Google.Protobuf;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>C_GenerateKey and C_GenerateKeyPair: keys of an application's own, in the project's storage for them.</summary>
internal sealed class GenerateOperations(ObjectDoor door, ObjectMaker maker, Backends backends)
{
    private static readonly byte[] PublicExponent = [1, 0, 1];

    public async ValueTask<GenerateKeyResponse> GenerateKeyAsync(RequestContext context, GenerateKeyRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        CKM mechanism = (CKM)request.Mechanism;
        SecretKeyMechanism row = SecretKeyMechanism.Find(mechanism) ?? throw UnknownMechanism(mechanism);
        ObjectTemplate template = ObjectDoor.Template(request.Template, []);
        AttributeSet attributes = ObjectRules.Generate(CKO.CKO_SECRET_KEY, mechanism, row.KeyType, template, door.IsSecurityOfficer(context, context.Snapshot));
        door.RequireFor(context, context.Snapshot, attributes);
        ObjectDoor.RequirePolicy(context.Project, attributes);
        ulong bytes = attributes.Number(CKA_VALUE_LEN) ?? 0;
        if (!row.Makes(bytes))
        {
            throw new FaultException(CKR.CKR_ATTRIBUTE_VALUE_INVALID, "attribute.value", $"{mechanism} makes no key of {bytes} bytes.");
        }

        StoredObject made = maker.New(context, attributes);
        SigningEnvironment environment = context.Project.ObjectEnvironment();
        IKeyBackend backend = backends.Of(environment);
        if (!backend.Supports(row))
        {
            throw new FaultException(
                CKR.CKR_MECHANISM_INVALID, "hsm.mechanism", $"{backend.Name} makes no keys with {mechanism}; project {context.Project.Name} keeps its keys there.");
        }

        if (backend is PassThroughBackend)
        {
            RequireForDevice(attributes);
        }

        NewSecretKey key = await InTurnAsync(
            context,
            request.Application,
            [attributes],
            made.Id,
            () => backend.GenerateSecretAsync(row, (int)bytes, UsesOf(attributes), made.Id, context.Cancel));
        made = made with { Storage = environment.Storage, DeviceId = key.DeviceId is null ? null : Convert.ToHexStringLower(key.DeviceId) };
        try
        {
            return new GenerateKeyResponse { Object = StoredObjects.ToWire(await maker.KeepAsync(context, [(made, key.Value)], request.Application)) };
        }
        catch when (key.DeviceId is not null)
        {
            await backend.DestroySecretAsync(key.DeviceId, CancellationToken.None);
            throw;
        }
    }

    public async ValueTask<GenerateKeyPairResponse> GenerateKeyPairAsync(RequestContext context, GenerateKeyPairRequest request)
    {
        door.RequireAllowed(context, context.Snapshot);
        CKM mechanism = (CKM)request.Mechanism;
        KeyPairMechanism row = KeyPairMechanism.Find(mechanism) ?? throw UnknownMechanism(mechanism);
        ObjectTemplate publicTemplate = ObjectDoor.Template(request.PublicTemplate, []);
        bool bySecurityOfficer = door.IsSecurityOfficer(context, context.Snapshot);
        AttributeSet publicKey = ObjectRules.Generate(CKO.CKO_PUBLIC_KEY, mechanism, row.KeyType, publicTemplate, bySecurityOfficer);
        AttributeSet privateKey = ObjectRules.Generate(
            CKO.CKO_PRIVATE_KEY, mechanism, row.KeyType, ObjectDoor.Template(request.PrivateTemplate, []), bySecurityOfficer);
        RequireApart(context.Project, row, publicKey, privateKey);
        ObjectMaker.RequirePublicKeyInfo(publicKey.Find(CKA_PUBLIC_KEY_INFO), default);
        ObjectMaker.RequirePublicKeyInfo(privateKey.Find(CKA_PUBLIC_KEY_INFO), default);
        KeyAlgorithm algorithm = FindAlgorithm(row, publicKey);
        door.RequireFor(context, context.Snapshot, publicKey);
        door.RequireFor(context, context.Snapshot, privateKey);
        ObjectDoor.RequirePolicy(context.Project, privateKey);

        StoredObject privateObject = maker.New(context, privateKey);
        SigningEnvironment environment = context.Project.ObjectEnvironment();
        IKeyBackend backend = backends.Of(environment);
        RequirePossible(context, backend, algorithm, privateKey);
        NewKey made = await InTurnAsync(
            context,
            request.Application,
            [publicKey, privateKey],
            privateObject.Id,
            () => backend.GenerateAsync(algorithm, privateObject.Id, context.Cancel));
        PublicKeyFacts facts = PublicKeyFacts.FromSpki(made.PublicKeyInfo);
        StoredObject publicObject = maker.New(context, ObjectMaker.WithFacts(publicKey, facts, made.PublicKeyInfo));
        privateObject = privateObject with
        {
            Attributes = ObjectMaker.WithFacts(privateObject.Attributes, facts, made.PublicKeyInfo),
            Algorithm = algorithm.Name,
            Storage = environment.Storage,
            PublicKey = Convert.ToBase64String(made.PublicKeyInfo),
            DeviceId = made.DeviceId is null ? null : Convert.ToHexStringLower(made.DeviceId),
        };
        try
        {
            await maker.KeepAsync(context, [(publicObject, null), (privateObject, made.Private)], request.Application);
        }
        catch when (made.DeviceId is not null)
        {
            await backend.DestroyAsync(ObjectDoor.Reference(privateObject, null), CancellationToken.None);
            throw;
        }

        return new GenerateKeyPairResponse
        {
            PublicKey = StoredObjects.ToWire(publicObject),
            PrivateKey = StoredObjects.ToWire(privateObject),
        };
    }

    // Nothing costly is begun that would be refused at its end, as far as can be told; the commit asks again.
    private Task<T> InTurnAsync<T>(
        RequestContext context, ByteString application, IReadOnlyList<AttributeSet> objects, string keyId, Func<Task<T>> generate)
    {
        SigningEnvironment environment = context.Project.ObjectEnvironment();
        return backends.GenerateInTurnAsync(
            context.Project.Id,
            async () =>
            {
                maker.RequireRoom(context, context.StoreSnapshot(), application, objects);
                if (backends.Of(environment) is PassThroughBackend)
                {
                    await context.RecordIntentAsync(context.Event() with { Environment = environment.Name, Key = keyId });
                }

                return await generate();
            },
            context.Cancel);
    }

    private static void RequirePossible(RequestContext context, IKeyBackend backend, KeyAlgorithm algorithm, AttributeSet privateKey)
    {
        if (!backend.Supports(algorithm))
        {
            throw new FaultException(
                CKR.CKR_MECHANISM_INVALID, "key.algorithm", $"{backend.Name} makes no {algorithm.Name} keys; project {context.Project.Name} keeps its keys there.");
        }

        if (backend is PassThroughBackend)
        {
            RequireForDevice(privateKey);
        }
    }

    private static void RequireForDevice(AttributeSet key)
    {
        if (!key.Is(CKA_TOKEN) || key.Is(CKA_EXTRACTABLE) || !key.Is(CKA_SENSITIVE) || key.Is(CKA_DERIVE))
        {
            throw new FaultException(
                CKR.CKR_TEMPLATE_INCONSISTENT, "hsm.template", "A key on an HSM is a token object, sensitive and not extractable, and no other is derived from it.");
        }

        if (key.Class == CKO.CKO_PRIVATE_KEY && (key.Is(CKA_DECRYPT) || key.Is(CKA_UNWRAP) || key.Is(CKA_SIGN_RECOVER)))
        {
            throw new FaultException(CKR.CKR_TEMPLATE_INCONSISTENT, "hsm.template", "A private key on an HSM signs; nothing else.");
        }
    }

    private static SecretKeyUses UsesOf(AttributeSet key)
    {
        (CKA Attribute, SecretKeyUses Use)[] uses =
        [
            (CKA_ENCRYPT, SecretKeyUses.Encrypt), (CKA_DECRYPT, SecretKeyUses.Decrypt), (CKA_WRAP, SecretKeyUses.Wrap),
            (CKA_UNWRAP, SecretKeyUses.Unwrap), (CKA_SIGN, SecretKeyUses.Sign), (CKA_VERIFY, SecretKeyUses.Verify),
        ];
        return uses.Where(use => key.Is(use.Attribute)).Aggregate(SecretKeyUses.None, (all, use) => all | use.Use);
    }

    // The two halves undo each other's work: what one wraps, the other must not decrypt. Where nothing is wrapped, and for keys that wrap
    // nothing, it doesn't matter, and many tools ask for all uses at once.
    private static void RequireApart(Project project, KeyPairMechanism row, AttributeSet publicKey, AttributeSet privateKey)
    {
        if (!project.Objects.AllowWrap || row.KeyType != CKK.CKK_RSA)
        {
            return;
        }

        if ((publicKey.Is(CKA_WRAP) && privateKey.Is(CKA_DECRYPT)) || (publicKey.Is(CKA_ENCRYPT) && privateKey.Is(CKA_UNWRAP)))
        {
            throw new FaultException(
                CKR.CKR_TEMPLATE_INCONSISTENT, "template.inconsistent", "A pair that both transports keys and works on data would hand out what it transports.");
        }
    }

    private static KeyAlgorithm FindAlgorithm(KeyPairMechanism row, AttributeSet publicKey)
    {
        if (row.KeyType == CKK.CKK_RSA)
        {
            if (publicKey.Find(CKA_PUBLIC_EXPONENT) is { IsEmpty: false } exponent && !exponent.Span.TrimStart((byte)0).SequenceEqual(PublicExponent))
            {
                throw new FaultException(CKR.CKR_TEMPLATE_INCONSISTENT, "key.exponent", "RSA keys are made with the public exponent 65537.");
            }

            ulong? bits = publicKey.Number(CKA_MODULUS_BITS);
            return KeyAlgorithm.All.FirstOrDefault(algorithm => algorithm.KeyType == CKK.CKK_RSA && (ulong)algorithm.Bits == bits)
                ?? throw new FaultException(CKR.CKR_KEY_SIZE_RANGE, "key.size", $"RSA keys have 2048, 3072 or 4096 bits here, not {bits}.");
        }

        return row.KeyType is CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA
            ? ParameterSet.Read(row.KeyType, (publicKey.Find(CKA_PARAMETER_SET) ?? default).Span)
            : CurveParameters.Read(row.KeyType, (publicKey.Find(CKA_EC_PARAMS) ?? default).Span);
    }

    private static FaultException UnknownMechanism(CKM mechanism) =>
        new(CKR.CKR_MECHANISM_INVALID, "mechanism.unknown", $"The appliance makes no keys with {mechanism}.");
}
