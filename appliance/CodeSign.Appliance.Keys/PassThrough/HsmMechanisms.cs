using System.Collections.Immutable;
using CodeSign.Cryptoki;
using Net.Pkcs11Interop.HighLevelAPI.MechanismParams;
using static CodeSign.Cryptoki.CKM;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>
/// What a device must offer for our mechanisms. The digest is made before it comes here, so devices are asked for the bare
/// operation: DigestInfo under PKCS#1 padding, PSS and ECDSA over a digest.
/// </summary>
internal static class HsmMechanisms
{
    public static CKM Of(SignatureScheme scheme) => scheme switch
    {
        SignatureScheme.RsaPkcs1 => CKM_RSA_PKCS,
        SignatureScheme.RsaRaw => CKM_RSA_X_509,
        SignatureScheme.RsaPss => CKM_RSA_PKCS_PSS,
        SignatureScheme.Ecdsa => CKM_ECDSA,
        SignatureScheme.Eddsa => CKM_EDDSA,
        SignatureScheme.MlDsa => CKM_ML_DSA,
        SignatureScheme.SlhDsa => CKM_SLH_DSA,
    };

    public static CKM Generation(KeyAlgorithm algorithm) =>
        algorithm.KeyType == CKK.CKK_RSA ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN;

    /// <summary>RSA and the NIST curves.</summary>
    public static bool Knows(KeyAlgorithm algorithm) =>
        algorithm.KeyType == CKK.CKK_RSA || algorithm.Name is "p256" or "p384" or "p521";

    /// <param name="mechanism">A row of ours.</param>
    /// <param name="offered">What the device lists; null before it was reached, then everything may be.</param>
    public static bool Works(SignatureMechanism mechanism, ImmutableHashSet<CKM>? offered)
    {
        if (mechanism.Scheme is SignatureScheme.Eddsa or SignatureScheme.MlDsa or SignatureScheme.SlhDsa)
        {
            return false;
        }

        // A device that lists a hash neither alone nor in PSS can't generate a mask with it.
        return offered is null
            || (offered.Contains(Of(mechanism.Scheme))
                && (!mechanism.WantsPssParameters || !mechanism.HashesFirst || offered.Contains(mechanism.Mechanism)
                    || offered.Contains(DigestMechanism.Of(mechanism.Hash).Mechanism)));
    }

    public static IMechanismParams? Parameters(PssParameters? pss) => pss is null
        ? null
        : HsmLibrary.Factories.MechanismParamsFactory.CreateCkRsaPkcsPssParams(
            (ulong)DigestMechanism.Of(pss.Hash).Mechanism, (ulong)DigestMechanism.Of(pss.MaskHash).Mgf, (ulong)pss.SaltBytes);
}
