using CodeSign.Appliance.Keys;
using CodeSign.Cryptoki;
using CodeSign.Wire;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>Reads a mechanism that enciphers and what goes with it out of a request.</summary>
internal static class CipherRequests
{
    public static CipherMechanism FindRow(ulong mechanism) => CipherMechanism.Find((CKM)mechanism)
        ?? throw new FaultException(CKR.CKR_MECHANISM_INVALID, "mechanism.unknown", "The appliance carries no keys with this mechanism.");

    public static CipherParameters Read(CodeSign.Wire.V1.CipherParameters? given)
    {
        given ??= new CodeSign.Wire.V1.CipherParameters();
        if (given.Iv.Length > ProtocolLimits.CipherParameterBytesMax
            || given.AssociatedData.Length > ProtocolLimits.CipherParameterBytesMax
            || given.Label.Length > ProtocolLimits.CipherParameterBytesMax)
        {
            throw new FaultException(
                CKR.CKR_MECHANISM_PARAM_INVALID, "cipher.parameters", $"A mechanism's parameters have at most {ProtocolLimits.CipherParameterBytesMax} bytes each.");
        }

        return new CipherParameters { Iv = given.Iv.Memory, AssociatedData = given.AssociatedData.Memory, Label = given.Label.Memory };
    }
}
