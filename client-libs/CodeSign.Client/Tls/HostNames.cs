using System.Net;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.X509;

namespace CodeSign.Client.Tls;

/// <summary>Is the certificate for the host that was asked for? RFC 9525: subjectAltName only, never the common name.</summary>
internal static class HostNames
{
    private const int NamesShownMax = 5;

    public static void Check(X509Certificate leaf, ServerAddress server)
    {
        List<string> names = [];
        bool isAddress = IPAddress.TryParse(server.Host, out IPAddress? address);
        byte[] bytes = isAddress ? address!.GetAddressBytes() : [];
        Asn1OctetString? extension = leaf.GetExtensionValue(X509Extensions.SubjectAlternativeName);
        GeneralName[] alternatives = extension is null
            ? []
            : GeneralNames.GetInstance(Asn1Object.FromByteArray(extension.GetOctets())).GetNames();
        foreach (GeneralName name in alternatives)
        {
            if (name.TagNo == GeneralName.DnsName)
            {
                string pattern = DerIA5String.GetInstance(name.Name).GetString();
                if (!isAddress && Matches(pattern, server.Host))
                {
                    return;
                }

                names.Add(pattern);
            }
            else if (name.TagNo == GeneralName.IPAddress)
            {
                byte[] octets = Asn1OctetString.GetInstance(name.Name).GetOctets();
                if (isAddress && octets.AsSpan().SequenceEqual(bytes))
                {
                    return;
                }

                names.Add(octets.Length is 4 or 16 ? new IPAddress(octets).ToString() : "?");
            }
        }

        throw Fault.WrongHost(server, string.Join(", ", names.Take(NamesShownMax)));
    }

    /// <summary>A wildcard stands for the whole leftmost label only.</summary>
    internal static bool Matches(string pattern, string host)
    {
        pattern = pattern.TrimEnd('.');
        host = host.TrimEnd('.');
        if (!pattern.StartsWith("*.", StringComparison.Ordinal))
        {
            return string.Equals(pattern, host, StringComparison.OrdinalIgnoreCase);
        }

        int dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && pattern.AsSpan(2).Contains('.')
            && string.Equals(pattern[1..], host[dot..], StringComparison.OrdinalIgnoreCase);
    }
}
