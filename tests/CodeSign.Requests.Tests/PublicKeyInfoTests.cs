using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Attribute = CodeSign.Wire.V1.Attribute;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>CKA_PUBLIC_KEY_INFO is what the key says, whatever an application says of it (PKCS#11 v3.2 section 4.7.1).</summary>
[TestClass]
public sealed class PublicKeyInfoTests
{
    private static readonly byte[] Strange = StrangeInfo();

    [TestMethod]
    [DataRow("rsa")]
    [DataRow("ec")]
    public async Task A_private_key_tells_its_own(string kind)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.ObjectImport = true);
        (CreateObjectRequest request, byte[] secrets, byte[] publicKey, CKM _) = Import(appliance, kind);
        request.Template.Add(Of(CKA.CKA_PUBLIC_KEY_INFO, Strange));

        AssertRefused(await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser, secrets));
        request.Template[^1] = Of(CKA.CKA_PUBLIC_KEY_INFO, publicKey);
        Object key = (await alice.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser, secrets)).Object;
        Assert.AreSequenceEqual(publicKey, Value(key, CKA.CKA_PUBLIC_KEY_INFO));

        SetAttributesRequest set = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id };
        set.Template.Add(Of(CKA.CKA_PUBLIC_KEY_INFO, Strange));
        AssertRefused(await alice.CallAsync(OperationCode.SetAttributes, set, SetAttributesResponse.Parser));
        CopyObjectRequest copy = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id };
        copy.Template.Add(Of(CKA.CKA_PUBLIC_KEY_INFO, Strange));
        AssertRefused(await alice.CallAsync(OperationCode.CopyObject, copy, CopyObjectResponse.Parser));
        set.Template[0] = Of(CKA.CKA_PUBLIC_KEY_INFO, publicKey);
        await alice.OkAsync(OperationCode.SetAttributes, set, SetAttributesResponse.Parser);
    }

    [TestMethod]
    [DataRow("rsa", false)]
    [DataRow("ec", false)]
    [DataRow("ec", true)]
    [DataRow("named", false)]
    public async Task A_public_key_tells_its_own(string kind, bool bare)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        (Attribute[] numbers, byte[] publicKey) = PublicKey(kind, bare);
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.AddRange([Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), Of(CKA.CKA_TOKEN, true), .. numbers]);

        Object made = (await alice.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser)).Object;
        Assert.AreSequenceEqual(publicKey, Value(made, CKA.CKA_PUBLIC_KEY_INFO));

        request.Template.Add(Of(CKA.CKA_PUBLIC_KEY_INFO, publicKey));
        await alice.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser);
        request.Template[^1] = Of(CKA.CKA_PUBLIC_KEY_INFO, Strange);
        AssertRefused(await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser));
    }

    [TestMethod]
    public async Task Numbers_that_are_none_tell_nothing()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.AddRange(
        [
            Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_RSA), Of(CKA.CKA_TOKEN, true),
            Of(CKA.CKA_MODULUS, new byte[1]), Of(CKA.CKA_PUBLIC_EXPONENT, new byte[1]),
        ]);

        Assert.AreNotEqual("internal", (await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser)).Reason);
        request.Template.Add(Of(CKA.CKA_PUBLIC_KEY_INFO, Strange));
        AssertRefused(await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser));
    }

    [TestMethod]
    public async Task A_certificate_tells_its_own()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=Test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.AddRange(
        [
            Of(CKA.CKA_CLASS, (ulong)CKO.CKO_CERTIFICATE), Of(CKA.CKA_CERTIFICATE_TYPE, (ulong)CKC.CKC_X_509), Of(CKA.CKA_TOKEN, true),
            Of(CKA.CKA_SUBJECT, certificate.SubjectName.RawData), Of(CKA.CKA_VALUE, certificate.RawData), Of(CKA.CKA_PUBLIC_KEY_INFO, Strange),
        ]);

        AssertRefused(await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser));
        request.Template[^1] = Of(CKA.CKA_PUBLIC_KEY_INFO, key.ExportSubjectPublicKeyInfo());
        await alice.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_key_that_isnt_made_yet_has_none(bool inPublic)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        Attribute[] given = [Of(CKA.CKA_PUBLIC_KEY_INFO, Strange)];

        AssertRefused(await TryGenerateAsync(
            appliance,
            alice,
            CKM.CKM_EC_KEY_PAIR_GEN,
            [Of(CKA.CKA_EC_PARAMS, P256), .. inPublic ? given : []],
            [Of(CKA.CKA_TOKEN, true), .. inPublic ? [] : given]));
    }

    private static void AssertRefused<T>(Answer<T> answer) =>
        Assert.AreEqual((CKR.CKR_ATTRIBUTE_VALUE_INVALID, "attribute.public_key_info"), (answer.Status!.Ckr, answer.Reason));

    private static (Attribute[] Numbers, byte[] PublicKey) PublicKey(string kind, bool bare)
    {
        if (kind is "rsa")
        {
            using RSA rsa = RSA.Create(2048);
            RSAParameters numbers = rsa.ExportParameters(includePrivateParameters: false);
            return (
                [Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_RSA), Of(CKA.CKA_MODULUS, numbers.Modulus), Of(CKA.CKA_PUBLIC_EXPONENT, numbers.Exponent)],
                rsa.ExportSubjectPublicKeyInfo());
        }

        using ECDsa ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ECPoint q = ec.ExportParameters(includePrivateParameters: false).Q;
        AsnWriter point = new(AsnEncodingRules.DER);
        point.WriteOctetString([4, .. q.X!, .. q.Y!]);
        AsnWriter name = new(AsnEncodingRules.DER);
        name.WriteCharacterString(UniversalTagNumber.PrintableString, KeyAlgorithm.Find("p256")!.CurveName!);
        return (
            [
                Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_EC),
                Of(CKA.CKA_EC_PARAMS, kind is "named" ? name.Encode() : P256),
                Of(CKA.CKA_EC_POINT, bare ? [4, .. q.X!, .. q.Y!] : point.Encode()),
            ],
            ec.ExportSubjectPublicKeyInfo());
    }

    private static byte[] StrangeInfo()
    {
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return other.ExportSubjectPublicKeyInfo();
    }
}
