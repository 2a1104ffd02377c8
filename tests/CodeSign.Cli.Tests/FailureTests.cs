using System.Text;
using System.Text.Json;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Cli.Tests;

/// <summary>What goes wrong half-way, or on this machine.</summary>
[TestClass]
public sealed class FailureTests : AgainstPeer
{
    [TestMethod]
    public void A_list_that_breaks_off_prints_nothing_of_it()
    {
        Configure();
        Answers[OperationCode.ListUsers] = request => ListUsersRequest.Parser.ParseFrom(request.Body.Span).After.Length == 0
            ? ResponseFrame.Success(request.Correlation, new ListUsersResponse { Users = { new User { Name = "alice" } }, Next = "alice" })
            : ResponseFrame.Failure(request.Correlation, new WireStatus(CKR.CKR_FUNCTION_REJECTED, "role.missing", "Not any more.", ""));

        Assert.AreEqual(ExitCode.Refused, Csctl.Run("user", "list", "--output", "json"));

        Assert.AreEqual("", Csctl.Output);
        Assert.AreEqual("role.missing", JsonDocument.Parse(Csctl.Error).RootElement.GetProperty("reason").GetString());
    }

    [TestMethod]
    public void A_value_that_cannot_be_shown_leaves_no_half_JSON()
    {
        Configure();
        Answers[OperationCode.ListUsers] = request => ResponseFrame.Success(
            request.Correlation, new ListUsersResponse { Users = { new User { Name = "alice", CreatedUnixMs = long.MaxValue } } });

        Assert.AreEqual(ExitCode.Internal, Csctl.Run("user", "list", "--output", "json"));

        Assert.AreEqual("", Csctl.Output);
    }

    [TestMethod]
    public void A_name_of_two_lines_is_shown_in_one()
    {
        Configure();
        Answers[OperationCode.ListUsers] = request => ResponseFrame.Success(
            request.Correlation, new ListUsersResponse { Users = { new User { Name = "alice\nroot" } } });
        Csctl.MustRun("user", "list", "-q");
        Assert.HasCount(1, Csctl.Output.Trim().Split('\n'));
    }

    [TestMethod]
    public void Objects_that_never_end_are_left()
    {
        Configure();
        int pages = 0;
        Answers[OperationCode.ListTokens] = request => ResponseFrame.Success(
            request.Correlation, new ListTokensResponse { Tokens = { new TokenDescription { Label = "demo", ProjectId = "00" } } });
        Answers[OperationCode.FindObjects] = request =>
        {
            pages++;
            return ResponseFrame.Success(request.Correlation, new FindObjectsResponse { NextPage = ByteString.CopyFrom(1) });
        };

        Assert.AreEqual(ExitCode.Untrusted, Csctl.Run("objects"));

        Assert.AreEqual(Client.Pages.PagesMax, pages);
    }

    [TestMethod]
    public void A_file_that_cannot_be_used_has_its_exit_code_and_no_stack()
    {
        Configure();
        File.Delete(Csctl.ConfigFile);
        Directory.CreateDirectory(Csctl.ConfigFile);
        Assert.AreEqual(ExitCode.Configuration, Csctl.Run("trust", "add", Url, "--fingerprint", Fingerprint));
        Assert.DoesNotContain(" at CodeSign", Csctl.Error, StringComparison.Ordinal);
        Assert.AreEqual(ExitCode.Configuration, Csctl.Run("trust", "add", Url, "--fingerprint", Fingerprint, "--config", "/"));

        // A folder in the place of the CA's file.
        Directory.Delete(Csctl.ConfigFile);
        string authority = Csctl.InHome(".config/codesign/client-ca.pem");
        File.Delete(authority);
        Directory.CreateDirectory(authority);
        Assert.AreEqual(ExitCode.Configuration, Csctl.Run("trust", "add", Url, "--fingerprint", Fingerprint));
        Assert.DoesNotContain(" at CodeSign", Csctl.Error, StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_secret_from_standard_input_leaves_what_follows_its_line()
    {
        Configure();
        string[] secrets = [];
        Answers[OperationCode.SetPassword] = request =>
        {
            secrets = [.. request.Secrets.Select(secret => Encoding.UTF8.GetString(secret.Span))];
            return ResponseFrame.Success(request.Correlation, new SetPasswordResponse());
        };
        Csctl.StandardInput = "the old one\r\nthe new one\n";

        Csctl.MustRun("user", "password", "--old-password-file", "-", "--password-file", "-");

        Assert.AreSequenceEqual(["the old one", "the new one"], secrets.Order(StringComparer.Ordinal).Reverse().ToArray());
    }

    [TestMethod]
    [DataRow(63, false)]
    [DataRow(64, true)]
    [DataRow(65, false)]
    public void A_signature_of_another_length_than_the_keys_is_none(int length, bool isGood)
    {
        Configure();
        AnswerSigning(CKK.CKK_EC, new byte[length]);
        KeyAttributes[CKA.CKA_EC_PARAMS] = Convert.FromHexString("06082A8648CE3D030107");
        ExitCode code = Csctl.Run("sign", "-e", "demo/key", Csctl.Write("data", "x"), "--format", "der", "--out", Csctl.InHome("sig"));

        Assert.AreEqual(isGood ? ExitCode.Ok : ExitCode.Untrusted, code, Csctl.Error);
        Assert.AreEqual(isGood, File.Exists(Csctl.InHome("sig")));
    }

    [TestMethod]
    public void A_rotated_key_without_certificate_is_told_with_what_to_do()
    {
        Configure();
        Wire.V1.Environment environment = new() { Project = "my demo", Name = "key", Keys = { new Key { Id = "k2", Current = true, State = "active" } } };
        Answers[OperationCode.RotateKey] = request =>
            ResponseFrame.Success(request.Correlation, new RotateKeyResponse { Environment = environment });
        Csctl.MustRun("key", "rotate", "my demo/key");
        Assert.Contains("no certificate", Csctl.Error, StringComparison.Ordinal);
        foreach (string command in (string[])
        [
            "csctl csr 'my demo/key' --subject 'CN=…' --out request.csr",
            "csctl certificate import 'my demo/key' issued.pem",
            "csctl certificate self-sign 'my demo/key' --subject 'CN=…'",
        ])
        {
            Assert.Contains("    " + command + "\n", Csctl.Error, StringComparison.Ordinal);
        }

        environment.Keys[0].Chain.Add(ByteString.CopyFrom(1));
        Csctl.MustRun("key", "rotate", "my demo/key", "--self-signed", "CN=Example");
        Assert.DoesNotContain("no certificate", Csctl.Error, StringComparison.Ordinal);
    }
}
