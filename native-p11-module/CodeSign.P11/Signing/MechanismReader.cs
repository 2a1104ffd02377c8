using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.P11.Signing;

/// <summary>Reads CK_MECHANISM and the parameters of the mechanisms that sign.</summary>
internal static unsafe class MechanismReader
{
    public static CKR ReadSigning(NativeMechanism* native, out SignatureMechanism? mechanism, out PssChoice? pss)
    {
        mechanism = SignatureMechanism.Find(native->Type);
        pss = null;
        if (mechanism is null)
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_INVALID, $"{native->Type} doesn't sign here.");
        }

        if (mechanism.WantsPssParameters)
        {
            return ReadPss(native, mechanism, out pss);
        }

        if (mechanism.Scheme == SignatureScheme.Eddsa && native->ParameterBytes > 0)
        {
            return ReadEddsa(native);
        }

        return native->ParameterBytes == 0 || mechanism.TakesContext
            ? CKR.CKR_OK
            : Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, $"{native->Type} has no parameter.");
    }

    /// <summary>CK_SIGN_ADDITIONAL_CONTEXT; null where there is none.</summary>
    public static CKR ReadContext(NativeMechanism* native, SignatureMechanism mechanism, out SignContext? context)
    {
        context = null;
        if (!mechanism.TakesContext || native->ParameterBytes == 0)
        {
            return CKR.CKR_OK;
        }

        if (native->Parameter is null || native->ParameterBytes != (ulong)sizeof(NativeSignContext))
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, $"{native->Type} takes a CK_SIGN_ADDITIONAL_CONTEXT or nothing.");
        }

        NativeSignContext given = *(NativeSignContext*)native->Parameter;
        if (given.Hedge > CKH.CKH_DETERMINISTIC_REQUIRED || given.ContextBytes > ParameterSet.ContextBytesMax || (given.Context is null && given.ContextBytes > 0))
        {
            return Boundary.Refuse(
                CKR.CKR_MECHANISM_PARAM_INVALID, $"A context of {given.ContextBytes} bytes with hedging {given.Hedge} isn't known here; it has at most {ParameterSet.ContextBytesMax}.");
        }

        context = new SignContext { Hedge = given.Hedge, Value = ByteString.CopyFrom(new ReadOnlySpan<byte>(given.Context, (int)given.ContextBytes)) };
        return CKR.CKR_OK;
    }

    private static CKR ReadPss(NativeMechanism* native, SignatureMechanism mechanism, out PssChoice? pss)
    {
        pss = null;
        if (native->Parameter is null || native->ParameterBytes != (ulong)sizeof(NativePssParameters))
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, $"{native->Type} wants a CK_RSA_PKCS_PSS_PARAMS.");
        }

        NativePssParameters given = *(NativePssParameters*)native->Parameter;
        DigestMechanism? hash = DigestMechanism.Find(given.Hash);
        DigestMechanism? mgfHash = DigestMechanism.All.FirstOrDefault(row => row.Mgf == given.Mgf);
        if (hash is null || mgfHash is null || given.SaltBytes > PssSaltBytesMax)
        {
            return Boundary.Refuse(
                CKR.CKR_MECHANISM_PARAM_INVALID, $"PSS with {given.Hash}, {given.Mgf} and a salt of {given.SaltBytes} bytes isn't known here.");
        }

        if (mechanism.HashesFirst && hash.Hash != mechanism.Hash)
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, $"{native->Type} with parameters for {given.Hash}.");
        }

        pss = new PssChoice(hash, mgfHash, (int)given.SaltBytes);
        return CKR.CKR_OK;
    }

    // Bytes of the largest RSA modulus here; whether the salt fits the key is asked when the key is known.
    private const ulong PssSaltBytesMax = 512;

    private static CKR ReadEddsa(NativeMechanism* native)
    {
        if (native->Parameter is null || native->ParameterBytes != (ulong)sizeof(NativeEddsaParameters))
        {
            return Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, "CKM_EDDSA takes a CK_EDDSA_PARAMS or nothing.");
        }

        NativeEddsaParameters* given = (NativeEddsaParameters*)native->Parameter;
        return given->PreHash == 0 && given->ContextBytes == 0
            ? CKR.CKR_OK
            : Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, "Only pure EdDSA without context is made here.");
    }
}
