using System.Security.Cryptography;
using System.Text.Json;
using CodeSign.Appliance.Governance;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Requests.Tests;

[TestClass]
public sealed class SignTests
{
    private static readonly byte[] Digest = SHA256.HashData("what is signed"u8);

    [TestMethod]
    public async Task A_signature_verifies_and_stands_in_the_record()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;

        byte[] signature = (await alice.SignAsync(Digest)).Message.Signature.ToByteArray();

        using ECDsa key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(appliance.Store.Current.Keys.Values.Single().PublicKey), out int _);
        Assert.IsTrue(key.VerifyHash(Digest, signature));
        JsonElement leaf = LastLeaf(appliance);
        Assert.AreEqual("sign", leaf.GetProperty("event").GetString());
        Assert.AreEqual("alice", leaf.GetProperty("actor").GetString());
        Assert.AreEqual("demo", leaf.GetProperty("project").GetString());
        Assert.AreEqual("p256", leaf.GetProperty("environment").GetString());
        Assert.AreEqual("CKM_ECDSA_SHA256", leaf.GetProperty("mechanism").GetString());
        Assert.AreEqual("sha256", leaf.GetProperty("hash").GetString());
        Assert.AreEqual(Convert.ToHexStringLower(Digest), leaf.GetProperty("digest").GetString());
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(signature)), leaf.GetProperty("signature_sha256").GetString());
        Assert.AreEqual("ok", leaf.GetProperty("outcome").GetString());
    }

    [TestMethod]
    [DataRow(19, false)]
    [DataRow(20, true)]
    [DataRow(64, true)]
    [DataRow(65, false)]
    public async Task Raw_ecdsa_input_of_20_to_64_bytes_is_recorded_as_it_is(int length, bool asItIs)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;
        byte[] data = [.. Enumerable.Range(1, length).Select(i => (byte)i)];

        await alice.SignAsync(data, CKM.CKM_ECDSA);

        JsonElement leaf = LastLeaf(appliance);
        Assert.AreEqual("unknown", leaf.GetProperty("hash").GetString());
        Assert.AreEqual(Convert.ToHexStringLower(asItIs ? data : SHA256.HashData(data)), leaf.GetProperty("digest").GetString());
    }

    [TestMethod]
    public async Task A_canonical_digest_info_tells_its_hash_and_anything_else_does_not()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none", algorithm: "rsa2048");
        await using RunningAppliance _ = appliance;

        await alice.SignAsync(DigestInfo.Encode(HashKind.Sha256, Digest), CKM.CKM_RSA_PKCS);
        JsonElement canonical = LastLeaf(appliance);
        await alice.SignAsync(Digest, CKM.CKM_RSA_PKCS);
        JsonElement bare = LastLeaf(appliance);

        Assert.AreEqual("sha256", canonical.GetProperty("hash").GetString());
        Assert.AreEqual(Convert.ToHexStringLower(Digest), canonical.GetProperty("digest").GetString());
        Assert.AreEqual("unknown", bare.GetProperty("hash").GetString());
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(Digest)), bare.GetProperty("digest").GetString());
    }

    [TestMethod]
    [DataRow("3021300906052b0e03021a05000414", 20)] // SHA-1
    [DataRow("301f300706052b0e03021a0414", 20)] // SHA-1 without NULL
    [DataRow("3020300c06082a864886f70d020505000410", 16)] // MD5
    public async Task A_digest_info_of_a_weak_hash_is_refused_in_every_form(string prefix, int digestBytes)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none", algorithm: "rsa2048");
        await using RunningAppliance _ = appliance;

        Answer<SignResponse> answer = await alice.SignAsync([.. Convert.FromHexString(prefix), .. new byte[digestBytes]], CKM.CKM_RSA_PKCS);

        Assert.AreEqual("policy.hash", answer.Reason);
    }

    [TestMethod]
    public async Task A_refused_signature_is_recorded_with_its_reason()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none", algorithm: "rsa2048");
        await using RunningAppliance _ = appliance;

        Assert.AreEqual("policy.hash", (await alice.SignAsync(new byte[20], CKM.CKM_SHA1_RSA_PKCS)).Reason);

        JsonElement leaf = LastLeaf(appliance);
        Assert.AreEqual("sign.refused", leaf.GetProperty("event").GetString());
        Assert.AreEqual("policy.hash", leaf.GetProperty("reason").GetString());
        Assert.AreEqual("refused", leaf.GetProperty("outcome").GetString());
        Assert.IsFalse(leaf.TryGetProperty("signature_sha256", out JsonElement nothing) && nothing.ValueKind == JsonValueKind.String);
    }

    [TestMethod]
    public async Task The_same_request_again_is_a_repeat_of_the_first()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;
        byte[] id = RandomNumberGenerator.GetBytes(16);

        Assert.AreEqual("ok", (await alice.SignAsync(Digest, requestId: id)).Reason);
        Assert.AreEqual("ok", (await alice.SignAsync(Digest, requestId: id)).Reason);

        JsonElement leaf = LastLeaf(appliance);
        Assert.AreEqual("sign.repeat", leaf.GetProperty("event").GetString());
        Assert.AreEqual(Convert.ToHexStringLower(id), leaf.GetProperty("request").GetString());
    }

    [TestMethod]
    public async Task A_repeat_is_known_after_a_restart()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;
        byte[] id = RandomNumberGenerator.GetBytes(16);
        await alice.SignAsync(Digest, requestId: id);

        await appliance.RestartAsync();
        await alice.SignAsync(Digest, requestId: id);

        Assert.AreEqual("sign.repeat", LastLeaf(appliance).GetProperty("event").GetString());
    }

    [TestMethod]
    public async Task A_request_id_used_for_something_else_is_refused()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;
        byte[] id = RandomNumberGenerator.GetBytes(16);
        await alice.SignAsync(Digest, requestId: id);

        Assert.AreEqual("request.reused", (await alice.SignAsync(SHA256.HashData([]), requestId: id)).Reason);
    }

    [TestMethod]
    public async Task An_input_and_the_digest_of_another_are_told_apart()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await using RunningAppliance _ = appliance;
        byte[] requestId = [.. Enumerable.Repeat((byte)7, 16)];
        byte[] whole = [.. Enumerable.Repeat((byte)9, 100)];
        Assert.AreEqual("ok", (await alice.SignAsync(whole, CKM.CKM_ECDSA, requestId)).Reason);

        Assert.AreEqual("request.reused", (await alice.SignAsync(SHA256.HashData(whole), CKM.CKM_ECDSA, requestId)).Reason);
        Assert.AreEqual("ok", (await alice.SignAsync(whole, CKM.CKM_ECDSA, requestId)).Reason);
        Assert.Contains("\"input_bytes\":100", appliance.Leaves()[^1]);
        await appliance.RestartAsync();
        Client again = alice.Reconnected();
        await again.HelloAsync();
        Assert.AreEqual("request.reused", (await again.SignAsync(SHA256.HashData(whole), CKM.CKM_ECDSA, requestId)).Reason);
        Assert.AreEqual("ok", (await again.SignAsync(whole, CKM.CKM_ECDSA, requestId)).Reason);
        Assert.Contains("\"event\":\"sign.repeat\"", appliance.Leaves()[^1]);
    }

    [TestMethod]
    public async Task The_parameters_of_pss_stand_in_the_record_and_make_another_request()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none", "rsa2048");
        await using RunningAppliance _ = appliance;
        byte[] requestId = [.. Enumerable.Repeat((byte)7, 16)];
        PssParameters Pss(ulong salt) => new() { Hash = (ulong)CKM.CKM_SHA256, Mgf = (ulong)CKG.CKG_MGF1_SHA256, SaltBytes = salt };

        Assert.AreEqual("ok", (await alice.SignAsync(new byte[32], CKM.CKM_RSA_PKCS_PSS, requestId, pss: Pss(32))).Reason);
        Assert.Contains("\"pss\":\"sha256/MGF1-sha256/32\"", appliance.Leaves()[^1]);
        Assert.AreEqual("request.reused", (await alice.SignAsync(new byte[32], CKM.CKM_RSA_PKCS_PSS, requestId, pss: Pss(20))).Reason);
        await appliance.RestartAsync();
        Client again = alice.Reconnected();
        await again.HelloAsync();
        Assert.AreEqual("request.reused", (await again.SignAsync(new byte[32], CKM.CKM_RSA_PKCS_PSS, requestId, pss: Pss(20))).Reason);
        Assert.AreEqual("ok", (await again.SignAsync(new byte[32], CKM.CKM_RSA_PKCS_PSS, requestId, pss: Pss(32))).Reason);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task What_is_switched_off_makes_no_request_and_no_certificate(bool project)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await using RunningAppliance _ = appliance;
        if (project)
        {
            await alice.OkAsync(OperationCode.SetProject, new SetProjectRequest { Name = "demo", Enabled = false }, SetProjectResponse.Parser);
        }
        else
        {
            await alice.OkAsync(
                OperationCode.SetEnvironment, new SetEnvironmentRequest { Project = "demo", Name = "p256", Enabled = false }, SetEnvironmentResponse.Parser);
        }

        string reason = project ? "project.disabled" : "environment.disabled";
        Assert.AreEqual(reason, (await alice.CallAsync(
            OperationCode.CreateCsr, new CreateCsrRequest { Project = "demo", Environment = "p256", Subject = "CN=x" }, CreateCsrResponse.Parser)).Reason);
        Assert.AreEqual(reason, (await alice.CallAsync(
            OperationCode.CreateSelfSigned,
            new CreateSelfSignedRequest { Project = "demo", Environment = "p256", Subject = "CN=x" },
            CreateSelfSignedResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task A_request_sent_twice_at_once_is_one_signature_and_one_repeat()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;
        byte[] id = RandomNumberGenerator.GetBytes(16);
        Client other = await appliance.ConnectAsync("alice");

        await Task.WhenAll(alice.SignAsync(Digest, requestId: id), other.SignAsync(Digest, requestId: id));

        Assert.ContainsSingle(leaf => leaf.Contains("\"event\":\"sign\"", StringComparison.Ordinal), appliance.Leaves());
        Assert.ContainsSingle(leaf => leaf.Contains("\"event\":\"sign.repeat\"", StringComparison.Ordinal), appliance.Leaves());
    }

    [TestMethod]
    public async Task After_ten_minutes_the_id_is_known_and_after_twenty_forgotten()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;
        byte[] id = RandomNumberGenerator.GetBytes(16);
        await alice.SignAsync(Digest, requestId: id);

        appliance.Clock.Advance(TimeSpan.FromMinutes(10));
        await alice.SignAsync(Digest, requestId: id);
        Assert.AreEqual("sign.repeat", LastLeaf(appliance).GetProperty("event").GetString());

        appliance.Clock.Advance(TimeSpan.FromMinutes(10));
        await alice.SignAsync(Digest, requestId: id);
        Assert.AreEqual("sign", LastLeaf(appliance).GetProperty("event").GetString());
    }

    [TestMethod]
    public async Task A_revoked_grant_ends_at_once_on_an_open_connection()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;

        await appliance.Local.OkAsync(OperationCode.RevokeGrant, new RevokeGrantRequest { Id = alice.GrantId }, RevokeGrantResponse.Parser);

        Assert.AreEqual("identity.ended", (await alice.SignAsync(Digest)).Reason);
        Assert.AreEqual("grant.revoked", (await alice.Reconnected().HelloAsync()).Reason);
    }

    [TestMethod]
    public async Task A_grant_for_another_project_does_not_see_this_one()
    {
        (RunningAppliance appliance, Client _) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance __ = appliance;
        await appliance.Local.OkAsync(
            OperationCode.CreateProject, new CreateProjectRequest { Name = "other", Owner = "alice" }, CreateProjectResponse.Parser);
        Client narrow = await appliance.ConnectAsync("alice", "other");

        Assert.AreEqual("project.unknown", (await narrow.SignAsync(Digest)).Reason);
        ListTokensResponse tokens = await narrow.OkAsync(OperationCode.ListTokens, new ListTokensRequest(), ListTokensResponse.Parser);
        Assert.AreEqual("other", tokens.Tokens.Single().Label);
    }

    [TestMethod]
    public async Task A_destroyed_key_signs_no_more_and_its_secret_is_gone()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;
        await alice.SignAsync(Digest);
        DestroyKeyRequest request = new() { Project = "demo", Environment = "p256", Confirm = "demo/p256/2" };

        Assert.AreEqual("key.confirm", (await alice.CallAsync(OperationCode.DestroyKey, request, DestroyKeyResponse.Parser)).Reason);
        request.Confirm = "demo/p256/1";
        await alice.OkAsync(OperationCode.DestroyKey, request, DestroyKeyResponse.Parser);

        Assert.AreEqual("key.not_active", (await alice.SignAsync(Digest)).Reason);
        KeyRecord destroyed = appliance.Store.Current.Keys.Values.Single();
        Assert.AreEqual(KeyState.Destroyed, destroyed.State);
        Assert.Throws<Exception>(() => appliance.Store.OpenSecret(destroyed));
    }

    [TestMethod]
    public async Task A_rotated_key_takes_the_label_and_the_older_one_is_hidden()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;

        await alice.OkAsync(OperationCode.RotateKey, new RotateKeyRequest { Project = "demo", Environment = "p256" }, RotateKeyResponse.Parser);

        Assert.HasCount(1, (await alice.FindAsync(CKO.CKO_PRIVATE_KEY)).Objects);
        string[] labels =
        [
            .. (await alice.FindAsync(CKO.CKO_PRIVATE_KEY, older: true)).Objects
                .Select(found => found.Attributes.Single(a => a.Type == (ulong)CKA.CKA_LABEL).Value.ToStringUtf8()),
        ];
        Assert.AreEqual("p256 p256.1", string.Join(' ', labels));
    }

    [TestMethod]
    public async Task Signatures_and_requests_are_counted_as_they_are()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;
        long requests = appliance.Counters.Requests;

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => alice.SignAsync(Digest)));

        Assert.AreEqual(100L, appliance.Counters.Signatures);
        Assert.AreEqual(requests + 100, appliance.Counters.Requests);
    }

    [TestMethod]
    public async Task A_request_for_a_certificate_is_a_use_of_the_key_on_record()
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;

        CreateCsrResponse csr = await alice.OkAsync(
            OperationCode.CreateCsr, new CreateCsrRequest { Project = "demo", Environment = "p256", Subject = "CN=Test" }, CreateCsrResponse.Parser);

        System.Security.Cryptography.X509Certificates.CertificateRequest.LoadSigningRequest(
            csr.Csr.ToByteArray(), HashAlgorithmName.SHA256); // throws where its signature is wrong
        JsonElement leaf = LastLeaf(appliance);
        Assert.AreEqual("csr.create", leaf.GetProperty("event").GetString());
        Assert.AreEqual("sha256", leaf.GetProperty("hash").GetString());
        Assert.AreEqual(64, leaf.GetProperty("digest").GetString()?.Length);
        Assert.AreEqual(64, leaf.GetProperty("signature_sha256").GetString()?.Length);
    }

    [TestMethod]
    [DataRow(31)]
    [DataRow(33)]
    public async Task A_digest_of_another_length_is_refused(int length)
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin: "none");
        await using RunningAppliance _ = appliance;

        Assert.AreEqual("data.length", (await alice.SignAsync(new byte[length])).Reason);
    }

    private static JsonElement LastLeaf(RunningAppliance appliance) => JsonDocument.Parse(appliance.Leaves()[^1]).RootElement;
}
