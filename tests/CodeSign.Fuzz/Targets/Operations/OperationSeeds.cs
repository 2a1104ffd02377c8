using System.Text;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Fuzz.Targets.Operations;

/// <summary>One request of each operation that is answered well, to begin with.</summary>
internal static class OperationSeeds
{
    private const byte Local = 0;
    private const byte Nobody = 1;
    private const byte Administrator = 2;
    private const byte Alice = 3;

    private static readonly ByteString PrivateKey = ByteString.CopyFrom([.. ServedAppliance.ObjectId, (byte)CKO.CKO_PRIVATE_KEY]);

    public static IEnumerable<byte[]> All => [.. Tokens, .. Objects, .. People, .. Projects, .. Environments, .. Oversight];

    private static IEnumerable<byte[]> Tokens =>
    [
        Of(Nobody, OperationCode.Hello, new HelloRequest { ProtocolMin = 1, ProtocolMax = 1, Credential = CredentialKind.CredentialGrant }, ServedAppliance.Grant),
        Of(Nobody, OperationCode.Hello, new HelloRequest { ProtocolMin = 1, ProtocolMax = 1, Credential = CredentialKind.CredentialPassword, UserName = "alice" }, "x"),
        Of(Alice, OperationCode.ListTokens, new ListTokensRequest()),
        Of(Alice, OperationCode.Login, new LoginRequest { ProjectId = ServedAppliance.ProjectId, UserType = UserType.UserUser }, "correct horse"),
        Of(Alice, OperationCode.Login, new LoginRequest { ProjectId = ServedAppliance.ProjectId, UserType = UserType.UserContextSpecific, KeyId = PrivateKey }, "correct horse"),
        Of(Alice, OperationCode.Logout, new LogoutRequest { ProjectId = ServedAppliance.ProjectId }),
        Of(Alice, OperationCode.SetPin, new SetPinRequest { ProjectId = ServedAppliance.ProjectId, UserType = UserType.UserSo }, "battery staple", "another long pin"),
        Of(Alice, OperationCode.FindObjects, Template(new FindObjectsRequest { ProjectId = ServedAppliance.ProjectId, IncludeOlderKeys = true })),
        Of(Alice, OperationCode.GetAttributes, new GetAttributesRequest { ProjectId = ServedAppliance.ProjectId, ObjectId = PrivateKey }),
        Of(Alice, OperationCode.Sign, Sign(CKM.CKM_ECDSA_SHA256, 32)),
        Of(Alice, OperationCode.Sign, Sign(CKM.CKM_ECDSA, 48)),
        Of(Alice, OperationCode.Random, new RandomRequest { Bytes = 32 }),
    ];

    /// <summary>An object of data, and its like.</summary>
    public static IEnumerable<Wire.V1.Attribute> DataTemplate =>
        [Number(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA), Flag(CKA.CKA_TOKEN, 1), Flag(CKA.CKA_PRIVATE, 1), Bytes(CKA.CKA_LABEL, "d"u8), Bytes(CKA.CKA_VALUE, "v"u8)];

    /// <summary>A key that carries others, but for its value.</summary>
    public static IEnumerable<Wire.V1.Attribute> CarrierTemplate =>
        [Number(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), Number(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES), Flag(CKA.CKA_TOKEN, 1), Flag(CKA.CKA_WRAP, 1), Flag(CKA.CKA_UNWRAP, 1)];

    public static GenerateKeyPairRequest Pair(string project)
    {
        GenerateKeyPairRequest pair = new() { ProjectId = project, Mechanism = (ulong)CKM.CKM_EC_KEY_PAIR_GEN };
        pair.PublicTemplate.AddRange([Bytes(CKA.CKA_EC_PARAMS, Convert.FromHexString("06082A8648CE3D030107")), Flag(CKA.CKA_TOKEN, 1)]);
        pair.PrivateTemplate.AddRange([Flag(CKA.CKA_TOKEN, 1), Flag(CKA.CKA_EXTRACTABLE, 1), Flag(CKA.CKA_SENSITIVE, 0), Flag(CKA.CKA_WRAP_WITH_TRUSTED, 0)]);
        return pair;
    }

