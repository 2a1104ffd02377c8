using System.Runtime.InteropServices;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Cryptoki;

namespace CodeSign.Keys.Tests;

[TestClass]
public sealed partial class SoftwareBackendTests : KeyBackendContract
{
    private static readonly KeysInUse Keys = new(new SoftwareBackend(new SoftwareOptions(), TimeProvider.System));

    private protected override KeysInUse Subject => Keys;

    [TestMethod]
    [DataRow(HashKind.Sha256, HashKind.Sha1, 0)]
    [DataRow(HashKind.Sha512, HashKind.Sha256, 33)]
    [DataRow(HashKind.Sha3_256, HashKind.Sha3_512, 222)]
    [DataRow(HashKind.Sha224, HashKind.Sha384, 20)]
    public async Task Pss_takes_any_pair_of_hashes_and_any_salt(HashKind hash, HashKind mask, int saltBytes)
    {
        KeyReference key = await Keys.KeyAsync(KeyAlgorithm.Find("rsa2048")!);
        byte[] digest = new byte[IndependentVerifier.Digest(hash).GetDigestSize()];
        SignatureInput input = new(SignatureMechanism.Find(CKM.CKM_RSA_PKCS_PSS)!, new PssParameters(hash, mask, saltBytes), digest);
        byte[] signature = await Keys.Backend.SignAsync(key, input, TestContext.CancellationToken);
        Assert.IsTrue(IndependentVerifier.Verifies(key.PublicKeyInfo, input, signature));
    }

    [TestMethod]
    public async Task A_raw_number_not_below_the_modulus_is_refused()
    {
        KeyReference key = await Keys.KeyAsync(KeyAlgorithm.Find("rsa2048")!);
        byte[] modulus = PublicKeyFacts.FromSpki(key.PublicKeyInfo).Modulus!;
        await RefusesAsync(key, new SignatureInput(SignatureMechanism.Find(CKM.CKM_RSA_X_509)!, Pss: null, modulus), CKR.CKR_DATA_INVALID);
        modulus[^1] ^= 1;
        Assert.HasCount(256, await Keys.Backend.SignAsync(
            key, new SignatureInput(SignatureMechanism.Find(CKM.CKM_RSA_X_509)!, Pss: null, modulus), TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task Signing_completes_on_the_callers_thread()
    {
        KeyReference key = await Keys.KeyAsync(KeyAlgorithm.Find("p256")!);
        ValueTask<byte[]> signing = Keys.Backend.SignAsync(
            key, Input(key.Algorithm, SignatureMechanism.Find(CKM.CKM_ECDSA_SHA256)!), TestContext.CancellationToken);
        Assert.IsTrue(signing.IsCompletedSuccessfully);
        _ = await signing;
    }

    [TestMethod]
    public async Task An_empty_message_has_an_Edwards_signature_and_an_empty_Pkcs1_block_one_too()
    {
        KeyReference edwards = await Keys.KeyAsync(KeyAlgorithm.Find("ed448")!);
        SignatureInput input = new(SignatureMechanism.Find(CKM.CKM_EDDSA)!, Pss: null, default);
        Assert.IsTrue(IndependentVerifier.Verifies(
            edwards.PublicKeyInfo, input, await Keys.Backend.SignAsync(edwards, input, TestContext.CancellationToken)));
        KeyReference rsa = await Keys.KeyAsync(KeyAlgorithm.Find("rsa2048")!);
        Assert.HasCount(256, await Keys.Backend.SignAsync(
            rsa, new SignatureInput(SignatureMechanism.Find(CKM.CKM_RSA_PKCS)!, Pss: null, default), TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task Failures_leave_nothing_in_OpenSSLs_error_queue()
    {
        KeyReference key = await Keys.KeyAsync(KeyAlgorithm.Find("rsa2048")!);
        byte[] modulus = PublicKeyFacts.FromSpki(key.PublicKeyInfo).Modulus!;
        SoftwareBackend backend = (SoftwareBackend)Keys.Backend;
        ValueTask<byte[]> refused = backend.SignAsync(
            key, new SignatureInput(SignatureMechanism.Find(CKM.CKM_RSA_X_509)!, Pss: null, modulus), TestContext.CancellationToken);
        Assert.ThrowsExactly<FaultException>(() => backend.ImportPkcs8([0x30, 0x03, 0x02, 0x01, 0x00]));
        Assert.AreEqual(0u, PeekError());
        await Assert.ThrowsExactlyAsync<FaultException>(async () => await refused);
    }

    [LibraryImport("libcrypto.so.3", EntryPoint = "ERR_peek_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint PeekError();
}
