using CodeSign.Cryptoki;
using Org.BouncyCastle.Asn1.X509;

namespace CodeSign.Appliance.Keys.X509;

/// <summary>Subjects as people write them.</summary>
internal static class DistinguishedName
{
    /// <summary>Characters of a subject.</summary>
    public const int CharactersMax = 1024;

    /// <summary>
    /// Reads RFC 4514's form, most specific first, as tools print it with <c>-nameopt RFC2253</c>; the encoded name has the reverse
    /// order, as section 2.1 says.
    /// </summary>
    /// <exception cref="FaultException">certificate.subject.</exception>
    public static X509Name Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > CharactersMax)
        {
            throw Fault($"has 1 to {CharactersMax} characters");
        }

        if (text.Any(char.IsControl))
        {
            throw Fault("holds no control characters");
        }

        try
        {
            X509Name name = new(reverse: true, text);
            if (name.GetValueList().Any(string.IsNullOrEmpty))
            {
                throw Fault("gives every part a value");
            }

            // Country's two letters are all X.520 allows; authorities refuse others late.
            foreach (string country in name.GetValueList(X509Name.C))
            {
                if (country.Length != 2 || !country.All(char.IsAsciiLetter))
                {
                    throw Fault("names a country (C) by its two letters");
                }
            }

            _ = name.GetDerEncoded();
            return name;
        }
        catch (Exception malformed) when (CertificateFacts.IsMalformed(malformed))
        {
            throw Fault("is written like CN=Example,O=Example Ltd,C=DE (RFC 4514), at most 64 characters in a common name");
        }
    }

    private static FaultException Fault(string what) => new(CKR.CKR_ARGUMENTS_BAD, "certificate.subject", $"A subject {what}.");
}