    private static IEnumerable<byte[]> Objects
    {
        get
        {
            ByteString application = ByteString.CopyFrom(new byte[16]);
            ByteString own = ByteString.CopyFrom(ServedAppliance.OwnKeyId);
            ByteString carrier = ByteString.CopyFrom(ServedAppliance.CarrierId);
            ByteString data = ByteString.CopyFrom(ServedAppliance.DataId);
            string project = ServedAppliance.ProjectId;
            Wire.V1.Attribute[] secret = [Number(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), Number(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_GENERIC_SECRET)];
            byte[] value = [0, 0, 0, 0, 0, 0, 0, (byte)CKA.CKA_VALUE, 0, 0, 0, 16, .. new byte[16]];
            GenerateKeyPairRequest rsa = new() { ProjectId = project, Mechanism = (ulong)CKM.CKM_RSA_PKCS_KEY_PAIR_GEN, Application = application };
            rsa.PublicTemplate.AddRange([Number(CKA.CKA_MODULUS_BITS, 1024), Bytes(CKA.CKA_PUBLIC_EXPONENT, [1, 0, 1])]);
            yield return Of(Alice, OperationCode.CreateObject, new CreateObjectRequest { ProjectId = project, Template = { DataTemplate } });
            yield return Of(Alice, OperationCode.CreateObject, new CreateObjectRequest { ProjectId = project, Template = { secret }, Application = application }, [value]);
            yield return Of(Alice, OperationCode.CopyObject, new CopyObjectRequest { ProjectId = project, ObjectId = data, Template = { Flag(CKA.CKA_TOKEN, 0) }, Application = application });
            yield return Of(Alice, OperationCode.SetAttributes, new SetAttributesRequest { ProjectId = project, ObjectId = own, Template = { Bytes(CKA.CKA_LABEL, "l"u8) } });
            yield return Of(Alice, OperationCode.DestroyObject, new DestroyObjectRequest { ProjectId = project, ObjectId = data });
            yield return Of(Alice, OperationCode.RevealAttributes, new RevealAttributesRequest { ProjectId = project, ObjectId = own, Types_ = { (ulong)CKA.CKA_VALUE } });
            yield return Of(Alice, OperationCode.GenerateKey, new GenerateKeyRequest { ProjectId = project, Mechanism = (ulong)CKM.CKM_AES_KEY_GEN, Template = { Number(CKA.CKA_VALUE_LEN, 32) }, Application = application });
            yield return Of(Alice, OperationCode.GenerateKeyPair, Pair(project));
            yield return Of(Alice, OperationCode.GenerateKeyPair, rsa);
            yield return Of(Alice, OperationCode.WrapKey, new WrapKeyRequest { ProjectId = project, Mechanism = (ulong)CKM.CKM_AES_KEY_WRAP_KWP, WrappingKeyId = carrier, KeyId = own, Application = application });
            CipherParameters gcm = new() { IvDrawnBytes = 12, TagBits = 128, AssociatedData = ByteString.CopyFromUtf8("a") };
            CipherParameters oaep = new() { Hash = (ulong)CKM.CKM_SHA256, Mgf = (ulong)CKG.CKG_MGF1_SHA256, AesKeyBits = 256, Label = ByteString.CopyFromUtf8("l") };
            CipherParameters cbc = new() { Iv = ByteString.CopyFrom(new byte[16]) };
            yield return Of(Alice, OperationCode.WrapKey, new WrapKeyRequest { ProjectId = project, Mechanism = (ulong)CKM.CKM_AES_GCM, Parameters = gcm, WrappingKeyId = carrier, KeyId = own, Application = application });
            yield return Of(Alice, OperationCode.WrapKey, new WrapKeyRequest { ProjectId = project, Mechanism = (ulong)CKM.CKM_RSA_AES_KEY_WRAP, Parameters = oaep, WrappingKeyInfo = ByteString.CopyFrom(PublicKeyInfo), KeyId = own, Application = application });
            yield return Of(Alice, OperationCode.UnwrapKey, new UnwrapKeyRequest { ProjectId = project, Mechanism = (ulong)CKM.CKM_AES_CBC, Parameters = cbc, UnwrappingKeyId = carrier, WrappedKey = ByteString.CopyFrom(new byte[32]), Template = { secret }, Application = application });
            yield return Of(Alice, OperationCode.UnwrapKey, new UnwrapKeyRequest { ProjectId = project, Mechanism = (ulong)CKM.CKM_AES_KEY_WRAP, UnwrappingKeyId = carrier, WrappedKey = ByteString.CopyFrom(ServedAppliance.Wrapped), Template = { secret }, Application = application });
            yield return Of(Alice, OperationCode.DeriveKey, new DeriveKeyRequest { ProjectId = project, Mechanism = (ulong)CKM.CKM_ECDH1_DERIVE, BaseKeyId = own, Kdf = (ulong)CKD.CKD_NULL, PublicData = ByteString.CopyFrom(new byte[65]), Template = { secret }, Application = application });
            yield return Of(Alice, OperationCode.EndApplication, new EndApplicationRequest { Application = application, ProjectId = project });
            yield return Of(Alice, OperationCode.InitToken, new InitTokenRequest { ProjectId = project, Label = "demo" }, "battery staple");
            yield return Of(Alice, OperationCode.InitPin, new InitPinRequest { ProjectId = project }, "another long pin");
        }
    }

