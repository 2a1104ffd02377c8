using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>Searches that take several pages.</summary>
[TestClass]
public sealed class FindPageTests
{
    [TestMethod]
    public async Task What_comes_and_goes_between_two_pages_moves_nothing_else()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        List<Object> all = [];
        for (int i = 0; i < 30; i++)
        {
            CreateObjectRequest create = new() { ProjectId = appliance.ProjectId("demo") };
            create.Template.AddRange(
                [Of(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA), Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_LABEL, "large"), Of(CKA.CKA_VALUE, new byte[60_000])]);
            all.Add((await alice.OkAsync(OperationCode.CreateObject, create, CreateObjectResponse.Parser)).Object);
        }

        FindObjectsRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.Add(Of(CKA.CKA_LABEL, "large"));
        List<Object> found = [];
        int pages = 0;
        do
        {
            FindObjectsResponse page = await alice.OkAsync(OperationCode.FindObjects, request, FindObjectsResponse.Parser);
            found.AddRange(page.Objects);
            request.Page = page.NextPage;
            pages++;

            // The first and the last of what was shown: those after it must not move up.
            await DestroyAsync(appliance, alice, page.Objects[0]);
            await DestroyAsync(appliance, alice, page.Objects[^1]);
        }
        while (!request.Page.IsEmpty);

        Assert.IsGreaterThan(2, pages);
        Assert.HasCount(all.Count, found);
        Assert.HasCount(all.Count, found.Select(made => made.Id).ToHashSet());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_search_goes_on_after_any_object_of_an_environment(bool older)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        foreach (string name in (string[])["a", "z"])
        {
            await alice.OkAsync(
                OperationCode.CreateEnvironment,
                new CreateEnvironmentRequest { Project = "demo", Name = name, Algorithm = "p256", SelfSignedSubject = "CN=Test" },
                CreateEnvironmentResponse.Parser);
            await alice.OkAsync(OperationCode.RotateKey, new RotateKeyRequest { Project = "demo", Environment = name }, RotateKeyResponse.Parser);
        }

        Snapshot snapshot = appliance.Store.Current;
        string owner = snapshot.FindIdentity("alice")!.Id;
        (FindCursor At, Object Object)[] All(FindCursor after) =>
            [.. TokenObjects.Of(snapshot, snapshot.FindProject("demo")!, owner, includePrivate: true, older, after)];

        (FindCursor At, Object Object)[] all = All(FindCursor.Start);
        Assert.HasCount(older ? 3 + (2 * 5) : 3 + (2 * 2), all);
        for (int i = 0; i < all.Length; i++)
        {
            FindCursor at = FindCursor.Read(all[i].At.ToPage());
            Assert.AreEqual(all[i].At, at);
            Assert.AreSequenceEqual(all[(i + 1)..].Select(found => found.Object.Id).ToArray(), All(at).Select(found => found.Object.Id).ToArray());
        }
    }

    [TestMethod]
    [DataRow("00000007")]
    [DataRow("040000000000")]
    [DataRow("ff0000000000")]
    public async Task A_page_that_no_search_gave_is_refused(string page)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        FindObjectsRequest request = new() { ProjectId = appliance.ProjectId("demo"), Page = ByteString.CopyFrom(Convert.FromHexString(page)) };

        Assert.AreEqual("page.malformed", (await alice.CallAsync(OperationCode.FindObjects, request, FindObjectsResponse.Parser)).Reason);
        request.Page = ByteString.CopyFrom([0, .. new byte[5], .. new byte[300]]);
        Assert.AreEqual("page.malformed", (await alice.CallAsync(OperationCode.FindObjects, request, FindObjectsResponse.Parser)).Reason);
        request.Page = ByteString.CopyFrom([0, 0x80, 0, 0, 0, 255, 0xff, 0xfe]);
        Assert.IsNull((await alice.CallAsync(OperationCode.FindObjects, request, FindObjectsResponse.Parser)).Status, "Whoever makes pages up gets some page.");
    }
}
