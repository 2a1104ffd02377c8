using System.Collections.Frozen;
using CodeSign.Appliance.Requests.Operations.Environments;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Appliance.Requests.Operations.Oversight;
using CodeSign.Appliance.Requests.Operations.People;
using CodeSign.Appliance.Requests.Operations.Projects;
using CodeSign.Appliance.Requests.Operations.Signing;
using CodeSign.Appliance.Requests.Operations.Token;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Appliance.Requests.Effect;
using static CodeSign.Appliance.Requests.Permission;

namespace CodeSign.Appliance.Requests;

/// <summary>Every operation there is. Adding one is adding a row; a code without a row is refused.</summary>
internal sealed class OperationTable
{
    private readonly FrozenDictionary<OperationCode, Operation> _rows;

    public OperationTable(IEnumerable<Operation> rows) => _rows = rows.ToFrozenDictionary(row => row.Code);

    public IEnumerable<Operation> Rows => _rows.Values;

    public Operation? Find(OperationCode code) => _rows.GetValueOrDefault(code);

    public static IEnumerable<Operation> ForTokens(HelloOperation hello, LoginOperations login, FindOperations find, SignOperation sign) =>
    [
        Operation.Of(OperationCode.Hello, "hello", Anyone, Reads, HelloRequest.Parser, hello.HelloAsync),
        Operation.Of(OperationCode.ListTokens, "token.list", Authenticated, Reads, ListTokensRequest.Parser, login.ListTokensAsync),
        Operation.Of(
            OperationCode.Login, "login", ProjectMember, Records, LoginRequest.Parser, login.LoginAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.Logout, "logout", ProjectMember, Records, LogoutRequest.Parser, login.LogoutAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.SetPin, "pin.set", ProjectMember, Records, SetPinRequest.Parser, login.SetPinAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.FindObjects, "object.find", ProjectMember, Reads, FindObjectsRequest.Parser, find.FindAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.GetAttributes, "object.get", ProjectMember, Reads, GetAttributesRequest.Parser, find.GetAttributesAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(OperationCode.Sign, "sign", KeyUser, Records, SignRequest.Parser, sign.SignAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(OperationCode.Random, "random", Authenticated, Reads, RandomRequest.Parser, RandomOperation.RandomAsync),
    ];

    public static IEnumerable<Operation> ForRoles(InitOperations init) =>
    [
        Operation.Of(
            OperationCode.InitToken, "token.init", ProjectOwner, Records, InitTokenRequest.Parser, init.InitTokenAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.InitPin, "pin.init", ProjectOwner, Records, InitPinRequest.Parser, init.InitPinAsync, r => ProjectSelector.ById(r.ProjectId)),
    ];

    public static IEnumerable<Operation> ForObjects(ObjectOperations objects, GenerateOperations generate, RevealOperation reveal) =>
    [
        Operation.Of(
            OperationCode.CreateObject, "object.create", KeyUser, Records, CreateObjectRequest.Parser, objects.CreateAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.CopyObject, "object.copy", KeyUser, Records, CopyObjectRequest.Parser, objects.CopyAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.DestroyObject, "object.destroy", KeyUser, Records, DestroyObjectRequest.Parser, objects.DestroyAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.SetAttributes, "object.set", KeyUser, Records, SetAttributesRequest.Parser, objects.SetAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.GenerateKey, "key.generate", KeyUser, Records, GenerateKeyRequest.Parser, generate.GenerateKeyAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.GenerateKeyPair, "key_pair.generate", KeyUser, Records, GenerateKeyPairRequest.Parser, generate.GenerateKeyPairAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.RevealAttributes, "key.reveal", KeyUser, Records, RevealAttributesRequest.Parser, reveal.RevealAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(OperationCode.EndApplication, "application.end", Authenticated, Reads, EndApplicationRequest.Parser, objects.EndApplicationAsync),
    ];

    public static IEnumerable<Operation> ForTransport(WrapOperation wrap, UnwrapOperation unwrap, DeriveOperation derive) =>
    [
        Operation.Of(
            OperationCode.WrapKey, "key.wrap", KeyUser, Records, WrapKeyRequest.Parser, wrap.WrapAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.UnwrapKey, "key.unwrap", KeyUser, Records, UnwrapKeyRequest.Parser, unwrap.UnwrapAsync, r => ProjectSelector.ById(r.ProjectId)),
        Operation.Of(
            OperationCode.DeriveKey, "key.derive", KeyUser, Records, DeriveKeyRequest.Parser, derive.DeriveAsync, r => ProjectSelector.ById(r.ProjectId)),
    ];

    public static IEnumerable<Operation> ForPeople(UserOperations users, GrantOperations grants, ClientCertificateOperations certificates) =>
    [
        Operation.Of(OperationCode.CreateUser, "user.create", Administrator, Records, CreateUserRequest.Parser, users.CreateAsync),
        Operation.Of(OperationCode.ListUsers, "user.list", Administrator, Reads, ListUsersRequest.Parser, users.ListAsync),
        Operation.Of(OperationCode.SetUser, "user.set", Administrator, Records, SetUserRequest.Parser, users.SetAsync),
        Operation.Of(OperationCode.SetPassword, "user.password", Authenticated, Records, SetPasswordRequest.Parser, users.SetPasswordAsync),
        Operation.Of(
            OperationCode.RecoverAdministrator, "user.recover", Local, Records, RecoverAdministratorRequest.Parser, users.RecoverAsync),
        Operation.Of(OperationCode.CreateGrant, "grant.create", Authenticated, Records, CreateGrantRequest.Parser, grants.CreateAsync),
        Operation.Of(OperationCode.ListGrants, "grant.list", Authenticated, Reads, ListGrantsRequest.Parser, grants.ListAsync),
        Operation.Of(OperationCode.RevokeGrant, "grant.revoke", Authenticated, Records, RevokeGrantRequest.Parser, grants.RevokeAsync),
        Operation.Of(
            OperationCode.AddClientCertificate, "certificate.add", Administrator, Records, AddClientCertificateRequest.Parser, certificates.AddAsync),
        Operation.Of(
            OperationCode.ListClientCertificates, "certificate.list", Administrator, Reads, ListClientCertificatesRequest.Parser, certificates.ListAsync),
        Operation.Of(
            OperationCode.RemoveClientCertificate, "certificate.remove", Administrator, Records, RemoveClientCertificateRequest.Parser, certificates.RemoveAsync),
    ];

    public static IEnumerable<Operation> ForProjects(ProjectOperations projects, PinOperations pins) =>
    [
        Operation.Of(OperationCode.CreateProject, "project.create", Administrator, Records, CreateProjectRequest.Parser, projects.CreateAsync),
        Operation.Of(OperationCode.ListProjects, "project.list", Authenticated, Reads, ListProjectsRequest.Parser, projects.ListAsync),
        Operation.Of(
            OperationCode.SetProject, "project.set", ProjectOwnerOrAdministrator, Records, SetProjectRequest.Parser, projects.SetAsync, r => ProjectSelector.ByName(r.Name)),
        Operation.Of(
            OperationCode.AddMember, "member.add", ProjectOwnerOrAdministrator, Records, AddMemberRequest.Parser, projects.AddMemberAsync, r => ProjectSelector.ByName(r.Project)),
        Operation.Of(
            OperationCode.RemoveMember, "member.remove", ProjectOwnerOrAdministrator, Records, RemoveMemberRequest.Parser, projects.RemoveMemberAsync, r => ProjectSelector.ByName(r.Project)),
        Operation.Of(
            OperationCode.ResetPin, "pin.reset", ProjectOwner, Records, ResetPinRequest.Parser, pins.ResetAsync, r => ProjectSelector.ByName(r.Project)),
    ];

    public static IEnumerable<Operation> ForEnvironments(EnvironmentOperations environments, KeyOperations keys, CertificateOperations certificates) =>
    [
        Operation.Of(
            OperationCode.CreateEnvironment, "environment.create", ProjectOwner, Records, CreateEnvironmentRequest.Parser, environments.CreateAsync, r => ProjectSelector.ByName(r.Project)),
        Operation.Of(
            OperationCode.ListEnvironments, "environment.list", ProjectMemberOrAdministrator, Reads, ListEnvironmentsRequest.Parser, environments.ListAsync, r => ProjectSelector.ByName(r.Project)),
        Operation.Of(
            OperationCode.SetEnvironment, "environment.set", ProjectOwner, Records, SetEnvironmentRequest.Parser, environments.SetAsync, r => ProjectSelector.ByName(r.Project)),
        Operation.Of(
            OperationCode.RotateKey, "key.rotate", ProjectOwner, Records, RotateKeyRequest.Parser, keys.RotateAsync, r => ProjectSelector.ByName(r.Project)),
        Operation.Of(
            OperationCode.DestroyKey, "key.destroy", ProjectOwner, Records, DestroyKeyRequest.Parser, keys.DestroyAsync, r => ProjectSelector.ByName(r.Project)),
        Operation.Of(
            OperationCode.CreateCsr, "csr.create", ProjectOwner, Records, CreateCsrRequest.Parser, certificates.CreateCsrAsync, r => ProjectSelector.ByName(r.Project)),
        Operation.Of(
            OperationCode.CreateSelfSigned, "certificate.self_sign", ProjectOwner, Records, CreateSelfSignedRequest.Parser, certificates.CreateSelfSignedAsync, r => ProjectSelector.ByName(r.Project)),
        Operation.Of(
            OperationCode.ImportCertificate, "certificate.import", ProjectOwner, Records, ImportCertificateRequest.Parser, certificates.ImportAsync, r => ProjectSelector.ByName(r.Project)),
    ];

    public static IEnumerable<Operation> ForOversight(OversightOperations oversight) =>
    [
        Operation.Of(OperationCode.ExportAudit, "audit.export", AuditReader, Reads, ExportAuditRequest.Parser, oversight.ExportAsync),
        Operation.Of(OperationCode.Status, "status", AuditReader, Reads, StatusRequest.Parser, oversight.StatusAsync),
        Operation.Of(OperationCode.Check, "check", AuditReader, Reads, CheckRequest.Parser, oversight.CheckAsync),
        Operation.Of(OperationCode.Backup, "backup", Local, Records, BackupRequest.Parser, oversight.BackupAsync),
    ];
}
