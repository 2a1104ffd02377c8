using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using static CodeSign.Requests.Tests.WrapRequests;
using Attribute = CodeSign.Wire.V1.Attribute;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>
/// The known ways to bring a key out by wrapping, each tried: Clulow 2003; Delaune, Kremer, Steel 2008; Bortolozzo, Centenaro, Focardi,
/// Steel 2010; Vaudenay 2002; Bleichenbacher 1998; Manger 2001.
/// </summary>
[TestClass]
public sealed class WrapAttackTests
{
    private static readonly byte[] Known = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [TestMethod]
    [DataRow(CKA.CKA_WRAP, CKA.CKA_DECRYPT)]
    [DataRow(CKA.CKA_UNWRAP, CKA.CKA_ENCRYPT)]
    [DataRow(CKA.CKA_UNWRAP, CKA.CKA_DECRYPT)]
    public async Task No_order_of_changes_and_copies_turns_a_wrapping_key_into_one_for_data(CKA first, CKA second)
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object kek = await GenerateAesAsync(appliance, alice, 32, Of(first, true));

        // A5a, A5b: off with the one, then on with the other; or both at once; or in a copy.
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TrySetAsync(appliance, alice, kek, Of(first, false)));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TrySetAsync(appliance, alice, kek, Of(first, false), Of(second, true)));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TryCopyAsync(appliance, alice, kek, Of(first, false)));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TryCopyAsync(appliance, alice, kek, Of(first, false), Of(second, true)));

        // And the other way round: what worked on data never wraps.
        Object data = await GenerateAesAsync(appliance, alice, 32, Of(second, true));
        Assert.AreEqual(CKR.CKR_OK, await TrySetAsync(appliance, alice, data, Of(second, false)));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TrySetAsync(appliance, alice, data, Of(first, true)));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TrySetAsync(appliance, alice, data, Of(second, true)));
    }

    [TestMethod]
    public async Task A_wrapping_key_is_not_wrapped_and_gets_no_twin()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object outer = await GenerateAesAsync(appliance, alice, 32, Carrier);
        foreach (Attribute role in Carrier)
        {
            Object inner = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true), role);
            Assert.AreEqual("wrap.carrier", (await WrapAsync(appliance, alice, outer, inner, CKM.CKM_AES_KEY_WRAP)).Reason);
        }
    }

    [TestMethod]
    public async Task A_tokens_key_does_not_leave_under_a_key_whose_value_somebody_knows()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object own = await BringInAsync(appliance, alice, Known, Of(CKA.CKA_WRAP, true));
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_TOKEN, true));

        Assert.IsTrue(Is(key, CKA.CKA_WRAP_WITH_TRUSTED), "Where the template doesn't say.");
        Answer<WrapKeyResponse> answer = await WrapAsync(appliance, alice, own, key, CKM.CKM_AES_KEY_WRAP);
        Assert.AreEqual(CKR.CKR_KEY_NOT_WRAPPABLE, answer.Status!.Ckr);
        Assert.AreEqual("wrap.trusted", answer.Reason);

        // Nor does a copy, in the token or out of it.
        Object copy = await CopyAsync(appliance, alice, key, Of(CKA.CKA_TOKEN, false));
        Assert.AreEqual("wrap.trusted", (await WrapAsync(appliance, alice, own, copy, CKM.CKM_AES_KEY_WRAP)).Reason);
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TryCopyAsync(appliance, alice, key, Of(CKA.CKA_WRAP_WITH_TRUSTED, false)));

        // Nobody but the SO trusts: not at once, not later, not in a copy of what is trusted.
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TrySetAsync(appliance, alice, own, Of(CKA.CKA_TRUSTED, true)));
        Object trusted = await TrustAsync(
            appliance, alice, await GenerateAesAsync(appliance, alice, 32, [.. Carrier, Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_PRIVATE, false)]));
        Assert.IsNull((await WrapAsync(appliance, alice, trusted, key, CKM.CKM_AES_KEY_WRAP)).Status);
        Object twin = await CopyAsync(appliance, alice, trusted);
        Assert.AreEqual("wrap.trusted", (await WrapAsync(appliance, alice, twin, key, CKM.CKM_AES_KEY_WRAP)).Reason);
    }

    [TestMethod]
    public async Task A_tokens_key_does_not_leave_under_a_public_key_that_somebody_brought_along()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_TOKEN, true));
        Object free = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_WRAP_WITH_TRUSTED, false));
        using RSA rsa = RSA.Create(3072);

        Assert.AreEqual("wrap.trusted", (await WrapUnderAsync(appliance, alice, rsa.ExportSubjectPublicKeyInfo(), key)).Reason);
        byte[] wrapped = (await WrapUnderAsync(appliance, alice, rsa.ExportSubjectPublicKeyInfo(), free)).Message.WrappedKey.ToByteArray();
        Assert.HasCount(32, rsa.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA256), "Made so that it may.");
    }

    [TestMethod]
    [DataRow(CKA.CKA_SENSITIVE)]
    [DataRow(CKA.CKA_WRAP_WITH_TRUSTED)]
    public async Task A_key_does_not_come_back_less_closed(CKA weakened)
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.Extractable = true);
        Object kek = await GenerateAesAsync(appliance, alice, 32, Carrier);
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true));
        byte[] wrapped = (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_KEY_WRAP)).Message.WrappedKey.ToByteArray();

        Assert.AreEqual(
            CKR.CKR_TEMPLATE_INCONSISTENT,
            (await UnwrapAsync(appliance, alice, kek, wrapped, CKM.CKM_AES_KEY_WRAP, AesTemplate(Of(weakened, false)))).Status!.Ckr);
        Object back = (await UnwrapAsync(appliance, alice, kek, wrapped, CKM.CKM_AES_KEY_WRAP, AesTemplate())).Message.Key;
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TrySetAsync(appliance, alice, back, Of(weakened, false)));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_SENSITIVE, (await alice.CallAsync(
            OperationCode.RevealAttributes,
            new RevealAttributesRequest { ProjectId = appliance.ProjectId("demo"), ObjectId = back.Id, Types_ = { (ulong)CKA.CKA_VALUE }, Application = Application },
            RevealAttributesResponse.Parser)).Status!.Ckr);
        Assert.AreEqual("wrap.trusted", (await WrapAsync(appliance, alice, kek, back, CKM.CKM_AES_KEY_WRAP)).Reason);
    }

    [TestMethod]
    public async Task A_private_key_that_is_here_does_not_come_in_once_more_to_do_more()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object kek = await BringInAsync(appliance, alice, Known, Of(CKA.CKA_UNWRAP, true));
        byte[] wrapped = WrapTests.WrapElsewhere(Known, WrapTests.Make("rsa").Pkcs8);
        Task<Answer<UnwrapKeyResponse>> BringAsync(params Attribute[] more) =>
            UnwrapAsync(appliance, alice, kek, wrapped, CKM.CKM_AES_KEY_WRAP_KWP, PrivateTemplate(CKK.CKK_RSA, [Of(CKA.CKA_TOKEN, true), .. more]));
        Assert.IsNull((await BringAsync(Of(CKA.CKA_SIGN, true), Of(CKA.CKA_EXTRACTABLE, false), Of(CKA.CKA_ALWAYS_AUTHENTICATE, true))).Status);

        Attribute[] same = [Of(CKA.CKA_SIGN, true), Of(CKA.CKA_EXTRACTABLE, false), Of(CKA.CKA_ALWAYS_AUTHENTICATE, true)];
        Assert.AreEqual("unwrap.weaker", (await BringAsync([.. same, Of(CKA.CKA_DECRYPT, true)])).Reason);
        Assert.AreEqual("unwrap.weaker", (await BringAsync([.. same, Of(CKA.CKA_UNWRAP, true)])).Reason);
        Assert.AreEqual("unwrap.weaker", (await BringAsync(Of(CKA.CKA_SIGN, true), Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_ALWAYS_AUTHENTICATE, true))).Reason);
        Assert.AreEqual("unwrap.weaker", (await BringAsync(Of(CKA.CKA_SIGN, true), Of(CKA.CKA_EXTRACTABLE, false))).Reason);
        Assert.IsNull((await BringAsync(same)).Status);
    }

    [TestMethod]
    public async Task A_key_does_not_leave_under_a_weaker_one()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object weak = await GenerateAesAsync(appliance, alice, 16, Carrier);
        Object middle = await GenerateAesAsync(appliance, alice, 24, Carrier);
        Object strong = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true));
        Object same = await GenerateAesAsync(appliance, alice, 16, Of(CKA.CKA_EXTRACTABLE, true));
        using RSA small = RSA.Create(2048);
        using RSA large = RSA.Create(3072);

        Assert.AreEqual("wrap.strength", (await WrapAsync(appliance, alice, weak, strong, CKM.CKM_AES_KEY_WRAP)).Reason);
        Assert.AreEqual("wrap.strength", (await WrapAsync(appliance, alice, middle, strong, CKM.CKM_AES_KEY_WRAP)).Reason);
        Assert.AreEqual("ok", (await WrapAsync(appliance, alice, weak, same, CKM.CKM_AES_KEY_WRAP)).Reason);
        Assert.AreEqual("wrap.strength", (await WrapUnderAsync(appliance, alice, small.ExportSubjectPublicKeyInfo(), same)).Reason);
        Assert.AreEqual("ok", (await WrapUnderAsync(appliance, alice, large.ExportSubjectPublicKeyInfo(), strong)).Reason);

        // An exponent of one enciphers nothing.
        RSAParameters numbers = large.ExportParameters(includePrivateParameters: false);
        byte[] none = Appliance.Keys.PublicKeyFacts.RsaPublicKeyInfo(numbers.Modulus, [1]);
        Assert.AreEqual("carrier.unfit", (await WrapUnderAsync(appliance, alice, none, strong)).Reason);
    }

    [TestMethod]
    public async Task What_was_wrapped_comes_in_as_what_it_is_and_whole()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.ObjectWeakWrap = true);
        Object kek = await GenerateAesAsync(appliance, alice, 32, Carrier);
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true));
        CipherParameters iv = new() { Iv = ByteString.CopyFrom(new byte[16]) };
        foreach ((CKM mechanism, CipherParameters? parameters) in ((CKM, CipherParameters?)[])
            [(CKM.CKM_AES_KEY_WRAP, null), (CKM.CKM_AES_KEY_WRAP_KWP, null), (CKM.CKM_AES_CBC, iv), (CKM.CKM_AES_CBC_PAD, iv)])
        {
            byte[] wrapped = (await WrapAsync(appliance, alice, kek, key, mechanism, parameters)).Message.WrappedKey.ToByteArray();
            Attribute[] generic = [Of(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_GENERIC_SECRET)];

            // One byte of the value could be searched for.
            Assert.AreEqual(
                CKR.CKR_WRAPPED_KEY_INVALID,
                (await UnwrapAsync(appliance, alice, kek, wrapped, mechanism, [.. generic, Of(CKA.CKA_VALUE_LEN, 1UL)], parameters)).Status!.Ckr,
                mechanism.ToString());
            Assert.AreEqual(
                CKR.CKR_WRAPPED_KEY_INVALID,
                (await UnwrapAsync(appliance, alice, kek, wrapped, mechanism, PrivateTemplate(CKK.CKK_EC), parameters)).Status!.Ckr,
                mechanism.ToString());
            Assert.IsNull((await UnwrapAsync(appliance, alice, kek, wrapped, mechanism, AesTemplate(Of(CKA.CKA_VALUE_LEN, 32UL)), parameters)).Status);
        }

        byte[] pkcs8 = WrapTests.Make("ec").Pkcs8;
        Object carrier = await BringInAsync(appliance, alice, Known, Of(CKA.CKA_UNWRAP, true));
        Answer<UnwrapKeyResponse> other = await UnwrapAsync(
            appliance, alice, carrier, WrapTests.WrapElsewhere(Known, pkcs8), CKM.CKM_AES_KEY_WRAP_KWP, PrivateTemplate(CKK.CKK_RSA));
        Assert.AreEqual(CKR.CKR_WRAPPED_KEY_INVALID, other.Status!.Ckr);
    }

    [TestMethod]
    public async Task Weak_mechanisms_and_chosen_IVs_carry_nothing_where_nobody_says_so()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object kek = await GenerateAesAsync(appliance, alice, 32, Carrier);
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true));
        CipherParameters iv = new() { Iv = ByteString.CopyFrom(new byte[16]) };
        CipherParameters chosen = new() { Iv = ByteString.CopyFrom(new byte[12]), TagBits = 128 };

        foreach (CKM mechanism in (CKM[])[CKM.CKM_AES_CBC, CKM.CKM_AES_CBC_PAD])
        {
            Assert.AreEqual("policy.weak_wrap", (await WrapAsync(appliance, alice, kek, key, mechanism, iv)).Reason);
            Assert.AreEqual("policy.weak_wrap", (await UnwrapAsync(appliance, alice, kek, new byte[48], mechanism, AesTemplate(), iv)).Reason);
        }

        Object pair = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_RSA_PKCS_KEY_PAIR_GEN, [Of(CKA.CKA_MODULUS_BITS, 2048UL)], [Of(CKA.CKA_UNWRAP, true), Of(CKA.CKA_TOKEN, false)])).Message.PrivateKey;
        Assert.AreEqual("policy.weak_wrap", (await UnwrapAsync(appliance, alice, pair, new byte[256], CKM.CKM_RSA_PKCS, AesTemplate())).Reason);

        // The same IV twice gives the difference of two keys, one of them one's own.
        Assert.AreEqual("policy.weak_wrap", (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_GCM, chosen)).Reason);
    }

    [TestMethod]
    public async Task AES_GCM_draws_its_IV_and_tells_it()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object kek = await GenerateAesAsync(appliance, alice, 32, Carrier);
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true));
        CipherParameters drawn = new() { IvDrawnBytes = 12, TagBits = 128, AssociatedData = ByteString.CopyFromUtf8("for you") };

        WrapKeyResponse first = (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_GCM, drawn)).Message;
        WrapKeyResponse second = (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_GCM, drawn)).Message;

        Assert.AreNotEqual(first.Iv, second.Iv);
        Assert.AreEqual(12, first.Iv.Length);
        CipherParameters told = new() { Iv = first.Iv, TagBits = 128, AssociatedData = drawn.AssociatedData };
        Assert.IsNull((await UnwrapAsync(appliance, alice, kek, first.WrappedKey.Span, CKM.CKM_AES_GCM, AesTemplate(), told)).Status);
        CipherParameters other = new() { Iv = first.Iv, TagBits = 128, AssociatedData = ByteString.CopyFromUtf8("for me") };
        Assert.AreEqual("wrapped_key.invalid", (await UnwrapAsync(appliance, alice, kek, first.WrappedKey.Span, CKM.CKM_AES_GCM, AesTemplate(), other)).Reason);
        Assert.AreEqual(
            "cipher.parameters", (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_GCM, new CipherParameters { IvDrawnBytes = 11, TagBits = 128 })).Reason);
        Assert.AreEqual(
            "cipher.parameters", (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_GCM, new CipherParameters { IvDrawnBytes = 12, TagBits = 88 })).Reason);
    }

    [TestMethod]
    public async Task What_can_be_changed_unseen_tells_nothing_by_its_refusals()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.ObjectWeakWrap = true);
        Object kek = await GenerateAesAsync(appliance, alice, 32, Carrier);
        Object key = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true));
        CipherParameters iv = new() { Iv = ByteString.CopyFrom(new byte[16]) };
        byte[] wrapped = (await WrapAsync(appliance, alice, kek, key, CKM.CKM_AES_CBC_PAD, iv)).Message.WrappedKey.ToByteArray();
        HashSet<string> told = [];
        for (int change = 1; change < 48; change++)
        {
            byte[] changed = [.. wrapped];
            changed[31] ^= (byte)change;
            Answer<UnwrapKeyResponse> answer = await UnwrapAsync(appliance, alice, kek, changed, CKM.CKM_AES_CBC_PAD, AesTemplate(), iv);
            Assert.IsNotNull(answer.Status);
            told.Add($"{answer.Status.Ckr} {answer.Reason} {answer.Status.Message}");
        }

        Assert.ContainsSingle(told, "Padding that is wrong, and padding that is right of a key too long or short, are told alike.");
    }

    [TestMethod]
    [DataRow(CKM.CKM_RSA_PKCS_OAEP)]
    [DataRow(CKM.CKM_RSA_AES_KEY_WRAP)]
    public async Task A_key_from_elsewhere_comes_in_under_an_RSA_key(CKM mechanism)
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        GenerateKeyPairResponse pair = (await TryGenerateAsync(
            appliance, alice, CKM.CKM_RSA_PKCS_KEY_PAIR_GEN, [Of(CKA.CKA_MODULUS_BITS, 3072UL), Of(CKA.CKA_WRAP, true)], [Of(CKA.CKA_UNWRAP, true)])).Message;
        CipherParameters parameters = new() { Hash = (ulong)CKM.CKM_SHA256, Mgf = (ulong)CKG.CKG_MGF1_SHA256, AesKeyBits = 256 };
        bool isWhole = mechanism == CKM.CKM_RSA_AES_KEY_WRAP;
        (byte[] pkcs8, byte[] publicKey, CKK type, CKM sign) = WrapTests.Make("rsa");
        using RSA rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(Value(pair.PublicKey, CKA.CKA_PUBLIC_KEY_INFO), out int _);
        byte[] passing = RandomNumberGenerator.GetBytes(32);
        byte[] wrapped = rsa.Encrypt(passing, RSAEncryptionPadding.OaepSHA256);
        wrapped = isWhole ? [.. wrapped, .. WrapTests.WrapElsewhere(passing, pkcs8)] : wrapped;

        Answer<UnwrapKeyResponse> answer = await UnwrapAsync(
            appliance, alice, pair.PrivateKey, wrapped, mechanism, isWhole ? PrivateTemplate(type, Of(CKA.CKA_TOKEN, true)) : AesTemplate(), parameters);

        Assert.AreEqual("ok", answer.Reason);
        if (isWhole)
        {
            SignResponse signed = (await SignAsync(appliance, alice, answer.Message.Key.Id, sign)).Message;
            Assert.IsTrue(Verify(publicKey, signed.Signature.ToByteArray(), sign));
        }

        wrapped[40] ^= 1;
        Assert.AreEqual("wrapped_key.invalid", (await UnwrapAsync(appliance, alice, pair.PrivateKey, wrapped, mechanism, AesTemplate(), parameters)).Reason);
        Assert.AreEqual("wrapped_key.length", (await UnwrapAsync(appliance, alice, pair.PrivateKey, wrapped.AsSpan(0, 255), mechanism, AesTemplate(), parameters)).Reason);

        // A bare RSA signature over what was wrapped would be the key.
        await SetAsync(alice, set => set.ObjectRawRsa = true);
        Answer<SignResponse> raw = await alice.CallAsync(
            OperationCode.Sign,
            new SignRequest
            {
                ProjectId = appliance.ProjectId("demo"),
                KeyId = pair.PrivateKey.Id,
                Mechanism = (ulong)CKM.CKM_RSA_X_509,
                Data = ByteString.CopyFrom(wrapped.AsSpan(0, 384)),
                RequestId = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16)),
                Application = Application,
            },
            SignResponse.Parser);
        Assert.AreEqual(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, raw.Status!.Ckr);
    }

    [TestMethod]
    public async Task Templates_of_a_wrapping_key_bind_what_it_carries()
    {
        (RunningAppliance appliance, Client alice) = await OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        byte[] only = NestedTemplate.Write([new ObjectAttribute(CKA.CKA_LABEL, "carried"u8.ToArray())]);
        byte[] closed = NestedTemplate.Write([new ObjectAttribute(CKA.CKA_EXTRACTABLE, new byte[] { 0 }), new ObjectAttribute(CKA.CKA_DECRYPT, new byte[] { 0 })]);
        Object kek = await GenerateAesAsync(appliance, alice, 32, [.. Carrier, Of(CKA.CKA_WRAP_TEMPLATE, only), Of(CKA.CKA_UNWRAP_TEMPLATE, closed)]);
        Object carried = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_LABEL, "carried"));
        Object other = await GenerateAesAsync(appliance, alice, 32, Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_LABEL, "other"));

        Assert.AreEqual(CKR.CKR_KEY_HANDLE_INVALID, (await WrapAsync(appliance, alice, kek, other, CKM.CKM_AES_KEY_WRAP)).Status!.Ckr);
        byte[] wrapped = (await WrapAsync(appliance, alice, kek, carried, CKM.CKM_AES_KEY_WRAP)).Message.WrappedKey.ToByteArray();
        Assert.AreEqual(
            CKR.CKR_TEMPLATE_INCONSISTENT,
            (await UnwrapAsync(appliance, alice, kek, wrapped, CKM.CKM_AES_KEY_WRAP, AesTemplate(Of(CKA.CKA_DECRYPT, true)))).Status!.Ckr);
        Object back = (await UnwrapAsync(appliance, alice, kek, wrapped, CKM.CKM_AES_KEY_WRAP, AesTemplate())).Message.Key;
        Assert.IsFalse(Is(back, CKA.CKA_EXTRACTABLE));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TrySetAsync(appliance, alice, kek, Of(CKA.CKA_UNWRAP_TEMPLATE, [])));
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, await TryCopyAsync(appliance, alice, kek, Of(CKA.CKA_UNWRAP_TEMPLATE, [])));
    }

    private static Task<Answer<WrapKeyResponse>> WrapUnderAsync(RunningAppliance appliance, Client client, byte[] publicKeyInfo, Object key) => client.CallAsync(
        OperationCode.WrapKey,
        new WrapKeyRequest
        {
            ProjectId = appliance.ProjectId("demo"),
            Mechanism = (ulong)CKM.CKM_RSA_PKCS_OAEP,
            Parameters = new CipherParameters { Hash = (ulong)CKM.CKM_SHA256, Mgf = (ulong)CKG.CKG_MGF1_SHA256 },
            WrappingKeyInfo = ByteString.CopyFrom(publicKeyInfo),
            KeyId = key.Id,
            Application = Application,
        },
        WrapKeyResponse.Parser);

    private static async Task<CKR> TrySetAsync(RunningAppliance appliance, Client client, Object target, params Attribute[] template)
    {
        SetAttributesRequest request = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = target.Id, Application = Application };
        request.Template.AddRange(template);
        return (await client.CallAsync(OperationCode.SetAttributes, request, SetAttributesResponse.Parser)).Status?.Ckr ?? CKR.CKR_OK;
    }

    private static Task<Answer<CopyObjectResponse>> AskCopyAsync(RunningAppliance appliance, Client client, Object target, Attribute[] template)
    {
        CopyObjectRequest request = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = target.Id, Application = Application };
        request.Template.AddRange(template);
        return client.CallAsync(OperationCode.CopyObject, request, CopyObjectResponse.Parser);
    }

    private static async Task<CKR> TryCopyAsync(RunningAppliance appliance, Client client, Object target, params Attribute[] template) =>
        (await AskCopyAsync(appliance, client, target, template)).Status?.Ckr ?? CKR.CKR_OK;

    private static async Task<Object> CopyAsync(RunningAppliance appliance, Client client, Object target, params Attribute[] template) =>
        (await AskCopyAsync(appliance, client, target, template)).Message.Object;
}
