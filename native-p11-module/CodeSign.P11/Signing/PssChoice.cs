using CodeSign.Cryptoki;

namespace CodeSign.P11.Signing;

/// <summary>Parameters of RSASSA-PSS, understood (RFC 8017 section 9.1).</summary>
/// <param name="Hash">Of the message.</param>
/// <param name="MgfHash">Of MGF1.</param>
/// <param name="SaltBytes">Bytes of the salt.</param>
internal sealed record PssChoice(DigestMechanism Hash, DigestMechanism MgfHash, int SaltBytes);
