namespace CodeSign.Interop.Tests.Harness;

/// <summary>A token as a client sees it: the module that shows it, what its processes need in their environment, label, PIN,
/// and the position of its slot among all slots, which is how Java names it.</summary>
internal sealed record Token(string Module, string Label, string Pin, int SlotIndex, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>A PIN that no subject uses.</summary>
    public const string WrongPin = "90210-wrong";

    /// <summary>The URI of one object; spaces and the like do not occur in the subjects' names.</summary>
    public string Uri(string label, string type) => $"pkcs11:token={Label};object={label};type={type}";
}

/// <summary>One key of the subject: CKA_ID of its objects in lower-case hex, the paths of its certificate and public key (PEM).</summary>
internal sealed record SigningKey(Token Token, string Name, string Id, string Certificate, string PublicKey)
{
    public bool IsRsa => Name.Contains("rsa", StringComparison.Ordinal);

    /// <summary>A hash that the curve takes without truncation, and SHA-256 for everything else.</summary>
    public string Hash => Name switch { "p384" => "sha384", "p521" => "sha512", _ => "sha256" };

    /// <summary>The private key with the PIN, as OpenSSL's engine takes it.</summary>
    public string UriWithPin => $"{Uri};pin-value={Token.Pin}";

    public string UriWithWrongPin => $"{Uri};pin-value={Token.WrongPin}";

    public string Uri => Token.Uri(Name, "private");

    public string CertificateUri => Token.Uri(Name, "cert");
}