    private static Wire.V1.Attribute Number(CKA type, ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return Bytes(type, bytes);
    }

    private static Wire.V1.Attribute Flag(CKA type, byte value) => Bytes(type, [value]);

    private static Wire.V1.Attribute Bytes(CKA type, ReadOnlySpan<byte> value) => new() { Type = (ulong)type, Value = ByteString.CopyFrom(value) };

    private static IEnumerable<byte[]> People =>
    [
        Of(Administrator, OperationCode.CreateUser, new CreateUserRequest { Name = "bob", Kind = "user", Roles = { "Auditor" } }, "a long password"),
        Of(Administrator, OperationCode.ListUsers, new ListUsersRequest()),
        Of(Administrator, OperationCode.SetUser, new SetUserRequest { Name = "alice", Enabled = true, SetRoles = true, Roles = { "Auditor" } }),
        Of(Administrator, OperationCode.SetPassword, new SetPasswordRequest { Name = "alice", EndGrants = true }, "a long password"),
        Of(Alice, OperationCode.CreateGrant, new CreateGrantRequest { Scope = "machine", Projects = { "demo" }, LifetimeSeconds = 60, Description = "d" }),
        Of(Alice, OperationCode.ListGrants, new ListGrantsRequest { User = "alice", All = true }),
        Of(Alice, OperationCode.RevokeGrant, new RevokeGrantRequest { Id = ServedAppliance.GrantId, WithMade = true }),
        Of(Administrator, OperationCode.AddClientCertificate, new AddClientCertificateRequest { User = "alice", Certificate = ByteString.CopyFrom(Certificate) }),
        Of(Administrator, OperationCode.ListClientCertificates, new ListClientCertificatesRequest { User = "alice" }),
        Of(Administrator, OperationCode.RemoveClientCertificate, new RemoveClientCertificateRequest { SpkiSha256 = new string('0', 64), EndGrants = true }),
        Of(Local, OperationCode.RecoverAdministrator, new RecoverAdministratorRequest { Name = "admin", Create = true }, "a long password"),
    ];

    private static IEnumerable<byte[]> Projects =>
    [
        Of(Administrator, OperationCode.CreateProject, new CreateProjectRequest { Name = "other", Description = "d", Pin = "any", Owner = "alice" }),
        Of(Alice, OperationCode.ListProjects, new ListProjectsRequest()),
        Of(Alice, OperationCode.SetProject, new SetProjectRequest { Name = "demo", Enabled = true, Pin = "any", Description = "d" }),
        Of(Alice, OperationCode.AddMember, new AddMemberRequest { Project = "demo", Member = new Member { User = "root", Role = "KeyUser", Environments = { "p256" } } }),
        Of(Alice, OperationCode.RemoveMember, new RemoveMemberRequest { Project = "demo", User = "alice", Role = "KeyUser" }),
        Of(Alice, OperationCode.ResetPin, new ResetPinRequest { Project = "demo", UserType = UserType.UserUser }, "another long pin"),
    ];

