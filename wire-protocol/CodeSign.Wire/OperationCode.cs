namespace CodeSign.Wire;

/// <summary>What a request asks for. Numbers are for ever: a retired one is never used again (PROTOCOL.md).</summary>
public enum OperationCode
{
    None = 0,

    // The token's user.
    Hello = 1,
    ListTokens = 3,
    Login = 4,
    Logout = 5,
    SetPin = 6,
    InitToken = 7,
    InitPin = 8,
    FindObjects = 10,
    GetAttributes = 11,
    CreateObject = 12,
    CopyObject = 13,
    DestroyObject = 14,
    SetAttributes = 15,
    RevealAttributes = 16,
    GenerateKey = 17,
    GenerateKeyPair = 18,
    EndApplication = 19,
    Sign = 20,
    WrapKey = 23,
    UnwrapKey = 24,
    DeriveKey = 25,
    Random = 30,

    // People and credentials.
    CreateUser = 100,
    ListUsers = 101,
    SetUser = 102,
    SetPassword = 103,
    CreateGrant = 110,
    ListGrants = 111,
    RevokeGrant = 112,
    AddClientCertificate = 120,
    ListClientCertificates = 121,
    RemoveClientCertificate = 122,

    // Projects.
    CreateProject = 130,
    ListProjects = 131,
    SetProject = 132,
    AddMember = 133,
    RemoveMember = 134,
    ResetPin = 135,

    // Environments, keys, certificates.
    CreateEnvironment = 140,
    ListEnvironments = 141,
    SetEnvironment = 142,
    RotateKey = 143,
    DestroyKey = 144,
    CreateCsr = 150,
    CreateSelfSigned = 151,
    ImportCertificate = 152,

    // The record and the appliance.
    ExportAudit = 160,
    Status = 170,
    Check = 171,
    Backup = 172,
    RecoverAdministrator = 173,
}
