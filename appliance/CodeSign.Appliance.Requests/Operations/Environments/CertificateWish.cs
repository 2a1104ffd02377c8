using System.Globalization;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>A self-signed certificate asked for together with a key.</summary>
/// <param name="Subject">RFC 4514 text; empty = none wanted.</param>
/// <param name="Days">Its life; 0 = a year.</param>
internal readonly record struct CertificateWish(string Subject, uint Days)
{
    public bool IsWanted => Subject.Length > 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Subject} for {Days} days");
}
