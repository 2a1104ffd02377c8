using System.Security.Cryptography;
using System.Text;
using CodeSign.Client.Tests;
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
    public void Trust_is_refused_for_another_fingerprint_and_nothing_is_written()
    {
        Assert.AreEqual(ExitCode.Untrusted, Csctl.Run("trust", "add", Url, "--fingerprint", new string('0', 64)));
        Assert.Contains(Fingerprint, Csctl.Error, StringComparison.Ordinal);
        Assert.IsFalse(File.Exists(Csctl.ConfigFile));
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
