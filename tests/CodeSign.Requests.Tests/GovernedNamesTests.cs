using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Attribute = CodeSign.Wire.V1.Attribute;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>What applications make isn't found in the place of an environment's key, nor beside it. The environment of the tests is called p256.</summary>
[TestClass]
public sealed class GovernedNamesTests
{
    [TestMethod]
    [DataRow("p256", "object.label_taken")]
    [DataRow("p256.1", "object.label_taken")]
    [DataRow("p256.12", "object.label_taken")]
    [DataRow("p256.", "ok")]
    [DataRow("p256.x", "ok")]
    [DataRow("P256", "ok")]
    [DataRow("", "ok")]
    public async Task A_key_takes_no_label_of_an_environment(string label, string reason)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;

        Answer<GenerateKeyPairResponse> answer = await GenerateAsync(appliance, alice, Of(CKA.CKA_LABEL, label));

        Assert.AreEqual(reason, answer.Reason);
        Assert.AreEqual(reason is "ok" ? CKR.CKR_OK : CKR.CKR_ATTRIBUTE_VALUE_INVALID, answer.Status?.Ckr ?? CKR.CKR_OK);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Nor_its_id_and_not_by_a_change_or_copy(bool byId)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        byte[] id = Convert.FromHexString(appliance.Store.Current.Keys.Values.Single().CkaId);
        Attribute taken = byId ? Of(CKA.CKA_ID, id) : Of(CKA.CKA_LABEL, "p256");
        string reason = byId ? "object.id_taken" : "object.label_taken";
        Object key = (await GenerateAsync(appliance, alice, Of(CKA.CKA_LABEL, "mine"))).Message.PrivateKey;

        Assert.AreEqual(reason, (await GenerateAsync(appliance, alice, taken)).Reason);
        SetAttributesRequest set = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id };
        set.Template.Add(taken);
        Assert.AreEqual(reason, (await alice.CallAsync(OperationCode.SetAttributes, set, SetAttributesResponse.Parser)).Reason);
        CopyObjectRequest copy = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id };
        copy.Template.Add(taken);
        Assert.AreEqual(reason, (await alice.CallAsync(OperationCode.CopyObject, copy, CopyObjectResponse.Parser)).Reason);
        Assert.AreEqual(key, Assert.ContainsSingle(await FindAsync(appliance, alice, Of(CKA.CKA_LABEL, "mine"))));
    }

    [TestMethod]
    public async Task A_certificate_neither_and_data_as_it_likes()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using System.Security.Cryptography.X509Certificates.X509Certificate2 certificate =
            new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=Test", key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.AddRange(
        [
            Of(CKA.CKA_CLASS, (ulong)CKO.CKO_CERTIFICATE), Of(CKA.CKA_CERTIFICATE_TYPE, (ulong)CKC.CKC_X_509), Of(CKA.CKA_TOKEN, true),
            Of(CKA.CKA_SUBJECT, certificate.SubjectName.RawData), Of(CKA.CKA_VALUE, certificate.RawData), Of(CKA.CKA_LABEL, "p256"),
        ]);

        Assert.AreEqual("object.label_taken", (await alice.CallAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser)).Reason);
        Assert.IsNull((await TryCreateDataAsync(appliance, alice, "p256")).Status, "No tool takes data for a key.");
    }

    [TestMethod]
    [DataRow("mine", "environment.label_taken")]
    [DataRow("mine.7", "ok")]
    [DataRow("other", "environment.label_taken")]
    public async Task An_environment_takes_no_label_of_an_applications_key(string name, string reason)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await GenerateAsync(appliance, alice, Of(CKA.CKA_LABEL, "mine"));
        await GenerateAsync(appliance, alice, Of(CKA.CKA_LABEL, "other.3"));

        CreateEnvironmentRequest request = new() { Project = "demo", Name = name, Algorithm = "p256" };
        Assert.AreEqual(reason, (await alice.CallAsync(OperationCode.CreateEnvironment, request, CreateEnvironmentResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task An_environment_takes_no_key_that_an_applications_own_has_the_id_of()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] id = CodeSign.Appliance.Keys.PublicKeyFacts.FromSpki(key.ExportSubjectPublicKeyInfo()).CkaId;
        await GenerateAsync(appliance, alice, Of(CKA.CKA_ID, id));

        CreateEnvironmentRequest request = new() { Project = "demo", Name = "later", Import = true };
        Answer<CreateEnvironmentResponse> answer = await alice.CallAsync(
            OperationCode.CreateEnvironment, request, CreateEnvironmentResponse.Parser, key.ExportPkcs8PrivateKey());

        Assert.AreEqual("key.id_taken", answer.Reason);
    }

    private static Task<Answer<GenerateKeyPairResponse>> GenerateAsync(RunningAppliance appliance, Client client, Attribute named) => TryGenerateAsync(
        appliance, client, CKM.CKM_EC_KEY_PAIR_GEN, [Of(CKA.CKA_EC_PARAMS, P256)], [Of(CKA.CKA_TOKEN, true), named]);
}
