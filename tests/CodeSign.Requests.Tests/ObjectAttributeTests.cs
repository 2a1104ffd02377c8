using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Attribute = CodeSign.Wire.V1.Attribute;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>What single attributes of applications' objects do, and don't.</summary>
[TestClass]
public sealed class ObjectAttributeTests
{
    private static readonly Attribute[] Curve = [Of(CKA.CKA_EC_PARAMS, P256)];

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_key_signs_with_the_mechanisms_it_was_made_for_and_no_others(bool token)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object key = await GenerateAsync(appliance, alice, Of(CKA.CKA_TOKEN, token), Mechanisms(CKM.CKM_ECDSA_SHA384, CKM.CKM_ECDSA_SHA256));

        Assert.IsNull((await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Status);
        foreach (CKM other in (CKM[])[CKM.CKM_ECDSA, CKM.CKM_ECDSA_SHA3_256])
        {
            Answer<SignResponse> refused = await SignAsync(appliance, alice, key.Id, other);
            Assert.AreEqual(CKR.CKR_MECHANISM_INVALID, refused.Status?.Ckr, $"{other}");
            Assert.AreEqual("key.mechanism", refused.Reason, $"{other}");
        }
    }

    [TestMethod]
    public async Task A_key_carries_others_with_the_mechanisms_it_was_made_for_and_no_others()
    {
        (RunningAppliance appliance, Client alice) = await WrapRequests.OpenForTransportAsync();
        await using RunningAppliance _ = appliance;
        Object carrier = await WrapRequests.GenerateAesAsync(
            appliance, alice, 32, Of(CKA.CKA_WRAP, true), Of(CKA.CKA_UNWRAP, true), Mechanisms(CKM.CKM_AES_KEY_WRAP_KWP));
        Object key = await WrapRequests.GenerateAesAsync(appliance, alice, 16, Of(CKA.CKA_EXTRACTABLE, true));

        Assert.IsNull((await WrapRequests.WrapAsync(appliance, alice, carrier, key, CKM.CKM_AES_KEY_WRAP_KWP)).Status);
        Assert.AreEqual("key.mechanism", (await WrapRequests.WrapAsync(appliance, alice, carrier, key, CKM.CKM_AES_KEY_WRAP)).Reason);
    }

    [TestMethod]
    public async Task A_key_with_an_empty_list_of_mechanisms_does_nothing()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object key = await GenerateAsync(appliance, alice, Of(CKA.CKA_TOKEN, true), Mechanisms());

        Assert.AreEqual("key.mechanism", (await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Reason);
    }

    [TestMethod]
    public async Task A_list_of_mechanisms_goes_with_every_copy_and_never_changes()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object key = await GenerateAsync(appliance, alice, Of(CKA.CKA_TOKEN, true), Mechanisms(CKM.CKM_ECDSA_SHA384));

        CopyObjectRequest copy = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id };
        Object copied = (await alice.OkAsync(OperationCode.CopyObject, copy, CopyObjectResponse.Parser)).Object;
        copy.Template.Add(Mechanisms(CKM.CKM_ECDSA_SHA256));
        SetAttributesRequest set = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id };
        set.Template.Add(Mechanisms(CKM.CKM_ECDSA_SHA256));

        Assert.AreEqual("key.mechanism", (await SignAsync(appliance, alice, copied.Id, CKM.CKM_ECDSA_SHA256)).Reason);
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, (await alice.CallAsync(OperationCode.CopyObject, copy, CopyObjectResponse.Parser)).Status?.Ckr);
        Assert.AreEqual(CKR.CKR_ATTRIBUTE_READ_ONLY, (await alice.CallAsync(OperationCode.SetAttributes, set, SetAttributesResponse.Parser)).Status?.Ckr);
    }

    // PKCS#11 v3.2 section 4.8: dates are for reference, and restrict nothing.
    [TestMethod]
    [DataRow("20010101", "20011231")]
    [DataRow("99980101", "99981231")]
    [DataRow("", "19000101")]
    public async Task A_key_signs_before_and_after_its_dates(string start, string end)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object key = await GenerateAsync(appliance, alice, Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_START_DATE, start), Of(CKA.CKA_END_DATE, end));

        Assert.AreSequenceEqual(AttributeSet.Bytes(end), Value(key, CKA.CKA_END_DATE));
        Assert.IsNull((await SignAsync(appliance, alice, key.Id, CKM.CKM_ECDSA_SHA256)).Status);
    }

    [TestMethod]
    [DataRow(CKA.CKA_LABEL)]
    [DataRow(CKA.CKA_ID)]
    public async Task Keys_have_any_bytes_or_none_for_a_name_and_share_them(CKA name)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        byte[][] names = [[], [0], [.. Enumerable.Range(0, 256).Select(i => (byte)(255 - i))], RandomNumberGenerator.GetBytes(32 * 1024)];
        foreach (byte[] bytes in names)
        {
            Object first = await GenerateAsync(appliance, alice, Of(CKA.CKA_TOKEN, true), Of(name, bytes));
            Object second = await GenerateAsync(appliance, alice, Of(CKA.CKA_TOKEN, true), Of(name, bytes));

            IReadOnlyList<Object> found = await FindAsync(appliance, alice, Of(name, bytes), Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY));
            Assert.IsTrue(found.Contains(first) && found.Contains(second), $"{bytes.Length} bytes");
            Assert.AreNotEqual(first.Id, second.Id);
            Assert.AreSequenceEqual(bytes, Value(first, name));
        }
    }

    [TestMethod]
    public async Task An_object_is_as_large_as_it_may_be_and_grows_no_further_by_any_way()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Object small = await CreateDataAsync(appliance, alice, "x");
        int others = small.Attributes.Sum(attribute => attribute.Value.Length) - 1;
        string longest = new('x', ProtocolLimits.ObjectBytesMax - others);

        Object large = await CreateDataAsync(appliance, alice, longest);
        CopyObjectRequest copy = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = small.Id };
        copy.Template.Add(Of(CKA.CKA_LABEL, longest + "x"));
        SetAttributesRequest set = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = large.Id };
        set.Template.Add(Of(CKA.CKA_LABEL, longest + "x"));

        Assert.AreEqual(large, Assert.ContainsSingle(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, longest))));
        Assert.AreEqual("object.too_large", (await TryCreateDataAsync(appliance, alice, longest + "x")).Reason);
        Assert.AreEqual("object.too_large", (await alice.CallAsync(OperationCode.CopyObject, copy, CopyObjectResponse.Parser)).Reason);
        Assert.AreEqual("object.too_large", (await alice.CallAsync(OperationCode.SetAttributes, set, SetAttributesResponse.Parser)).Reason);
    }

    private static async Task<Object> GenerateAsync(RunningAppliance appliance, Client alice, params Attribute[] template)
    {
        Answer<GenerateKeyPairResponse> made = await TryGenerateAsync(appliance, alice, CKM.CKM_EC_KEY_PAIR_GEN, Curve, template);
        Assert.IsNull(made.Status, made.Reason);
        return made.Message.PrivateKey;
    }

    private static Attribute Mechanisms(params CKM[] mechanisms) =>
        Of(CKA.CKA_ALLOWED_MECHANISMS, (byte[])[.. mechanisms.SelectMany(mechanism => AttributeSet.Bytes((ulong)mechanism))]);
}
