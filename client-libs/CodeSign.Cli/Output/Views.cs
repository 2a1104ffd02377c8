using System.Globalization;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Output;

/// <summary>What is shown of each thing, and under which name. The JSON names are part of csctl's interface.</summary>
internal static class Views
{
    public static IReadOnlyList<Column<User>> Users { get; } =
    [
        new("name", "NAME", user => user.Name),
        new("kind", "KIND", user => user.Kind),
        new("roles", "ROLES", user => user.Roles),
        new("enabled", "ENABLED", user => user.Enabled),
        new("has_password", "PASSWORD", user => user.HasPassword),
        new("created", "CREATED", user => Time(user.CreatedUnixMs)),
        new("id", "ID", user => user.Id, InTable: false),
    ];

    public static IReadOnlyList<Column<Grant>> Grants { get; } =
    [
        new("id", "ID", grant => grant.Id),
        new("user", "USER", grant => grant.User),
        new("scope", "SCOPE", grant => grant.Scope),
        new("projects", "PROJECTS", grant => grant.Projects),
        new("created", "CREATED", grant => Time(grant.CreatedUnixMs)),
        new("expires", "EXPIRES", grant => Time(grant.ExpiresUnixMs)),
        new("revoked", "REVOKED", grant => grant.Revoked),
        new("made_with", "MADE WITH", grant => grant.MadeWith),
        new("description", "DESCRIPTION", grant => grant.Description),
    ];

    public static IReadOnlyList<Column<ClientCertificate>> ClientCertificates { get; } =
    [
        new("spki_sha256", "SPKI SHA-256", certificate => certificate.SpkiSha256),
        new("user", "USER", certificate => certificate.User),
        new("subject", "SUBJECT", certificate => certificate.Subject),
        new("not_after", "NOT AFTER", certificate => Time(certificate.NotAfterUnixMs)),
    ];

    public static IReadOnlyList<Column<Project>> Projects { get; } =
    [
        new("name", "NAME", project => project.Name),
        new("id", "SERIAL", project => project.Id),
        new("slot_id", "SLOT", project => project.SlotId),
        new("pin", "PIN", project => project.Pin),
        new("pin_min", "PIN MIN", project => project.PinMin, InTable: false),
        new("pin_tries", "PIN TRIES", project => project.PinTries, InTable: false),
        new("enabled", "ENABLED", project => project.Enabled),
        new("members", "MEMBERS", project => project.Members.Select(Describe)),
        new("objects", "OBJECTS", project => project.Objects?.Allow ?? false, InTable: false),
        new("object_import", "IMPORT", project => project.Objects?.AllowImport ?? false, InTable: false),
        new("extractable", "EXTRACTABLE", project => project.Objects?.AllowExtractable ?? false, InTable: false),
        new("object_wrap", "WRAP", project => project.Objects?.AllowWrap ?? false, InTable: false),
        new("object_weak_wrap", "WEAK WRAP", project => project.Objects?.AllowWeakWrap ?? false, InTable: false),
        new("token_init", "TOKEN INIT", project => project.Objects?.AllowInit ?? false, InTable: false),
        new("object_storage", "OBJECT STORAGE", project => project.Objects?.Storage ?? "", InTable: false),
        new("object_sha1", "OBJECT SHA-1", project => project.Objects?.Policy?.AllowSha1 ?? false, InTable: false),
        new("object_raw_rsa", "OBJECT RAW RSA", project => project.Objects?.Policy?.AllowRawRsa ?? false, InTable: false),
        new("description", "DESCRIPTION", project => project.Description),
        new("created", "CREATED", project => Time(project.CreatedUnixMs), InTable: false),
    ];

    public static IReadOnlyList<Column<Wire.V1.Environment>> Environments { get; } =
    [
        new("name", "NAME", environment => environment.Name),
        new("project", "PROJECT", environment => environment.Project),
        new("algorithm", "ALGORITHM", environment => environment.Algorithm),
        new("storage", "STORAGE", environment => environment.Storage),
        new("enabled", "ENABLED", environment => environment.Enabled),
        new("allow_sha1", "SHA-1", environment => environment.Policy?.AllowSha1 ?? false),
        new("allow_raw_rsa", "RAW RSA", environment => environment.Policy?.AllowRawRsa ?? false),
        new("current_key", "CURRENT KEY", environment => environment.Keys.FirstOrDefault(key => key.Current)?.Id),
        new("keys", "KEYS", environment => environment.Keys.Count),
        new("has_certificate", "CERTIFICATE", environment => environment.Keys.Any(key => key.Current && key.Chain.Count > 0)),
        new("created", "CREATED", environment => Time(environment.CreatedUnixMs), InTable: false),
    ];

    public static IReadOnlyList<Column<(Wire.V1.Environment Environment, Key Key)>> Keys { get; } =
    [
        new("id", "ID", row => row.Key.Id),
        new("project", "PROJECT", row => row.Environment.Project),
        new("environment", "ENVIRONMENT", row => row.Environment.Name),
        new("generation", "GENERATION", row => row.Key.Generation),
        new("algorithm", "ALGORITHM", row => row.Key.Algorithm),
        new("state", "STATE", row => row.Key.State),
        new("current", "CURRENT", row => row.Key.Current),
        new("storage", "STORAGE", row => row.Key.Storage),
        new("cka_id", "CKA_ID", row => Convert.ToHexStringLower(row.Key.CkaId.Span)),
        new("certificates", "CERTIFICATES", row => row.Key.Certificates),
        new("created", "CREATED", row => Time(row.Key.CreatedUnixMs)),
        new("public_key", "PUBLIC KEY", row => row.Key.PublicKey.ToBase64(), InTable: false),
    ];

    public static IReadOnlyList<Column<TokenDescription>> Tokens { get; } =
    [
        new("label", "LABEL", token => token.Label),
        new("serial", "SERIAL", token => token.ProjectId),
        new("slot_id", "SLOT", token => token.SlotId),
        new("login_required", "LOGIN", token => token.LoginRequired),
        new("any_pin", "ANY PIN", token => token.AnyPin),
        new("user_pin", "USER PIN", UserPin),
        new("so_pin", "SO PIN", SoPin),
        new("roles", "ROLES", token => token.Roles),
        new("uri", "URI", token => PkcsUri.OfToken(token)),
    ];

    public static DateTimeOffset? Time(long unixMs) => unixMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(unixMs);

    public static string Describe(Member member) => member.Environments.Count == 0
        ? $"{member.User} {member.Role}"
        : string.Create(CultureInfo.InvariantCulture, $"{member.User} {member.Role} ({string.Join(" ", member.Environments)})");

    private static string UserPin(TokenDescription token) => token switch
    {
        { LoginRequired: false } => "none",
        { UserPinInitialized: false } => "not set",
        { UserPinLocked: true } => "locked",
        { UserPinFinalTry: true } => "final try",
        { UserPinCountLow: true } => "count low",
        _ => "ok",
    };

    private static string SoPin(TokenDescription token) => token switch
    {
        { SoPinInitialized: false } => "none",
        { SoPinLocked: true } => "locked",
        { SoPinFinalTry: true } => "final try",
        { SoPinCountLow: true } => "count low",
        _ => "ok",
    };
}
