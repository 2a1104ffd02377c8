using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using WireCaller = CodeSign.Wire.V1.Caller;
using WireCredential = CodeSign.Wire.V1.CredentialKind;

namespace CodeSign.Appliance.Requests.Operations.Token;

/// <summary>The first request of a connection: versions both ways, and who is calling.</summary>
internal sealed class HelloOperation(
    GrantHasher grants, PasswordDoor passwords, TokenDescriptions tokens, ApplianceFacts facts)
{
    public async ValueTask<HelloResponse> HelloAsync(RequestContext context, HelloRequest request)
    {
        Session session = context.Session;
        if (request.ProtocolMin > ProtocolLimits.Version || request.ProtocolMax < ProtocolLimits.Version)
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_NOT_SUPPORTED,
                "protocol.version",
                $"This appliance speaks codesign/1 version {ProtocolLimits.Version}; update the older of the two sides.");
        }

        if (session.Caller is { Credential: not CredentialKind.Local })
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED, "hello.again", "This connection has its caller already; somebody else connects anew.");
        }

        if (session.CertificateFault is { } fault)
        {
            session.MustClose = true;
            throw new FaultException(CKR.CKR_USER_NOT_LOGGED_IN, fault, CertificateSentence(fault));
        }

        if (session.Caller?.Credential != CredentialKind.Local)
        {
            Caller? caller = await AuthenticateAsync(context, request);
            if (caller is not null)
            {
                session.Authenticate(caller);
            }
        }

        session.Greeted = true;
        return Answer(context);
    }

    private static string CertificateSentence(string fault) => fault switch
    {
        "tls.certificate_expired" => "The client certificate has expired or is not valid yet; renew it and register it again.",
        "tls.certificate_missing" => "This appliance wants a client certificate; set 'certificate' and 'key' in the client's configuration.",
        _ => "The client certificate is not registered here; an administrator adds it with 'csctl user certificate add'.",
    };

    private HelloResponse Answer(RequestContext context)
    {
        HelloResponse response = new()
        {
            Protocol = ProtocolLimits.Version,
            ServerVersion = facts.Version,
            FrameBytesMax = ProtocolLimits.FrameBytesMax,
            InFlightMax = ProtocolLimits.InFlightMax,
            ServerTimeUnixMs = context.Now.ToUnixTimeMilliseconds(),
            Authority = ByteString.CopyFrom(facts.Authority.Span),
        };
        if (context.Session.Caller is { } caller)
        {
            response.Caller = new WireCaller
            {
                IdentityId = caller.IdentityId,
                Name = caller.Name,
                Credential = caller.Credential.ToString().ToLowerInvariant(),
            };
            if (context.Snapshot.Identities.TryGetValue(caller.IdentityId, out Identity? identity))
            {
                response.Caller.Roles.AddRange(identity.Roles.Select(role => role.ToString()));
            }

            response.TokensNext = tokens.Fill(response.Tokens, context.Snapshot, caller, context.Session.Network, after: "");
        }

        response.Mechanisms.AddRange(MechanismList.Rows);
        return response;
    }

    private async ValueTask<Caller?> AuthenticateAsync(RequestContext context, HelloRequest request) => request.Credential switch
    {
        WireCredential.CredentialGrant => ByGrant(context),
        WireCredential.CredentialPassword => await ByPasswordAsync(context, request.UserName),
        _ => ByCertificate(context),
    };

    private static Caller? ByCertificate(RequestContext context)
    {
        if (context.Session.CertificateId is not { } id)
        {
            return null;
        }

        return context.Snapshot.ClientCertificates.TryGetValue(id, out ClientCertificate? certificate)
            && context.Snapshot.Identities.TryGetValue(certificate.IdentityId, out Identity? identity)
            && identity.Enabled
            ? new Caller(identity.Id, identity.Name, CredentialKind.Certificate, id)
            : throw new FaultException(CKR.CKR_USER_NOT_LOGGED_IN, "tls.certificate_unknown", CertificateSentence("tls.certificate_unknown"));
    }

    private Caller ByGrant(RequestContext context)
    {
        using SecretBytes token = context.TakeSecret(0, "grant");
        Grant? grant = context.Snapshot.FindGrant(grants.Hash(token.Span));
        if (grant?.IsLive(context.Now) != true)
        {
            string reason = grant switch { null => "grant.unknown", { Revoked: true } => "grant.revoked", _ => "grant.expired" };
            throw new FaultException(
                CKR.CKR_USER_NOT_LOGGED_IN, reason, $"The grant is {reason[6..]}; run 'csctl login' to get a new one.");
        }

        Identity identity = context.Snapshot.Identities[grant.IdentityId];
        return identity.Enabled
            ? new Caller(identity.Id, identity.Name, CredentialKind.Grant, grant.Id)
            : throw new FaultException(CKR.CKR_USER_NOT_LOGGED_IN, "identity.disabled", $"User {identity.Name} is disabled; ask an administrator.");
    }

    private async ValueTask<Caller> ByPasswordAsync(RequestContext context, string name)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(name) > ProtocolLimits.NameBytesMax)
        {
            throw new FaultException(CKR.CKR_PIN_INCORRECT, "password.incorrect", "User name or password is wrong.");
        }

        using SecretBytes password = context.TakeSecret(0, "password");
        Identity? identity = context.Snapshot.FindIdentity(name);
        PasswordHash? stored = identity is { Enabled: true } ? identity.Password : null;
        if (!await passwords.VerifyAsync(name, context.Session.Remote, stored, password, context.Cancel) || identity is null)
        {
            throw new FaultException(CKR.CKR_PIN_INCORRECT, "password.incorrect", "User name or password is wrong.");
        }

        Caller caller = new(identity.Id, identity.Name, CredentialKind.Password, identity.Password?.Salt ?? "");
        await context.RecordAsync(context.Event() with { Event = "login", Actor = identity.Name, Detail = "password" });
        return caller;
    }
}
