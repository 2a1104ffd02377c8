using System.Security.Cryptography.X509Certificates;

namespace CodeSign.Appliance.Tls;

/// <summary>Where the listeners' certificate comes from: the appliance's own CA, or files the operator gives.</summary>
internal abstract class CertificateSource
{
    /// <summary>A certificate with its key, and what is to be sent along. The caller disposes them.</summary>
    /// <exception cref="Configuration.ConfigurationException">It can't be used; the sentence says why.</exception>
    public abstract TlsCertificate Load(DateTimeOffset now);

    /// <summary>Whether there is a newer one to be had than the one shown.</summary>
    public abstract bool IsDue(TlsCertificate shown, DateTimeOffset now);

    /// <summary>What the operator should know in time; none when all is well.</summary>
    public abstract IEnumerable<string> Warnings(TlsCertificate shown, DateTimeOffset now);
}

/// <param name="Leaf">With its private key.</param>
/// <param name="Intermediates">Sent along; no root among them.</param>
internal sealed record TlsCertificate(X509Certificate2 Leaf, X509Certificate2Collection Intermediates)
{
    public DateTimeOffset NotBefore => new(Leaf.NotBefore.ToUniversalTime());

    public DateTimeOffset NotAfter => new(Leaf.NotAfter.ToUniversalTime());
}

/// <summary>Certificates of the appliance's own CA, renewed when two thirds of their life are over.</summary>
internal sealed class OwnCertificates(OwnAuthority authority, IReadOnlyList<string> hostNames) : CertificateSource
{
    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(365);

    public override TlsCertificate Load(DateTimeOffset now) => new(authority.Issue(hostNames, now), []);

    public override bool IsDue(TlsCertificate shown, DateTimeOffset now) =>
        now >= shown.NotBefore + ((shown.NotAfter - shown.NotBefore) * 2 / 3);

    public override IEnumerable<string> Warnings(TlsCertificate shown, DateTimeOffset now)
    {
        if (authority.NotAfter - now < WarnBefore)
        {
            yield return $"The appliance's own CA expires on {authority.NotAfter:yyyy-MM-dd}: its clients will have to trust another one.";
        }
    }
}