    private static IEnumerable<byte[]> Environments =>
    [
        Of(Alice, OperationCode.CreateEnvironment, new CreateEnvironmentRequest { Project = "demo", Name = "new", Algorithm = "ed25519", Policy = new EnvironmentPolicy { AllowSha1 = true } }),
        Of(Alice, OperationCode.CreateEnvironment, new CreateEnvironmentRequest { Project = "demo", Name = "imported", Import = true }, ImportedKey, "x"),
        Of(Alice, OperationCode.ListEnvironments, new ListEnvironmentsRequest { Project = "demo", Name = "p256" }),
        Of(Alice, OperationCode.SetEnvironment, new SetEnvironmentRequest { Project = "demo", Name = "p256", Enabled = true, Policy = new EnvironmentPolicy { AllowRawRsa = true } }),
        Of(Alice, OperationCode.RotateKey, new RotateKeyRequest { Project = "demo", Environment = "p256", SelfSignedSubject = "CN=New", SelfSignedDays = 30 }),
        Of(Alice, OperationCode.DestroyKey, new DestroyKeyRequest { Project = "demo", Environment = "p256", KeyId = ServedAppliance.KeyId, Confirm = "demo/p256/1" }),
        Of(Alice, OperationCode.CreateCsr, new CreateCsrRequest { Project = "demo", Environment = "p256", Subject = "CN=a,O=\"b\"", DnsNames = { "a.example" } }),
        Of(Alice, OperationCode.CreateSelfSigned, new CreateSelfSignedRequest { Project = "demo", Environment = "p256", Subject = "CN=a+OU=b\\,c", Days = 10 }),
        Of(Alice, OperationCode.ImportCertificate, new ImportCertificateRequest { Project = "demo", Environment = "p256", Chain = { ByteString.CopyFrom(Certificate) } }),
    ];

    private static IEnumerable<byte[]> Oversight =>
    [
        Of(Administrator, OperationCode.ExportAudit, new ExportAuditRequest { FromSeq = 1, LeavesMax = 2 }),
        Of(Administrator, OperationCode.Status, new StatusRequest()),
        Of(Administrator, OperationCode.Check, new CheckRequest()),
        Of(Local, OperationCode.Backup, new BackupRequest { Path = "/backup" }),
    ];

    private static byte[] PublicKeyInfo
    {
        get
        {
            using System.Security.Cryptography.RSA key = System.Security.Cryptography.RSA.Create(3072);
            return key.ExportSubjectPublicKeyInfo();
        }
    }

    // A self-signed certificate of an Ed25519 key, and a PKCS#8 file of another.
    private static byte[] Certificate
    {
        get
        {
            using System.Security.Cryptography.ECDsa key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
            System.Security.Cryptography.X509Certificates.CertificateRequest request = new("CN=a", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
            return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(80)).RawData;
        }
    }

    private static byte[] ImportedKey => [.. Convert.FromHexString("302E020100300506032B657004220420"), .. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private static SignRequest Sign(CKM mechanism, int bytes) => new()
    {
        ProjectId = ServedAppliance.ProjectId,
        KeyId = PrivateKey,
        Mechanism = (ulong)mechanism,
        Data = ByteString.CopyFrom(new byte[bytes]),
        RequestId = ByteString.CopyFrom(new byte[ProtocolLimits.RequestIdBytes]),
        Claimed = new Claimed { Program = "p", User = "u", Host = "h", Justification = "j", Pid = 1, Labels = { { "run", "1" } } },
    };

    private static FindObjectsRequest Template(FindObjectsRequest request)
    {
        request.Template.Add(new Wire.V1.Attribute { Type = (ulong)CKA.CKA_CLASS, Value = ByteString.CopyFrom([0, 0, 0, 0, 0, 0, 0, (byte)CKO.CKO_PRIVATE_KEY]) });
        request.Template.Add(new Wire.V1.Attribute { Type = (ulong)CKA.CKA_SIGN, Value = ByteString.CopyFrom([1]) });
        return request;
    }

    private static byte[] Of(byte caller, OperationCode operation, IMessage body, params string[] secrets) =>
        Of(caller, operation, body, [.. secrets.Select(Encoding.UTF8.GetBytes)]);

    private static byte[] Of(byte caller, OperationCode operation, IMessage body, byte[] secret, string second) =>
        Of(caller, operation, body, [secret, Encoding.UTF8.GetBytes(second)]);

    private static byte[] Of(byte caller, OperationCode operation, IMessage body, byte[][] secrets)
    {
        using RequestFrame frame = RequestFrame.Create(
            1,
            operation,
            body,
            caller == Alice ? ServedAppliance.Ticket : [],
            secrets.Length > 0 ? secrets[0] : [],
            secrets.Length > 1 ? secrets[1] : [],
            secrets.Length);
        return [caller, .. frame.Bytes.Span];
    }
}
