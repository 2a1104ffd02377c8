using System.Security.Cryptography;
using System.Text.Json;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using static CodeSign.Requests.Tests.WrapRequests;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>Keys that leave and come in under others.</summary>
[TestClass]
public sealed class WrapTests
{
    private static readonly byte[] Kek = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [TestMethod]
    [DataRow("ec")]
    [DataRow("rsa")]
    [DataRow("ed25519")]
    public async Task A_private_key_from_elsewhere_comes_in_wrapped_and_signs_like_any_other(string kind)
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object kek = await BringInAsync(appliance, alice, Kek, Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_UNWRAP, true));
        (byte[] pkcs8, byte[] publicKey, CKK type, CKM sign) = Make(kind);

        Object key = (await UnwrapAsync(
            appliance, alice, kek, WrapElsewhere(Kek, pkcs8), CKM.CKM_AES_KEY_WRAP_KWP,
            PrivateTemplate(type, Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_LABEL, "brought"), Of(CKA.CKA_SIGN, true)))).Message.Key;

        SignResponse signed = (await SignAsync(appliance, alice, key.Id, sign)).Message;
        Assert.IsTrue(Verify(publicKey, signed.Signature.ToByteArray(), sign));
        Assert.AreSequenceEqual(publicKey, Value(key, CKA.CKA_PUBLIC_KEY_INFO));
        Assert.IsTrue(Is(key, CKA.CKA_SENSITIVE));
        Assert.IsTrue(Is(key, CKA.CKA_EXTRACTABLE), "The standard's default, where the project lets keys leave.");
        Assert.IsFalse(Is(key, CKA.CKA_LOCAL));
        Assert.IsFalse(Is(key, CKA.CKA_ALWAYS_SENSITIVE));
        Assert.IsFalse(Is(key, CKA.CKA_NEVER_EXTRACTABLE));
        Assert.AreEqual(Of(CKA.CKA_KEY_GEN_MECHANISM, CK.CK_UNAVAILABLE_INFORMATION).Value, Google.Protobuf.ByteString.CopyFrom(Value(key, CKA.CKA_KEY_GEN_MECHANISM)));
    }

    [TestMethod]
    [DataRow(CKM.CKM_AES_KEY_WRAP)]
    [DataRow(CKM.CKM_AES_KEY_WRAP_PAD)]
    [DataRow(CKM.CKM_AES_KEY_WRAP_KWP)]
    [DataRow(CKM.CKM_AES_KEY_WRAP_PKCS7)]
    public async Task A_key_leaves_and_comes_back_the_same(CKM mechanism)
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.Extractable = true);
        Object kek = await GenerateAesAsync(appliance, alice, 32, Carrier);
        byte[] value = RandomNumberGenerator.GetBytes(24);
        Object key = await BringInAsync(appliance, alice, value, Of(CKA.CKA_EXTRACTABLE, true));

        WrapKeyResponse wrapped = (await WrapAsync(appliance, alice, kek, key, mechanism)).Message;
        Object back = (await UnwrapAsync(appliance, alice, kek, wrapped.WrappedKey.Span, mechanism, AesTemplate())).Message.Key;

        Assert.AreEqual(wrapped.WrappedKey, (await WrapAsync(appliance, alice, kek, key, mechanism)).Message.WrappedKey, "There is nothing to draw.");
        Assert.AreEqual(CipherMechanism.Find(mechanism)!.OutputBytes(24, 32, 0), wrapped.WrappedKey.Length);
        Assert.AreSequenceEqual(Of(CKA.CKA_VALUE_LEN, 24UL).Value.ToByteArray(), Value(back, CKA.CKA_VALUE_LEN));

        // Its value is never shown, but it is that of the first.
        Object trusted = await TrustAsync(appliance, alice, await GenerateAesAsync(appliance, alice, 32, [.. Carrier, Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_PRIVATE, false)]));
        Assert.AreEqual(
            (await WrapAsync(appliance, alice, trusted, key, mechanism)).Message.WrappedKey,
            (await WrapAsync(appliance, alice, trusted, back, mechanism)).Message.WrappedKey);
    }

    [TestMethod]
    public async Task What_leaves_is_what_the_standard_says()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.Extractable = true);
        Object kek = await BringInAsync(appliance, alice, Kek, Of(CKA.CKA_WRAP, true));
        Object key = await BringInAsync(appliance, alice, Convert.FromHexString("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F"), Of(CKA.CKA_EXTRACTABLE, true));

        // RFC 3394 section 4.6.
        Assert.AreEqual(
            "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21",
            Convert.ToHexString((await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_KEY_WRAP)).Message.WrappedKey.Span));

        using ECDsa ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Object privateKey = (await UnwrapAsync(
            appliance, alice, await BringInAsync(appliance, alice, Kek, Of(CKA.CKA_UNWRAP, true)), WrapElsewhere(Kek, ec.ExportPkcs8PrivateKey()), CKM.CKM_AES_KEY_WRAP_KWP,
            PrivateTemplate(CKK.CKK_EC))).Message.Key;
        Object trusted = await TrustAsync(appliance, alice, await GenerateAesAsync(appliance, alice, 32, [.. Carrier, Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_PRIVATE, false)]));
        Assert.IsNull((await WrapAsync(appliance, alice, trusted, privateKey, CKM.CKM_AES_KEY_WRAP_KWP)).Status);
    }

    [TestMethod]
    public async Task Both_ways_stand_in_the_record_once_and_refusals_with_the_key_they_are_about()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object kek = await GenerateAesAsync(appliance, alice, 32, Carrier);
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true));
        Object closed = await GenerateAesAsync(appliance, alice, 32);

        byte[] wrapped = (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_KEY_WRAP)).Message.WrappedKey.ToByteArray();
        await WrapAsync(appliance, alice, kek, closed, CKM.CKM_AES_KEY_WRAP);
        await UnwrapAsync(appliance, alice, kek, wrapped, CKM.CKM_AES_KEY_WRAP, AesTemplate());
        wrapped[3] ^= 1;
        await UnwrapAsync(appliance, alice, kek, wrapped, CKM.CKM_AES_KEY_WRAP, AesTemplate());

        string[] told = [.. appliance.Leaves().Where(leaf => EventOf(leaf).Contains("wrap", StringComparison.Ordinal))];
        Assert.AreSequenceEqual(["key.wrap", "key.wrap.refused", "key.unwrap", "key.unwrap.refused"], told.Select(EventOf).ToArray());
        foreach (string leaf in told)
        {
            using JsonDocument document = JsonDocument.Parse(leaf);
            Assert.AreEqual("CKM_AES_KEY_WRAP", document.RootElement.GetProperty("mechanism").GetString());
            Assert.Contains(Convert.ToHexStringLower(kek.Id.Span[..16]), document.RootElement.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public async Task Nothing_leaves_or_comes_in_where_the_project_does_not_say_so()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object kek = await GenerateAesAsync(appliance, alice, 32, Carrier);
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true));
        byte[] wrapped = (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_KEY_WRAP)).Message.WrappedKey.ToByteArray();

        await SetAsync(alice, set => (set.ObjectImport, set.ObjectWrap) = (false, false));

        Assert.AreEqual("policy.wrap", (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_KEY_WRAP)).Reason);
        Assert.AreEqual("policy.import", (await UnwrapAsync(appliance, alice, kek, wrapped, CKM.CKM_AES_KEY_WRAP, AesTemplate())).Reason);
        Assert.AreEqual("policy.extractable", (await TryGenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true))).Reason);
    }

    [TestMethod]
    public async Task Keys_that_leave_wrapped_alone_are_never_shown()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;

        Assert.AreEqual("policy.extractable", (await TryGenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_SENSITIVE, false))).Reason);
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_TOKEN, true));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_SENSITIVE, (await RevealAsync(appliance, alice, key, CKA.CKA_VALUE)).Status!.Ckr);
    }

    [TestMethod]
    public async Task Each_refusal_has_the_name_the_standard_gives_it()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object kek = await GenerateAesAsync(appliance, alice, 32, Carrier);
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true));
        Object closed = await GenerateAesAsync(appliance, alice, 32);
        Object idle = await GenerateAesAsync(appliance, alice, 32);
        Object generic = await BringInAsync(appliance, alice, Kek, Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_GENERIC_SECRET), Of(CKA.CKA_WRAP, true), Of(CKA.CKA_UNWRAP, true));
        Object odd = await BringInAsync(appliance, alice, new byte[15], Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_GENERIC_SECRET), Of(CKA.CKA_EXTRACTABLE, true));
        Object data = await CreateDataAsync(appliance, alice, "notes");
        Object governed = Assert.ContainsSingle(await FindAsync(appliance, alice, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY)));
        Object nothing = new() { Id = Google.Protobuf.ByteString.CopyFrom(new byte[17]) };

        async Task<CKR> TryWrapAsync(Object wrapping, Object wanted, CKM mechanism = CKM.CKM_AES_KEY_WRAP, CipherParameters? parameters = null) =>
            (await WrapAsync(appliance, alice, wrapping, wanted, mechanism, parameters)).Status?.Ckr ?? CKR.CKR_OK;
        Assert.AreEqual(CKR.CKR_OK, await TryWrapAsync(kek, key));
        Assert.AreEqual(CKR.CKR_KEY_UNEXTRACTABLE, await TryWrapAsync(kek, closed));
        Assert.AreEqual(CKR.CKR_KEY_UNEXTRACTABLE, await TryWrapAsync(kek, governed));
        Assert.AreEqual(CKR.CKR_KEY_NOT_WRAPPABLE, await TryWrapAsync(kek, data));
        Assert.AreEqual(CKR.CKR_KEY_HANDLE_INVALID, await TryWrapAsync(kek, nothing));
        Assert.AreEqual(CKR.CKR_WRAPPING_KEY_HANDLE_INVALID, await TryWrapAsync(nothing, key));
        Assert.AreEqual(CKR.CKR_WRAPPING_KEY_TYPE_INCONSISTENT, await TryWrapAsync(generic, key));
        Assert.AreEqual(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, await TryWrapAsync(idle, key));
        Assert.AreEqual(CKR.CKR_KEY_SIZE_RANGE, await TryWrapAsync(kek, odd));
        Assert.AreEqual(CKR.CKR_OK, await TryWrapAsync(kek, odd, CKM.CKM_AES_KEY_WRAP_KWP));
        Assert.AreEqual(CKR.CKR_MECHANISM_INVALID, await TryWrapAsync(kek, key, CKM.CKM_AES_ECB));
        Assert.AreEqual(CKR.CKR_MECHANISM_PARAM_INVALID, await TryWrapAsync(kek, key, parameters: new CipherParameters { Iv = Google.Protobuf.ByteString.CopyFrom(new byte[7]) }));

        byte[] wrapped = (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_KEY_WRAP)).Message.WrappedKey.ToByteArray();
        async Task<CKR> TryUnwrapAsync(Object unwrapping, byte[] given, params Wire.V1.Attribute[] template) =>
            (await UnwrapAsync(appliance, alice, unwrapping, given, CKM.CKM_AES_KEY_WRAP, template)).Status?.Ckr ?? CKR.CKR_OK;
        Assert.AreEqual(CKR.CKR_OK, await TryUnwrapAsync(kek, wrapped, AesTemplate()));
        Assert.AreEqual(CKR.CKR_UNWRAPPING_KEY_HANDLE_INVALID, await TryUnwrapAsync(nothing, wrapped, AesTemplate()));
        Assert.AreEqual(CKR.CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, await TryUnwrapAsync(generic, wrapped, AesTemplate()));
        Assert.AreEqual(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, await TryUnwrapAsync(idle, wrapped, AesTemplate()));
        Assert.AreEqual(CKR.CKR_WRAPPED_KEY_LEN_RANGE, await TryUnwrapAsync(kek, wrapped[..^1], AesTemplate()));
        Assert.AreEqual(CKR.CKR_WRAPPED_KEY_LEN_RANGE, await TryUnwrapAsync(kek, [], AesTemplate()));
        Assert.AreEqual(CKR.CKR_WRAPPED_KEY_LEN_RANGE, await TryUnwrapAsync(kek, new byte[ProtocolLimits.WrappedKeyBytesMax + 8], AesTemplate()));
        Assert.AreEqual(CKR.CKR_WRAPPED_KEY_INVALID, await TryUnwrapAsync(kek, new byte[ProtocolLimits.WrappedKeyBytesMax], AesTemplate()));
        Assert.AreEqual(CKR.CKR_WRAPPED_KEY_INVALID, await TryUnwrapAsync(kek, wrapped[..^8], AesTemplate()));
        Assert.AreEqual(CKR.CKR_TEMPLATE_INCOMPLETE, await TryUnwrapAsync(kek, wrapped, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY)));
        Assert.AreEqual(CKR.CKR_TEMPLATE_INCOMPLETE, await TryUnwrapAsync(kek, wrapped, Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES)));
        Assert.AreEqual(CKR.CKR_TEMPLATE_INCONSISTENT, await TryUnwrapAsync(kek, wrapped, Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_RSA)));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TryUnwrapAsync(kek, wrapped, AesTemplate(Of(CKA.CKA_LOCAL, true))));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TryUnwrapAsync(kek, wrapped, AesTemplate(Of(CKA.CKA_TRUSTED, true))));
    }

    internal static (byte[] Pkcs8, byte[] PublicKey, CKK Type, CKM Sign) Make(string kind)
    {
        switch (kind)
        {
            case "rsa":
                using (RSA rsa = RSA.Create(2048))
                {
                    return (rsa.ExportPkcs8PrivateKey(), rsa.ExportSubjectPublicKeyInfo(), CKK.CKK_RSA, CKM.CKM_SHA256_RSA_PKCS);
                }

            case "ec":
                using (ECDsa ec = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                {
                    return (ec.ExportPkcs8PrivateKey(), ec.ExportSubjectPublicKeyInfo(), CKK.CKK_EC, CKM.CKM_ECDSA_SHA256);
                }

            default:
                // RFC 8410 section 7, without the public half: not every reader takes that.
                byte[] seed = RandomNumberGenerator.GetBytes(32);
                return (
                    [.. Convert.FromHexString("302E020100300506032B657004220420"), .. seed],
                    Org.BouncyCastle.X509.SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(
                        new Org.BouncyCastle.Crypto.Parameters.Ed25519PrivateKeyParameters(seed).GeneratePublicKey()).GetDerEncoded(),
                    CKK.CKK_EC_EDWARDS,
                    CKM.CKM_EDDSA);
        }
    }

    /// <summary>RFC 5649 by somebody else.</summary>
    internal static byte[] WrapElsewhere(byte[] kek, byte[] value)
    {
        Org.BouncyCastle.Crypto.Engines.AesWrapPadEngine engine = new();
        engine.Init(true, new Org.BouncyCastle.Crypto.Parameters.KeyParameter(kek));
        return engine.Wrap(value, 0, value.Length);
    }
}
