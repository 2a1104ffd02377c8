using System.Security.Cryptography.X509Certificates;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Tls;

namespace CodeSign.Appliance.Tests;

[TestClass]
public sealed class OwnAuthorityTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [TestMethod]
    public void What_it_issues_leads_to_it_and_names_the_hosts()
    {
        using OwnAuthority authority = OwnAuthority.Create(Now);
        using X509Certificate2 leaf = authority.Issue(["sign.example.org", "192.0.2.1"], Now);

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority.Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"));
        Assert.IsTrue(chain.Build(leaf), string.Join(' ', chain.ChainStatus.Select(status => status.StatusInformation)));
        Assert.IsTrue(leaf.MatchesHostname("sign.example.org"));
        Assert.IsTrue(leaf.MatchesHostname("192.0.2.1"));
        Assert.IsFalse(leaf.MatchesHostname("other.example.org"));
        Assert.IsTrue(leaf.HasPrivateKey);
    }

    [TestMethod]
    public void It_lives_ten_years_and_its_certificates_ninety_days()
    {
        using OwnAuthority authority = OwnAuthority.Create(Now);
        using X509Certificate2 leaf = authority.Issue(["localhost"], Now);

        Assert.AreEqual(3652, (authority.NotAfter - Now).TotalDays, 0.1);
        Assert.AreEqual(90, (leaf.NotAfter.ToUniversalTime() - Now.UtcDateTime).TotalDays, 0.1);
    }

    [TestMethod]
    public void No_certificate_outlives_it()
    {
        using OwnAuthority authority = OwnAuthority.Create(Now);

        using X509Certificate2 last = authority.Issue(["localhost"], authority.NotAfter.AddDays(-1));

        Assert.AreEqual(authority.NotAfter, new DateTimeOffset(last.NotAfter.ToUniversalTime()));
    }

    [TestMethod]
    public void Opens_from_what_the_store_keeps()
    {
        using OwnAuthority made = OwnAuthority.Create(Now);
        using SecretBytes key = made.ExportKey();

        using OwnAuthority opened = OwnAuthority.Open(made.Certificate.RawData, key);

        Assert.AreEqual(made.Fingerprint, opened.Fingerprint);
        using X509Certificate2 leaf = opened.Issue(["localhost"], Now);
        Assert.AreEqual(made.Certificate.Subject, leaf.Issuer);
    }

    [TestMethod]
    public void Its_certificates_are_renewed_after_two_thirds_of_their_life()
    {
        using OwnAuthority authority = OwnAuthority.Create(Now);
        OwnCertificates source = new(authority, ["localhost"]);
        TlsCertificate shown = source.Load(Now);
        using X509Certificate2 leaf = shown.Leaf;
        DateTimeOffset due = shown.NotBefore + ((shown.NotAfter - shown.NotBefore) * 2 / 3);

        Assert.IsFalse(source.IsDue(shown, due.AddSeconds(-1)));
        Assert.IsTrue(source.IsDue(shown, due));
    }

    [TestMethod]
    public void Warns_a_year_before_it_expires()
    {
        using OwnAuthority authority = OwnAuthority.Create(Now);
        OwnCertificates source = new(authority, ["localhost"]);
        TlsCertificate shown = source.Load(Now);
        using X509Certificate2 leaf = shown.Leaf;

        Assert.IsEmpty(source.Warnings(shown, authority.NotAfter.AddDays(-366)));
        Assert.HasCount(1, source.Warnings(shown, authority.NotAfter.AddDays(-364)).ToArray());
    }
}
