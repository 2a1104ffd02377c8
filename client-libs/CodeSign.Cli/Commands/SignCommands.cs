using System.CommandLine;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Math;
using WireObject = CodeSign.Wire.V1.Object;

namespace CodeSign.Cli.Commands;

/// <summary>A raw signature over a file or a digest. Files are hashed here; only the digest travels (but for Edwards keys).</summary>
internal static class SignCommands
{
    private static readonly Option<string> Environment = new("--environment", "-e")
    {
        Description = "Whose key signs: PROJECT/NAME, or NAME with --project",
        HelpName = "ENVIRONMENT",
        Required = true,
    };

    private static readonly Option<string> Hash = new Option<string>("--hash")
    {
        Description = "The hash (Edwards keys sign the file itself)",
        HelpName = "NAME",
        DefaultValueFactory = _ => "sha256",
    }.AcceptOnlyFromAmong([.. DigestMechanism.All.Select(row => row.Name)]);

    private static readonly Option<string?> Digest = new("--digest") { Description = "The digest in hex, instead of a file", HelpName = "HEX" };

    private static readonly Option<bool> Pss = new("--pss") { Description = "RSASSA-PSS with a salt as long as the hash, instead of PKCS#1 v1.5" };

    private static readonly Option<string> Format = new Option<string>("--format")
    {
        Description = "ECDSA signatures as r||s (raw) or as a DER SEQUENCE (der), which openssl and Java read",
        HelpName = "raw|der",
        DefaultValueFactory = _ => "raw",
    }.AcceptOnlyFromAmong("raw", "der");

