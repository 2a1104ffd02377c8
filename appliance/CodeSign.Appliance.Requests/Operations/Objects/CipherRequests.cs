using System.Security.Cryptography;
using CodeSign.Appliance.Keys;
using CodeSign.Cryptoki;
using CodeSign.Wire;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>Reads a mechanism that enciphers and what goes with it out of a request.</summary>
internal static class CipherRequests
{
    private const uint DrawnIvBytesMin = 12;
    private const uint DrawnIvBytesMax = 32;
    private const uint BitsMax = 256;

    public static CipherMechanism FindRow(ulong mechanism) => CipherMechanism.Find((CKM)mechanism)
        ?? throw new FaultException(CKR.CKR_MECHANISM_INVALID, "mechanism.unknown", "The appliance carries no keys with this mechanism.");

    /// <summary>Refuses what a project allows by name alone.</summary>
    public static void RequireStrong(Governance.Project project, CipherMechanism mechanism, bool hasChosenIv)
    {
        if ((mechanism.IsMalleable || hasChosenIv) && !project.Objects.AllowWeakWrap)
        {
            throw new FaultException(
                CKR.CKR_MECHANISM_INVALID,
                "policy.weak_wrap",
                $"No keys come or go by {mechanism.Mechanism}{(hasChosenIv ? " with an IV of the application's" : "")} in project {project.Name}; its owner allows it with 'csctl project set {project.Name} --object-weak-wrap true'.");
        }
    }

    /// <summary>Draws what is left to the appliance of an IV.</summary>
    public static CipherParameters DrawIv(CipherParameters parameters, uint bytes)
    {
        if (bytes == 0)
        {
            return parameters;
        }

        // SP 800-38D section 8.2.2: under one key no IV comes twice, though nobody remembers which there were.
        if (bytes is < DrawnIvBytesMin or > DrawnIvBytesMax)
        {
            throw new FaultException(
                CKR.CKR_MECHANISM_PARAM_INVALID, "cipher.parameters", $"Of an IV that is drawn, {DrawnIvBytesMin} to {DrawnIvBytesMax} bytes are.");
        }

        byte[] iv = [.. parameters.Iv.Span, .. RandomNumberGenerator.GetBytes((int)bytes)];
        return parameters with { Iv = iv };
    }

    public static CipherParameters Read(CipherMechanism mechanism, CodeSign.Wire.V1.CipherParameters? given)
    {
        given ??= new CodeSign.Wire.V1.CipherParameters();
        if (given.Iv.Length > ProtocolLimits.CipherParameterBytesMax
            || given.AssociatedData.Length > ProtocolLimits.CipherParameterBytesMax
            || given.Label.Length > ProtocolLimits.CipherParameterBytesMax)
        {
            throw new FaultException(
                CKR.CKR_MECHANISM_PARAM_INVALID, "cipher.parameters", $"A mechanism's parameters have at most {ProtocolLimits.CipherParameterBytesMax} bytes each.");
        }

        CipherParameters parameters = new()
        {
            Iv = given.Iv.Memory,
            AssociatedData = given.AssociatedData.Memory,
            TagBytes = BytesOf(given.TagBits),
            Label = given.Label.Memory,
            AesKeyBytes = BytesOf(given.AesKeyBits),
        };
        if (mechanism.Scheme is not (CipherScheme.RsaOaep or CipherScheme.RsaAesKeyWrap))
        {
            return parameters;
        }

        return DigestMechanism.Find((CKM)given.Hash) is { } hash && DigestMechanism.All.FirstOrDefault(row => row.Mgf == (CKG)given.Mgf) is { } mask
            ? parameters with { Hash = hash.Hash, MaskHash = mask.Hash }
            : throw new FaultException(CKR.CKR_MECHANISM_PARAM_INVALID, "cipher.parameters", "OAEP with this hash or this mask isn't known here.");
    }

    // 0, which no mechanism takes, where it isn't whole bytes of a possible number.
    private static int BytesOf(uint bits) => bits <= BitsMax && bits % 8 == 0 ? (int)bits / 8 : 0;
}
