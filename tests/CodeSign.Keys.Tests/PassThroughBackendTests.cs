using System.Text;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.PassThrough;
using CodeSign.Cryptoki;
using Net.Pkcs11Interop.HighLevelAPI;
using CKA = Net.Pkcs11Interop.Common.CKA;
using CKM = CodeSign.Cryptoki.CKM;
using CKO = Net.Pkcs11Interop.Common.CKO;

namespace CodeSign.Keys.Tests;

[TestClass]
public sealed class PassThroughBackendTests : KeyBackendContract
{
    private static readonly Lazy<string> Token = new(SoftHsm.NewToken);
    private static readonly Lazy<KeysInUse> Keys = new(() => new KeysInUse(
        new PassThroughBackend(SoftHsm.Options(Token.Value) with { Deadline = TimeSpan.FromSeconds(60) }, TimeProvider.System)));

    private protected override KeysInUse Subject => Keys.Value;

    [ClassCleanup]
    public static async Task LetGoAsync()
    {
        if (Keys.IsValueCreated)
        {
            await Keys.Value.Backend.DisposeAsync();
        }
    }

    [TestInitialize]
    public Task WaitForTheTokenAsync() =>
        Until.HoldsAsync(() => Subject.Backend.Health.Available, "the token is there", TestContext.CancellationToken);

    [TestMethod]
    public async Task A_key_made_on_the_device_stays_there_and_only_signs()
    {
        KeyReference key = await Subject.NewKeyAsync(KeyAlgorithm.Find("rsa2048")!);
        using HsmSession session = OpenSession();
        IObjectHandle handle = session.Find(CKO.CKO_PRIVATE_KEY, CKA.CKA_ID, key.DeviceId!)[0];
        CKA[] asked =
        [
            CKA.CKA_TOKEN, CKA.CKA_PRIVATE, CKA.CKA_SENSITIVE, CKA.CKA_EXTRACTABLE, CKA.CKA_NEVER_EXTRACTABLE, CKA.CKA_LOCAL, CKA.CKA_SIGN,
            CKA.CKA_DECRYPT, CKA.CKA_UNWRAP,
        ];
        string values = string.Join(' ', session.Raw.GetAttributeValue(handle, [.. asked]).Select(one => one.GetValueAsBool()));
        Assert.AreEqual("True True True False True True True False False", values);
        Assert.AreEqual(key.KeyId, session.Raw.GetAttributeValue(handle, [CKA.CKA_LABEL])[0].GetValueAsString());
    }

    [TestMethod]
    public async Task A_secret_key_made_on_the_device_stays_there_and_does_what_it_was_made_for()
    {
        NewSecretKey key = await Subject.NewSecretAsync(SecretKeyMechanism.Find(CKM.CKM_AES_KEY_GEN)!, 32, SecretKeyUses.Wrap | SecretKeyUses.Unwrap);
        using HsmSession session = OpenSession();
        IObjectHandle handle = session.Find(CKO.CKO_SECRET_KEY, CKA.CKA_ID, key.DeviceId!)[0];
        CKA[] asked =
        [
            CKA.CKA_TOKEN, CKA.CKA_PRIVATE, CKA.CKA_SENSITIVE, CKA.CKA_EXTRACTABLE, CKA.CKA_NEVER_EXTRACTABLE, CKA.CKA_LOCAL, CKA.CKA_WRAP,
            CKA.CKA_UNWRAP, CKA.CKA_ENCRYPT, CKA.CKA_DECRYPT, CKA.CKA_SIGN, CKA.CKA_VERIFY, CKA.CKA_DERIVE,
        ];
        string values = string.Join(' ', session.Raw.GetAttributeValue(handle, [.. asked]).Select(one => one.GetValueAsBool()));

        Assert.AreEqual("True True True False True True True True False False False False False", values);
        Assert.AreEqual(32UL, session.Raw.GetAttributeValue(handle, [CKA.CKA_VALUE_LEN])[0].GetValueAsUlong());
    }

    [TestMethod]
    public async Task A_destroyed_key_is_gone_from_the_device()
    {
        KeyReference key = await Subject.NewKeyAsync(KeyAlgorithm.Find("p384")!);
        SignatureInput input = Input(key.Algorithm, SignatureMechanism.Find(CKM.CKM_ECDSA_SHA384)!);
        _ = await Subject.Backend.SignAsync(key, input, TestContext.CancellationToken);
        await Subject.Backend.DestroyAsync(key, TestContext.CancellationToken);
        using HsmSession session = OpenSession();
        Assert.IsEmpty(session.Find(CKO.CKO_PRIVATE_KEY, CKA.CKA_ID, key.DeviceId!));
        Assert.IsEmpty(session.Find(CKO.CKO_PUBLIC_KEY, CKA.CKA_ID, key.DeviceId!));
        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(
            async () => await Subject.Backend.SignAsync(key, input, TestContext.CancellationToken));
        Assert.AreEqual("hsm.key_missing", refused.Reason);
    }

