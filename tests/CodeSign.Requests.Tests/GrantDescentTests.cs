using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSign.Appliance.Requests.Operations.People;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Requests.Tests;

/// <summary>What becomes of grants when the credential they were made with ends.</summary>
[TestClass]
public sealed class GrantDescentTests
{
    private const string Password = "twelve bytes or more";

    [TestMethod]
    public async Task A_grant_can_be_revoked_with_all_that_was_made_with_it()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await using RunningAppliance _ = appliance;
        Client child = await MakeAsync(appliance, alice);
        Client grandchild = await MakeAsync(appliance, child);
        Client other = await appliance.ConnectAsync("alice");

        RevokeGrantResponse told = await RevokeAsync(other, alice.GrantId, withMade: false);
        Assert.AreSequenceEqual([child.GrantId, grandchild.GrantId], told.Remaining);
        Assert.AreEqual("identity.ended", (await SignAsync(alice)).Reason);
        Assert.AreEqual("ok", (await SignAsync(grandchild)).Reason);

        RevokeGrantResponse ended = await RevokeAsync(other, alice.GrantId, withMade: true);
        Assert.IsEmpty(ended.Remaining);
        Assert.AreEqual(3u, ended.Revoked);
        Assert.AreEqual("identity.ended", (await SignAsync(child)).Reason);
        Assert.AreEqual("identity.ended", (await SignAsync(grandchild)).Reason);
        Assert.AreEqual("ok", (await SignAsync(other)).Reason);
        Assert.ContainsSingle(appliance.Leaves().Where(leaf => leaf.Contains(grandchild.GrantId, StringComparison.Ordinal)
            && leaf.Contains("\"event\":\"grant.revoke\"", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task What_a_forgotten_grant_has_made_is_still_known_to_its_maker()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await using RunningAppliance _ = appliance;
        Client between = await MakeAsync(appliance, alice);
        Client last = await MakeAsync(appliance, between);
        await RevokeAsync(alice, between.GrantId, withMade: false);
        CreateGrantRequest brief = new() { LifetimeSeconds = 1 };
        for (int i = 0; i <= GrantOperations.EndedMax + 1; i++)
        {
            await alice.OkAsync(OperationCode.CreateGrant, brief, CreateGrantResponse.Parser);
            appliance.Clock.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.IsFalse(appliance.Store.Current.Grants.ContainsKey(between.GrantId), "It is forgotten.");
        await RevokeAsync(await appliance.ConnectAsync("alice"), alice.GrantId, withMade: true);
        Assert.AreEqual("identity.ended", (await SignAsync(last)).Reason);
    }

    [TestMethod]
    public async Task Grants_made_with_a_grant_leave_room_for_those_who_come_otherwise()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await using RunningAppliance _ = appliance;
        for (int i = 0; i < GrantOperations.MadeWithGrantsMax; i++)
        {
            await alice.OkAsync(OperationCode.CreateGrant, new CreateGrantRequest(), CreateGrantResponse.Parser);
        }

        Answer<CreateGrantResponse> more = await alice.CallAsync(OperationCode.CreateGrant, new CreateGrantRequest(), CreateGrantResponse.Parser);
        Assert.AreEqual("grant.too_many", more.Reason);
        await appliance.Local.OkAsync(OperationCode.CreateGrant, new CreateGrantRequest { User = "alice" }, CreateGrantResponse.Parser);
    }

    [TestMethod]
    public async Task A_new_password_tells_of_the_grants_made_with_the_old_one_and_can_end_them()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await using RunningAppliance _ = appliance;
        await SetAsync(appliance.Local, "alice", endGrants: false);
        Client byPassword = appliance.Anonymous();
        Assert.AreEqual("ok", (await byPassword.HelloAsync("alice", Password)).Reason);
        Client child = await MakeAsync(appliance, byPassword);

        SetPasswordResponse told = await SetAsync(appliance.Local, "alice", endGrants: false);
        Assert.AreSequenceEqual([child.GrantId], told.Remaining);
        Assert.AreEqual("ok", (await SignAsync(child)).Reason);

        SetPasswordResponse ended = await SetAsync(appliance.Local, "alice", endGrants: true);
        Assert.AreEqual(1u, ended.Revoked);
        Assert.AreEqual("identity.ended", (await SignAsync(child)).Reason);
        Assert.AreEqual("ok", (await SignAsync(alice)).Reason, "Not made with the password.");
    }

    [TestMethod]
    public async Task Recovery_tells_of_the_grants_made_with_the_old_password_and_can_end_them()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await using RunningAppliance _ = appliance;
        RecoverAdministratorRequest request = new() { Name = "alice", Create = true };
        await RecoverAsync(appliance, request);
        Client byPassword = appliance.Anonymous();
        Assert.AreEqual("ok", (await byPassword.HelloAsync("alice", Password)).Reason);
        Client child = await MakeAsync(appliance, byPassword);

        request.Create = false;
        Assert.AreSequenceEqual([child.GrantId], (await RecoverAsync(appliance, request)).Remaining);
        Assert.AreEqual("ok", (await SignAsync(child)).Reason);

        request.EndGrants = true;
        RecoverAdministratorResponse ended = await RecoverAsync(appliance, request);
        Assert.AreEqual(1u, ended.Revoked);
        Assert.IsEmpty(ended.Remaining);
        Assert.AreEqual("identity.ended", (await SignAsync(child)).Reason);
        Assert.AreEqual("ok", (await SignAsync(alice)).Reason, "Not made with the password.");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_removed_certificate_tells_of_the_grants_made_with_it_or_ends_them(bool endGrants)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await using RunningAppliance _ = appliance;
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=alice", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        string id = (await appliance.Local.OkAsync(
            OperationCode.AddClientCertificate,
            new AddClientCertificateRequest { User = "alice", Certificate = ByteString.CopyFrom(certificate.RawData) },
            AddClientCertificateResponse.Parser)).Certificate.SpkiSha256;
        Client byCertificate = appliance.Anonymous(certificateId: id);
        Assert.AreEqual("ok", (await byCertificate.HelloAsync()).Reason);
        Client child = await MakeAsync(appliance, byCertificate);

        RemoveClientCertificateResponse told = await appliance.Local.OkAsync(
            OperationCode.RemoveClientCertificate,
            new RemoveClientCertificateRequest { SpkiSha256 = id, EndGrants = endGrants },
            RemoveClientCertificateResponse.Parser);

        Assert.AreEqual(endGrants ? 1u : 0u, told.Revoked);
        Assert.AreSequenceEqual(endGrants ? [] : [child.GrantId], told.Remaining);
        Assert.AreEqual(endGrants ? "identity.ended" : "ok", (await SignAsync(child)).Reason);
        Assert.AreEqual("ok", (await SignAsync(alice)).Reason, "Not made with the certificate.");
    }

    [TestMethod]
    public async Task A_password_proved_before_an_administrator_reset_it_sets_no_new_one()
    {
        await using RunningAppliance appliance = RunningAppliance.Create();
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "alice" }, CreateUserResponse.Parser, Password);
        Client[] thieves = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            Client thief = appliance.Anonymous();
            await thief.HelloAsync("alice", Password);
            return thief;
        }));

        // All prove the old password at the same time; one of them is first, and the others prove what isn't true any more.
        Answer<SetPasswordResponse>[] answers = await Task.WhenAll(thieves.Select((thief, i) => thief.CallAsync(
            OperationCode.SetPassword, new SetPasswordRequest(), SetPasswordResponse.Parser,
            System.Text.Encoding.UTF8.GetBytes($"a new password {i}"), System.Text.Encoding.UTF8.GetBytes(Password))));

        Assert.ContainsSingle(answers.Where(answer => answer.Reason == "ok"));
        Assert.IsTrue(Array.TrueForAll(answers, answer => answer.Reason is "ok" or "password.changed" or "password.incorrect" or "identity.ended"));
    }

    private static async Task<Client> MakeAsync(RunningAppliance appliance, Client maker)
    {
        Answer<CreateGrantResponse> made = await maker.CallAsync(OperationCode.CreateGrant, new CreateGrantRequest(), CreateGrantResponse.Parser);
        Client client = appliance.Anonymous();
        client.Grant = made.Secret;
        client.GrantId = made.Message.Grant.Id;
        Assert.AreEqual("ok", (await client.HelloAsync()).Reason);
        return client;
    }

    private static Task<RevokeGrantResponse> RevokeAsync(Client client, string id, bool withMade) => client.OkAsync(
        OperationCode.RevokeGrant, new RevokeGrantRequest { Id = id, WithMade = withMade }, RevokeGrantResponse.Parser);

    private static Task<SetPasswordResponse> SetAsync(Client client, string name, bool endGrants) => client.OkAsync(
        OperationCode.SetPassword, new SetPasswordRequest { Name = name, EndGrants = endGrants }, SetPasswordResponse.Parser, Password);

    private static Task<RecoverAdministratorResponse> RecoverAsync(RunningAppliance appliance, RecoverAdministratorRequest request) =>
        appliance.Local.OkAsync(OperationCode.RecoverAdministrator, request, RecoverAdministratorResponse.Parser, Password);

    private static Task<Answer<SignResponse>> SignAsync(Client client) => client.SignAsync(new byte[32], CKM.CKM_ECDSA_SHA256);
}
