using System.Security.Cryptography;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;
using WireCertificate = CodeSign.Wire.V1.ClientCertificate;

namespace CodeSign.Appliance.Requests.Operations.People;

/// <summary>Client certificates: one belongs to one identity by its key, never by its name.</summary>
internal sealed class ClientCertificateOperations
{
    public async ValueTask<AddClientCertificateResponse> AddAsync(RequestContext context, AddClientCertificateRequest request)
    {
        if (request.Certificate.Length is 0 or > CertificateChain.CertificateBytesMax)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "certificate.length", $"A certificate has at most {CertificateChain.CertificateBytesMax} bytes.");
        }

        CertificateFacts facts = CertificateFacts.FromDer(request.Certificate.ToByteArray());
        string id = Convert.ToHexStringLower(SHA256.HashData(facts.PublicKeyInfo));
        ClientCertificate? certificate = null;
        await context.ChangeAsync(latest =>
        {
            Identity owner = latest.FindIdentity(request.User)
                ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "user.unknown", $"There is no user {request.User}.");
            if (latest.ClientCertificates.TryGetValue(id, out ClientCertificate? other)
                && !string.Equals(other.IdentityId, owner.Id, StringComparison.Ordinal))
            {
                throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "certificate.exists", "The certificate's key belongs to another user already.");
            }

            certificate = new ClientCertificate
            {
                Id = id,
                IdentityId = owner.Id,
                Subject = facts.SubjectText,
                Certificate = request.Certificate.ToBase64(),
                NotAfter = facts.NotAfter,
            };
            return new StoreChange().Put(certificate).Record(context.Event() with { Detail = $"certificate {id} for {owner.Name}" });
        });
        return new AddClientCertificateResponse { Certificate = Show(context.StoreSnapshot(), certificate ?? throw new InvalidOperationException("The change did not run.")) };
    }

    public ValueTask<ListClientCertificatesResponse> ListAsync(RequestContext context, ListClientCertificatesRequest request)
    {
        ListClientCertificatesResponse response = new();
        response.Next = Page.Fill(
            response.Certificates,
            context.Snapshot.ClientCertificates.Values
                .Select(certificate => Show(context.Snapshot, certificate))
                .Where(certificate => request.User.Length == 0 || string.Equals(certificate.User, request.User, StringComparison.Ordinal)),
            certificate => $"{certificate.User}/{certificate.SpkiSha256}",
            request.After,
            certificate => certificate);
        return new(response);
    }

    public async ValueTask<RemoveClientCertificateResponse> RemoveAsync(RequestContext context, RemoveClientCertificateRequest request)
    {
        RemoveClientCertificateResponse response = new();
        await context.ChangeAsync(latest =>
        {
            ClientCertificate certificate = latest.ClientCertificates.GetValueOrDefault(request.SpkiSha256)
                ?? throw new FaultException(
                    CKR.CKR_ARGUMENTS_BAD, "certificate.unknown", "There is no such client certificate; 'csctl user certificate list' shows them.");
            StoreChange change = new StoreChange().Remove(certificate).Record(context.Event() with { Detail = $"certificate {certificate.Id}" });
            string maker = Caller.CertificateAsMaker(certificate.Id);
            (uint revoked, IEnumerable<string> remaining) = GrantOperations.EndMade(change, context, latest, maker, request.EndGrants);
            response = new RemoveClientCertificateResponse { Revoked = revoked };
            response.Remaining.AddRange(remaining.Take(GrantOperations.RemainingMax));
            return change;
        });
        return response;
    }

    private static WireCertificate Show(Snapshot snapshot, ClientCertificate certificate) => new()
    {
        SpkiSha256 = certificate.Id,
        User = snapshot.Identities.GetValueOrDefault(certificate.IdentityId)?.Name ?? "",
        Subject = certificate.Subject,
        NotAfterUnixMs = certificate.NotAfter.ToUnixTimeMilliseconds(),
    };
}