    [TestMethod]
    [DataRow("secp256k1")]
    [DataRow("ed25519")]
    public async Task Only_RSA_and_NIST_curves_are_made_on_a_device(string name)
    {
        Assert.IsFalse(Subject.Backend.Supports(KeyAlgorithm.Find(name)!));
        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(() => Subject.NewKeyAsync(KeyAlgorithm.Find(name)!));
        Assert.AreEqual("hsm.algorithm", refused.Reason);
    }

    [TestMethod]
    [DataRow("rsa3072")]
    [DataRow("p521")]
    public async Task Adopts_a_key_that_signs_a_challenge(string name)
    {
        KeyReference made = await Subject.NewKeyAsync(KeyAlgorithm.Find(name)!);
        AdoptedKey adopted = await Backend.AdoptAsync(made.DeviceId, TestContext.CancellationToken);
        Assert.IsEmpty(adopted.Warnings);
        Assert.AreEqual(name, adopted.Algorithm.Name);
        Assert.AreEqual(Convert.ToHexString(made.PublicKeyInfo), Convert.ToHexString(adopted.Key.PublicKeyInfo));
        Assert.IsNull(adopted.Key.Private);
    }

    [TestMethod]
    public async Task Adopting_an_imported_key_warns()
    {
        using System.Security.Cryptography.RSA rsa = System.Security.Cryptography.RSA.Create(2048);
        string file = Path.Combine(SoftHsm.Folder, "imported.pem");
        await File.WriteAllTextAsync(file, rsa.ExportPkcs8PrivateKeyPem(), TestContext.CancellationToken);
        SoftHsm.Run(
            "softhsm2-util", "--import", file, "--token", Token.Value, "--label", "imported", "--id", "c0ffee", "--pin", SoftHsm.Pin);
        AdoptedKey adopted = await Backend.AdoptAsync(Convert.FromHexString("c0ffee"), TestContext.CancellationToken);
        Assert.Contains(warning => warning.Contains("CKA_LOCAL", StringComparison.Ordinal), adopted.Warnings);
        Assert.AreEqual(Convert.ToHexString(rsa.ExportSubjectPublicKeyInfo()), Convert.ToHexString(adopted.Key.PublicKeyInfo));
    }

    [TestMethod]
    public async Task Adopting_what_is_not_there_is_refused()
    {
        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(
            () => Backend.AdoptAsync(new byte[] { 0xde, 0xad }, TestContext.CancellationToken));
        Assert.AreEqual("hsm.key.unknown", refused.Reason);
    }

    [TestMethod]
    public async Task A_public_key_that_is_not_the_private_keys_fails_the_challenge()
    {
        KeyReference made = await Subject.NewKeyAsync(KeyAlgorithm.Find("p256")!);
        KeyReference other = await Subject.NewKeyAsync(KeyAlgorithm.Find("p256")!);
        using HsmSession session = OpenSession();
        session.Raw.DestroyObject(session.Find(CKO.CKO_PUBLIC_KEY, CKA.CKA_ID, made.DeviceId!)[0]);
        PublicKeyFacts wrong = PublicKeyFacts.FromSpki(other.PublicKeyInfo);
        using HsmTemplate template = new HsmTemplate()
            .Add(CKA.CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY).Add(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_EC).Add(CKA.CKA_TOKEN, true)
            .Add(CKA.CKA_VERIFY, true).Add(CKA.CKA_ID, made.DeviceId!)
            .Add(CKA.CKA_EC_PARAMS, wrong.EcParameters!).Add(CKA.CKA_EC_POINT, wrong.EcPoint!);
        session.Raw.CreateObject(template.Attributes);

        FaultException refused = await Assert.ThrowsExactlyAsync<FaultException>(
            () => Backend.AdoptAsync(made.DeviceId, TestContext.CancellationToken));
        Assert.AreEqual("hsm.challenge", refused.Reason);
    }

    [TestMethod]
    public async Task A_token_that_is_not_there_and_a_library_that_is_none_are_said_so()
    {
        await using PassThroughBackend noToken = new(SoftHsm.Options("nobody"), TimeProvider.System);
        await using PassThroughBackend noLibrary = new(
            SoftHsm.Options("nobody") with { Library = "/nonexistent/vendor.so" }, TimeProvider.System);
        Assert.Contains(
            "there is no token labelled 'nobody'",
            (await Assert.ThrowsExactlyAsync<FaultException>(() => noToken.AdoptAsync(new byte[1], TestContext.CancellationToken))).Message);
        Assert.Contains(
            "can't be loaded",
            (await Assert.ThrowsExactlyAsync<FaultException>(() => noLibrary.AdoptAsync(new byte[1], TestContext.CancellationToken))).Message);
    }

    [TestMethod]
    public void Options_without_a_token_are_refused()
    {
        Assert.ThrowsExactly<ArgumentException>(
            () => new PassThroughBackend(SoftHsm.Options("x") with { TokenLabel = null }, TimeProvider.System));
    }

    private PassThroughBackend Backend => (PassThroughBackend)Subject.Backend;

    private static HsmSession OpenSession() => new HsmDevice(SoftHsm.Options(Token.Value) with
    {
        Pin = () => new Appliance.Custody.SecretBytes(Encoding.ASCII.GetBytes(SoftHsm.Pin)),
    }, TimeProvider.System).OpenSession();
}
