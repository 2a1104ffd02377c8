using System.Security.Cryptography;
using System.Text;
using CodeSign.Client.Tests;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Cli.Tests;

/// <summary>First trust, grants and passwords.</summary>
[TestClass]
public sealed class TrustAndLoginTests : AgainstPeer
{
    [TestMethod]
    public void Trust_is_given_by_the_CAs_fingerprint()
    {
        Csctl.MustRun("trust", "add", Url, "--fingerprint", Fingerprint.ToLowerInvariant());
        Assert.Contains(Fingerprint, Csctl.Output, StringComparison.Ordinal);
        string text = File.ReadAllText(Csctl.ConfigFile);
        Assert.Contains($"server = localhost:{Server.Port}", text, StringComparison.Ordinal);
        Assert.Contains("ca = client-ca.pem", text, StringComparison.Ordinal);
        Assert.Contains("grant_file = client.grant", text, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Trust_of_a_secondServer_keeps_the_first_and_the_users_own_lines()
    {
        Csctl.MustRun("trust", "add", Url, "--fingerprint", Fingerprint);
        File.AppendAllText(Csctl.ConfigFile, "# mine\nproject = demo\n");
        string text = File.ReadAllText(Csctl.ConfigFile).Replace("server = localhost", "server = other:1, localhost", StringComparison.Ordinal);
        File.WriteAllText(Csctl.ConfigFile, text);
        Csctl.MustRun("trust", "add", Url, "--fingerprint", Fingerprint);
        Assert.AreEqual(text, File.ReadAllText(Csctl.ConfigFile));
    }

    [TestMethod]
    public void Trust_of_another_appliance_is_shown_nothing_that_was_the_first_ones()
    {
        using TestCertificates other = new();
        string bundle = Csctl.Write("bundle.pem", other.AuthorityPem);
        string grant = Csctl.Write(".config/codesign/client.grant", "csg_of_the_other_appliance\n");
        Csctl.Write(".config/codesign/client.conf", $"server = elsewhere\nca = {bundle}\ngrant_file = client.grant\ncertificate = c.pem\nkey = k.pem\nproject = p\n");
        Assert.AreEqual(ExitCode.Usage, Csctl.Run("trust", "add", Url, "--fingerprint", Fingerprint));

        Csctl.MustRun("trust", "add", Url, "--fingerprint", Fingerprint, "--replace");

        string text = File.ReadAllText(Csctl.ConfigFile);
        Assert.Contains($"server = localhost:{Server.Port}", text, StringComparison.Ordinal);
        Assert.DoesNotContain("elsewhere", text, StringComparison.Ordinal);
        Assert.DoesNotContain("= client.grant", text, StringComparison.Ordinal);
        Assert.IsFalse(text.Contains("certificate", StringComparison.Ordinal) || text.Contains("key =", StringComparison.Ordinal)
            || text.Contains("project", StringComparison.Ordinal));
        Assert.AreEqual(other.AuthorityPem, File.ReadAllText(bundle), "Other programs trust it, too.");
        Assert.IsTrue(File.Exists(grant));
        byte[]? shown = null;
        Answers[OperationCode.Hello] = request =>
        {
            shown = request.Secrets.Count > 0 ? request.Secrets[0].ToArray() : null;
            return TestServer.Greet(request);
        };
        Assert.AreEqual(ExitCode.NotAuthenticated, Csctl.Run("tokens"));
        Assert.IsNull(shown);
    }

    [TestMethod]
    public void A_place_where_no_grant_can_be_kept_is_refused_before_one_is_made()
    {
        Configure(withGrant: false);
        bool asked = false;
        Answers[OperationCode.CreateGrant] = request =>
        {
            asked = true;
            return ResponseFrame.Success(request.Correlation, new CreateGrantResponse { Grant = NewGrant() }, "csg_secret"u8);
        };
        string password = Csctl.Write("pw", "open sesame\n");

        Assert.AreEqual(ExitCode.Configuration, Csctl.Run("login", "--user", "alice", "--password-file", password, "--grant-out", "/proc/no/grant"));
        Assert.AreEqual(ExitCode.Configuration, Csctl.Run("login", "--user", "alice", "--password-file", password, "--grant-out", Csctl.InHome(".config")));
        Assert.IsFalse(asked);
    }

    [TestMethod]
    public void Login_leaves_the_configuration_alone_where_the_environment_names_a_grant()
    {
        Configure(withGrant: false);
        string before = File.ReadAllText(Csctl.ConfigFile);
        Csctl.Environment["CODESIGN_GRANT"] = "csg_of_a_build";
        Answers[OperationCode.CreateGrant] = request =>
            ResponseFrame.Success(request.Correlation, new CreateGrantResponse { Grant = NewGrant() }, "csg_secret"u8);
        string password = Csctl.Write("pw", "open sesame\n");

        Csctl.MustRun("login", "--user", "alice", "--password-file", password);

        Assert.AreEqual(before, File.ReadAllText(Csctl.ConfigFile));
        Assert.Contains("CODESIGN_GRANT is set", Csctl.Error, StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_refused_grant_of_the_environment_is_named_as_such()
    {
        Configure();
        Answers[OperationCode.Hello] = request => ResponseFrame.Failure(
            request.Correlation, new WireStatus(CKR.CKR_USER_NOT_LOGGED_IN, "grant.revoked", "The grant is revoked.", "abc123"));

        Assert.AreEqual(ExitCode.NotAuthenticated, Csctl.Run("tokens"));
        Assert.DoesNotContain("CODESIGN_GRANT", Csctl.Error, StringComparison.Ordinal);
        Csctl.Environment["CODESIGN_GRANT"] = "csg_of_a_build";
        Assert.AreEqual(ExitCode.NotAuthenticated, Csctl.Run("tokens"));
        Assert.Contains("from the environment variable CODESIGN_GRANT", Csctl.Error, StringComparison.Ordinal);
        Assert.Contains("abc123", Csctl.Error, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Trust_is_refused_for_another_fingerprint_and_nothing_is_written()
    {
        Assert.AreEqual(ExitCode.Untrusted, Csctl.Run("trust", "add", Url, "--fingerprint", new string('0', 64)));
        Assert.Contains(Fingerprint, Csctl.Error, StringComparison.Ordinal);
        Assert.IsFalse(File.Exists(Csctl.ConfigFile));
    }

    [TestMethod]
    [DataRow("00112233")]
    [DataRow("0000000000000000000000000000000000000000000000000000000000000000a")]
    [DataRow("sha256 Fingerprint=0000000000000000000000000000000000000000000000")]
    public void A_fingerprint_that_is_none_is_no_sign_of_somebody_in_between(string fingerprint)
    {
        Assert.AreEqual(ExitCode.Usage, Csctl.Run("trust", "add", Url, "--fingerprint", fingerprint));
        Assert.Contains("64 hex digits", Csctl.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("between", Csctl.Error, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Trust_is_refused_where_the_shown_CA_did_not_issue_theServers_certificate()
    {
        using TestCertificates other = new();
        Answers[OperationCode.Hello] = request => ResponseFrame.Success(
            request.Correlation, new HelloResponse { Protocol = 1, Authority = ByteString.CopyFrom(other.Authority.RawData) });
        string fingerprint = other.Authority.GetCertHashString(HashAlgorithmName.SHA256);
        Assert.AreEqual(ExitCode.Untrusted, Csctl.Run("trust", "add", Url, "--fingerprint", fingerprint));
        Assert.IsFalse(File.Exists(Csctl.ConfigFile));
    }

    [TestMethod]
    public void Trust_takes_the_CA_from_a_file()
    {
        string file = Csctl.Write("ca.pem", Certificates.AuthorityPem);
        Csctl.MustRun("trust", "add", Url, "--ca", file);
        Assert.AreEqual(ExitCode.Usage, Csctl.Run("trust", "add", Url));
    }

    [TestMethod]
    public void Login_writes_the_grant_for_its_owner_only_and_logout_revokes_it()
    {
        Configure(withGrant: false);
        HelloRequest? hello = null;
        string? password = null;
        Answers[OperationCode.Hello] = request =>
        {
            HelloRequest said = HelloRequest.Parser.ParseFrom(request.Body.Span);
            if (said.Credential == CredentialKind.CredentialPassword)
            {
                hello = said;
                password = Encoding.UTF8.GetString(request.Secrets[0].Span);
            }

            return TestServer.Greet(request);
        };
        string? revoked = null;
        Answers[OperationCode.RevokeGrant] = request =>
        {
            revoked = RevokeGrantRequest.Parser.ParseFrom(request.Body.Span).Id;
            return ResponseFrame.Success(request.Correlation, new RevokeGrantResponse());
        };
        CreateGrantRequest? asked = null;
        Answers[OperationCode.CreateGrant] = request =>
        {
            asked = CreateGrantRequest.Parser.ParseFrom(request.Body.Span);
            return ResponseFrame.Success(request.Correlation, new CreateGrantResponse { Grant = NewGrant() }, "csg_secret"u8);
        };

        string file = Csctl.Write("pw", "open sesame\n");
        Csctl.MustRun("login", "--user", "alice", "--password-file", file, "--machine", "--project", "demo", "--lifetime", "2d");
        Assert.AreEqual("alice", hello!.UserName);
        Assert.AreEqual("open sesame", password);
        Assert.AreEqual("machine", asked!.Scope);
        Assert.AreEqual(2 * 86_400, asked.LifetimeSeconds);
        Assert.AreSequenceEqual(["demo"], asked.Projects);
        string grant = Csctl.InHome(".config/codesign/client.grant");
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(grant));
        Assert.StartsWith("csg_secret\n", File.ReadAllText(grant), StringComparison.Ordinal);
        Assert.DoesNotContain("csg_secret", Csctl.Output + Csctl.Error, StringComparison.Ordinal);

        Csctl.MustRun("tokens");
        Csctl.MustRun("logout");
        Assert.AreEqual("g1", revoked);
        Assert.IsFalse(File.Exists(grant));
        Assert.AreEqual(ExitCode.NotAuthenticated, Csctl.Run("tokens"));
        Assert.Contains("csctl login", Csctl.Error, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Logout_with_a_grant_that_has_ended_says_how_to_delete_its_file()
    {
        Configure(withGrant: false);
        string grant = Csctl.Write(".config/codesign/client.grant", "csg_test\n# grant g1 of alice, until 2026-01-01T00:00:00Z\n");
        Answers[OperationCode.Hello] = request => ResponseFrame.Failure(
            request.Correlation, new WireStatus(CKR.CKR_USER_NOT_LOGGED_IN, "grant.expired", "The grant is expired; run 'csctl login'.", ""));

        Assert.AreEqual(ExitCode.NotAuthenticated, Csctl.Run("logout"));
        Assert.Contains("csctl logout --local", Csctl.Error, StringComparison.Ordinal);
        Csctl.MustRun("logout", "--local");
        Assert.IsFalse(File.Exists(grant));
    }

    [TestMethod]
    public void A_password_isAsked_for_without_echo()
    {
        Configure(withGrant: false);
        Answers[OperationCode.CreateGrant] = request =>
            ResponseFrame.Success(request.Correlation, new CreateGrantResponse { Grant = NewGrant() }, "csg_secret"u8);
        Csctl.Type("alice\nhidden\n");
        Csctl.MustRun("login");
        Assert.Contains("Password of alice", Csctl.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", Csctl.Error + Csctl.Output, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Without_anybody_to_ask_a_password_file_is_wanted()
    {
        Configure(withGrant: false);
        Assert.AreEqual(ExitCode.Usage, Csctl.Run("login", "--user", "alice"));
    }

    [TestMethod]
    public void A_new_password_isAsked_for_twice()
    {
        Configure();
        Csctl.Type("one\ntwo\n");
        Assert.AreEqual(ExitCode.Usage, Csctl.Run("user", "create", "bob"));
        Assert.DoesNotContain(OperationCode.CreateUser, Server.Asked);
    }
}