    private static readonly Option<string?> PinFile = new("--pin-file")
    {
        Description = "The PIN, where the token wants one (- for standard input; default: asked for)",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Out = new("--out") { Description = "Where to write the signature (default: standard output)", HelpName = "FILE" };

    private static readonly Argument<string?> Input = new("FILE")
    {
        Description = "What to sign, - for standard input",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Build(CommandLine line) => line.Define(
        "sign", "Signs a file or a digest", Sign, Input, Environment, ProjectNames.Option, Hash, Digest, Pss, Format, PinFile, Out);

    private static void Sign(Invocation invocation)
    {
        string? file = invocation.Get(Input);
        if ((file is null) == (invocation.Get(Digest) is null))
        {
            throw CommandFault.Usage("Give either FILE or --digest HEX.");
        }

        EnvironmentName environment = EnvironmentName.Of(invocation, invocation.Get(Environment)!);
        TokenDescription token = ProjectNames.Token(invocation, environment.Project);
        byte[] ticket = ObjectCommands.Login(invocation, token, invocation.Get(PinFile), always: true);
        WireObject key = FindKey(invocation, token, ticket, environment);
        CKK keyType = (CKK)(ObjectCommands.Number(key, CKA.CKA_KEY_TYPE) ?? 0);
        HashKind hash = keyType is CKK.CKK_EC_EDWARDS or CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA ? HashKind.None : DigestMechanism.Find(invocation.Get(Hash)!)!.Hash;
        SignRequest request = NewRequest(keyType, hash, invocation.Get(Pss));
        request.ProjectId = token.ProjectId;
        request.KeyId = key.Id;
        request.Data = ByteString.CopyFrom(ReadInput(invocation, file, hash));
        request.Claimed = Claims.Collect(invocation.Settings);
        byte[] signature = invocation.Client.Sign(request, ticket).Signature.ToByteArray();
        if (signature.Length != (SignatureBytes(keyType, key) ?? signature.Length))
        {
            throw new CommandFault(ExitCode.Untrusted, $"The appliance answered {signature.Length} bytes, which can't be a signature of this key.");
        }

        bool asDer = keyType == CKK.CKK_EC && string.Equals(invocation.Get(Format), "der", StringComparison.Ordinal);
        invocation.Write(invocation.Get(Out), asDer ? ToDer(signature) : signature);
    }

    private static WireObject FindKey(Invocation invocation, TokenDescription token, ReadOnlySpan<byte> ticket, EnvironmentName environment)
    {
        List<WireObject> found = ObjectCommands.Find(
            invocation,
            token,
            ticket,
            older: false,
            (CKA.CKA_CLASS, ObjectCommands.Encode((ulong)CKO.CKO_PRIVATE_KEY)),
            (CKA.CKA_LABEL, System.Text.Encoding.UTF8.GetBytes(environment.Name)));
        return found.Count > 0
            ? found[0]
            : throw CommandFault.NotFound($"You see no key of {environment}; 'csctl objects' shows the keys you may use.");
    }

    /// <summary>As many as this key's signatures have; null where the key doesn't tell.</summary>
    private static int? SignatureBytes(CKK keyType, WireObject key)
    {
        if (keyType == CKK.CKK_RSA)
        {
            return ObjectCommands.Bytes(key, CKA.CKA_MODULUS) is { Length: > 0 } modulus ? modulus.TrimStart((byte)0).Length : null;
        }

        if (ObjectCommands.Number(key, CKA.CKA_PARAMETER_SET) is { } parameters)
        {
            return KeyAlgorithm.Signing.FirstOrDefault(row => row.KeyType == keyType && row.Parameters?.Number == parameters)?.SignatureBytes;
        }

        byte[] curve = ObjectCommands.Bytes(key, CKA.CKA_EC_PARAMS).ToArray();
        return KeyAlgorithm.Signing.FirstOrDefault(row => row.CurveOid is not null
            && new DerObjectIdentifier(row.CurveOid).GetDerEncoded().AsSpan().SequenceEqual(curve))?.SignatureBytes;
    }

    private static SignRequest NewRequest(CKK keyType, HashKind hash, bool pss)
    {
        SignatureScheme scheme = keyType switch
        {
            CKK.CKK_RSA => pss ? SignatureScheme.RsaPss : SignatureScheme.RsaPkcs1,
            CKK.CKK_EC => SignatureScheme.Ecdsa,
            CKK.CKK_ML_DSA => SignatureScheme.MlDsa,
            CKK.CKK_SLH_DSA => SignatureScheme.SlhDsa,
            _ => SignatureScheme.Eddsa,
        };
        SignatureMechanism row = SignatureMechanism.All.First(mechanism => mechanism.Scheme == scheme && mechanism.Hash == hash);
        SignRequest request = new() { Mechanism = (ulong)row.Mechanism };
        if (row.WantsPssParameters)
        {
            DigestMechanism digest = DigestMechanism.Of(hash);
            request.Pss = new PssParameters
            {
                Hash = (ulong)digest.Mechanism,
                Mgf = (ulong)digest.Mgf,
                SaltBytes = (ulong)digest.DigestBytes,
            };
        }

        return request;
    }

    private static byte[] ReadInput(Invocation invocation, string? file, HashKind hash)
    {
        if (file is null)
        {
            return ParseDigest(invocation.Get(Digest)!, hash);
        }

        try
        {
            using Stream input = string.Equals(file, "-", StringComparison.Ordinal) ? invocation.Terminal.Input : File.OpenRead(file);
            return hash == HashKind.None ? ReadMessage(input) : HashOf(input, NewDigest(hash));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CommandFault.File($"{file} can't be read ({fault.Message.TrimEnd('.')}).", fault);
        }
    }

    private static byte[] ParseDigest(string hex, HashKind hash)
    {
        if (hash == HashKind.None)
        {
            throw CommandFault.Usage("An Edwards key signs messages, not digests (RFC 8032); give FILE.");
        }

        int length = DigestMechanism.Of(hash).DigestBytes;
        return hex.Length == 2 * length && hex.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(hex)
            : throw CommandFault.Usage($"The digest must be {length} bytes in hex, or --hash must name another hash.");
    }

    private static byte[] ReadMessage(Stream input)
    {
        byte[] message = new byte[ProtocolLimits.SignDataBytesMax + 1];
        int length = input.ReadAtLeast(message, message.Length, throwOnEndOfStream: false);
        return length <= ProtocolLimits.SignDataBytesMax
            ? message[..length]
            : throw CommandFault.Usage($"An Edwards key signs at most {ProtocolLimits.SignDataBytesMax} bytes here; use an RSA or EC key.");
    }

    private static byte[] HashOf(Stream input, IDigest digest)
    {
        byte[] buffer = new byte[64 * 1024];
        int count;
        while ((count = input.Read(buffer)) > 0)
        {
            digest.BlockUpdate(buffer.AsSpan(0, count));
        }

        byte[] hash = new byte[digest.GetDigestSize()];
        digest.DoFinal(hash, 0);
        return hash;
    }

    private static IDigest NewDigest(HashKind hash) => hash switch
    {
        HashKind.Sha1 => new Sha1Digest(),
        HashKind.Sha224 => new Sha224Digest(),
        HashKind.Sha256 => new Sha256Digest(),
        HashKind.Sha384 => new Sha384Digest(),
        HashKind.Sha512 => new Sha512Digest(),
        HashKind.Sha3_224 => new Sha3Digest(224),
        HashKind.Sha3_256 => new Sha3Digest(256),
        HashKind.Sha3_384 => new Sha3Digest(384),
        HashKind.Sha3_512 => new Sha3Digest(512),
        HashKind.None => throw new ArgumentOutOfRangeException(nameof(hash)),
    };

    // RFC 3279 section 2.2.3: Ecdsa-Sig-Value.
    private static byte[] ToDer(byte[] raw)
    {
        int half = raw.Length / 2;
        return new DerSequence(
            new DerInteger(new BigInteger(1, raw, 0, half)), new DerInteger(new BigInteger(1, raw, half, half))).GetDerEncoded();
    }
}
