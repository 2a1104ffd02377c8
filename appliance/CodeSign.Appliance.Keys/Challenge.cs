using System.Security.Cryptography;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Cryptoki;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;

namespace CodeSign.Appliance.Keys;

/// <summary>Proof that a private key belongs to a public one: random data, signed, verified.</summary>
internal sealed class Challenge
{
    private const int Bytes = 32;

    private readonly KeyAlgorithm _algorithm;
    private readonly byte[] _data = RandomNumberGenerator.GetBytes(Bytes);

    public Challenge(KeyAlgorithm algorithm)
    {
        _algorithm = algorithm;
        Input = new SignatureInput(
            SignatureMechanism.Find(algorithm.KeyType switch
            {
                CKK.CKK_RSA => CKM.CKM_SHA256_RSA_PKCS,
                CKK.CKK_EC => CKM.CKM_ECDSA,
                CKK.CKK_ML_DSA => CKM.CKM_ML_DSA,
                CKK.CKK_SLH_DSA => CKM.CKM_SLH_DSA,
                _ => CKM.CKM_EDDSA,
            })!,
            Pss: null,
            _data);
    }

    /// <summary>To be signed. The data stands for a digest: it is random, and signing it vouches for nothing.</summary>
    public SignatureInput Input { get; }

    public bool IsMetBy(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> publicKeyInfo)
    {
        switch (_algorithm.KeyType)
        {
            case CKK.CKK_RSA:
                using (RSA rsa = RSA.Create())
                {
                    rsa.ImportSubjectPublicKeyInfo(publicKeyInfo, out _);
                    return rsa.VerifyHash(_data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                }

            case CKK.CKK_EC:
                using (ECDsa ecdsa = ECDsa.Create())
                {
                    ecdsa.ImportSubjectPublicKeyInfo(publicKeyInfo, out _);
                    return ecdsa.VerifyHash(_data, signature);
                }

            case CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA:
                return PostQuantumKey.Verify(publicKeyInfo, _data, signature);

            default:
                AsymmetricKeyParameter key = PublicKeyFactory.CreateKey(publicKeyInfo.ToArray());
                ISigner verifier = key is Ed25519PublicKeyParameters ? new Ed25519Signer() : new Ed448Signer([]);
                verifier.Init(forSigning: false, key);
                verifier.BlockUpdate(_data);
                return verifier.VerifySignature(signature.ToArray());
        }
    }
}
