namespace CodeSign.Wire;

/// <summary>Limits of <c>codesign/1</c>; see PROTOCOL.md. Each is tested at its value and one above.</summary>
public static class ProtocolLimits
{
    /// <summary>The protocol's name in TLS ALPN.</summary>
    public const string Alpn = "codesign/1";

    /// <summary>The only version there is so far.</summary>
    public const uint Version = 1;

    /// <summary>Bytes of the length prefix of a frame.</summary>
    public const int LengthPrefixBytes = 4;

    /// <summary>The largest frame (without its prefix) either side reads, in bytes. A longer one is refused before allocation.</summary>
    public const int FrameBytesMax = 1024 * 1024;

    /// <summary>
    /// The largest frame the server reads before it has answered a hello, in bytes: a peer nobody knows may hold this much memory,
    /// not <see cref="FrameBytesMax"/>. A grant, a password or a token of a CI system fits well.
    /// </summary>
    public const int HelloFrameBytesMax = 16 * 1024;

    /// <summary>Secrets in one frame.</summary>
    public const int SecretsMax = 4;

    /// <summary>Bytes of one secret: a PKCS#12 file with its chain is the largest.</summary>
    public const int SecretBytesMax = 64 * 1024;

    /// <summary>Bytes of a login ticket.</summary>
    public const int TicketBytesMax = 256;

    /// <summary>Bytes of each text of a status (reason, sentence, correlation id); the server cuts longer ones.</summary>
    public const int StatusTextBytesMax = 2048;

    /// <summary>Requests outstanding on one connection.</summary>
    public const int InFlightMax = 64;

    /// <summary>Bytes of a sign request's data: the message of a pure scheme.</summary>
    public const int SignDataBytesMax = 512 * 1024;

    /// <summary>Bytes of a sign request's id.</summary>
    public const int RequestIdBytes = 16;

    /// <summary>Attributes in one template.</summary>
    public const int TemplateAttributesMax = 64;

    /// <summary>Bytes of all attribute values of one object, the secret ones among them.</summary>
    public const int ObjectBytesMax = 64 * 1024;

    /// <summary>Bytes of a wrapped key: the largest private key and the longest secret one stay well below.</summary>
    public const int WrappedKeyBytesMax = 16 * 1024;

    /// <summary>Bytes of each parameter of a mechanism that enciphers: an IV, a label, associated data.</summary>
    public const int CipherParameterBytesMax = 4096;

    /// <summary>Bytes that go into a key derivation beside the agreed secret.</summary>
    public const int DeriveDataBytesMax = 4096;

    /// <summary>Bytes that name an application: random, for its session objects.</summary>
    public const int ApplicationIdBytes = 16;

    /// <summary>Bytes of one name (user, environment, role).</summary>
    public const int NameBytesMax = 64;

    /// <summary>Bytes of a project's name: it becomes the token's label (PKCS#11 CK_TOKEN_INFO.label).</summary>
    public const int ProjectNameBytesMax = 32;

    /// <summary>Bytes of a PIN.</summary>
    public const int PinBytesMax = 255;
}
