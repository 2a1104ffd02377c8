using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Cli.Tests;

/// <summary>What is asked of the appliance, what is printed, how it ends.</summary>
[TestClass]
public sealed class CommandTests : AgainstPeer
{
    [TestMethod]
    public void JSON_of_tokens_is_stable()
    {
        Configure();
        Answers[OperationCode.ListTokens] = request => ResponseFrame.Success(request.Correlation, new ListTokensResponse { Tokens = { Token() } });
        Csctl.MustRun("tokens", "--output", "json");
        Assert.AreEqual(
            """
            [
              {
                "label": "my demo",
                "serial": "00112233445566aa",
                "slot_id": 7,
                "login_required": true,
                "any_pin": false,
                "user_pin": "ok",
                "so_pin": "none",
                "roles": [
                  "KeyUser"
                ],
                "uri": "pkcs11:token=my%20demo"
              }
            ]

            """,
            Csctl.Output);
    }

    [TestMethod]
    public void A_table_has_a_line_per_row_and_quiet_only_names()
    {
        Configure();
        Answers[OperationCode.ListTokens] = request => ResponseFrame.Success(request.Correlation, new ListTokensResponse { Tokens = { Token() } });
        Csctl.MustRun("tokens");
        string[] lines = Csctl.Output.Trim().Split('\n');
        Assert.HasCount(2, lines);
        Assert.StartsWith("LABEL", lines[0], StringComparison.Ordinal);
        Csctl.MustRun("tokens", "-q");
        Assert.AreEqual("my demo\n", Csctl.Output);
    }

    [TestMethod]
    public void What_could_steer_a_terminal_is_not_printed()
    {
        Configure();
        Answers[OperationCode.ListTokens] = request => ResponseFrame.Success(
            request.Correlation, new ListTokensResponse { Tokens = { new TokenDescription { Label = "a\u001b[2Jb" } } });
        Csctl.MustRun("tokens", "-q");
        Assert.DoesNotContain("\u001b", Csctl.Output, StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow(CKR.CKR_FUNCTION_REJECTED, "role.missing", ExitCode.Refused)]
    [DataRow(CKR.CKR_ARGUMENTS_BAD, "user.unknown", ExitCode.NotFound)]
    [DataRow(CKR.CKR_USER_NOT_LOGGED_IN, "grant.revoked", ExitCode.NotAuthenticated)]
    [DataRow(CKR.CKR_PIN_LOCKED, "pin.locked", ExitCode.NotAuthenticated)]
    public void A_refusal_has_its_exit_code_its_sentence_and_its_JSON(CKR status, string reason, object code)
    {
        Configure();
        Answers[OperationCode.ListUsers] = request =>
            ResponseFrame.Failure(request.Correlation, new WireStatus(status, reason, "It can't be.", "abc123"));
        Assert.AreEqual((ExitCode)code, Csctl.Run("user", "list"));
        Assert.Contains("It can't be. (appliance log: abc123)", Csctl.Error, StringComparison.Ordinal);
        Csctl.Run("user", "list", "-o", "json");
        JsonElement error = JsonDocument.Parse(Csctl.Error).RootElement;
        Assert.AreEqual(reason, error.GetProperty("reason").GetString());
        Assert.AreEqual((int)(ExitCode)code, error.GetProperty("exit_code").GetInt32());
        Assert.AreEqual("abc123", error.GetProperty("correlation_id").GetString());
    }

    [TestMethod]
    public async Task A_stopped_appliance_has_its_exit_code()
    {
        Configure();
        await Server.KillAsync();
        Assert.AreEqual(ExitCode.Unreachable, Csctl.Run("tokens"));
        Assert.AreEqual(ExitCode.Unhealthy, Csctl.Run("doctor"));
        Assert.Contains("codesignd", Csctl.Output, StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_missing_configuration_has_its_exit_code() => Assert.AreEqual(ExitCode.Configuration, Csctl.Run("tokens"));

    [TestMethod]
    [DataRow(CKK.CKK_RSA, CKM.CKM_SHA256_RSA_PKCS, "")]
    [DataRow(CKK.CKK_RSA, CKM.CKM_SHA256_RSA_PKCS_PSS, "--pss")]
    [DataRow(CKK.CKK_EC, CKM.CKM_ECDSA_SHA256, "")]
    public void Sign_hashes_here_and_sends_the_digest(CKK keyType, CKM mechanism, string option)
    {
        Configure();
        SignRequest? asked = AnswerSigning(keyType, [1, 2, 3, 4]);
        string file = Csctl.Write("data", "hello");
        Csctl.MustRun([.. (string[])["sign", "-e", "demo/key", file], .. option.Length > 0 ? [option] : Array.Empty<string>()]);
        Assert.AreSequenceEqual(new byte[] { 1, 2, 3, 4 }, Csctl.OutputBytes);
        asked = Asked!;
        Assert.AreEqual((ulong)mechanism, asked.Mechanism);
        Assert.AreSequenceEqual(SHA256.HashData("hello"u8), asked.Data.ToByteArray());
        Assert.AreEqual(option.Length > 0, asked.Pss is not null);
        Assert.AreEqual((uint)System.Environment.ProcessId, asked.Claimed.Pid);

        Csctl.MustRun("sign", "-e", "key", "--project", "demo", "--hash", "sha3-512", "--digest", new string('a', 128), "--out", Csctl.InHome("sig"));
        Assert.AreSequenceEqual(new byte[] { 1, 2, 3, 4 }, File.ReadAllBytes(Csctl.InHome("sig")));
        Assert.AreEqual(ExitCode.Usage, Csctl.Run("sign", "-e", "demo/key", "--digest", "abcd"));
        Assert.AreEqual(ExitCode.Usage, Csctl.Run("sign", "-e", "demo/key", "--digest", "abcd", file));
    }

    [TestMethod]
    public void Sign_sends_the_message_of_an_Edwards_key_up_to_the_limit()
    {
        Configure();
        AnswerSigning(CKK.CKK_EC_EDWARDS, [1]);
        string file = Csctl.Write("data", new string('x', ProtocolLimits.SignDataBytesMax));
        Csctl.MustRun("sign", "-e", "demo/key", file);
        Assert.AreEqual(ProtocolLimits.SignDataBytesMax, Asked!.Data.Length);
        File.AppendAllText(file, "x");
        Assert.AreEqual(ExitCode.Usage, Csctl.Run("sign", "-e", "demo/key", file));
    }

    [TestMethod]
    public void Sign_writes_ECDSA_as_DER_whereAsked()
    {
        Configure();
        AnswerSigning(CKK.CKK_EC, [0x80, 1, 2, 3]);
        Csctl.MustRun("sign", "-e", "demo/key", Csctl.Write("data", "x"), "--format", "der");
        Assert.AreSequenceEqual(new byte[] { 0x30, 0x09, 0x02, 0x03, 0x00, 0x80, 0x01, 0x02, 0x02, 0x02, 0x03 }, Csctl.OutputBytes);
    }

    [TestMethod]
    public void An_export_takes_an_older_one_s_place_when_it_is_whole_and_replaces_no_link()
    {
        Configure();
        string file = Csctl.Write("audit.jsonl", "older\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Answers[OperationCode.ExportAudit] = request =>
            ResponseFrame.Failure(request.Correlation, new WireStatus(CKR.CKR_FUNCTION_REJECTED, "role.missing", "Not yours.", ""));
        Assert.AreEqual(ExitCode.Refused, Csctl.Run("audit", "export", "--out", file));
        Assert.AreEqual("older\n", File.ReadAllText(file));

        Answers[OperationCode.ExportAudit] = request => ResponseFrame.Success(
            request.Correlation, new ExportAuditResponse { Size = 1, Leaves = { ByteString.CopyFromUtf8("{}") } });
        Csctl.MustRun("audit", "export", "--out", file);
        Assert.AreEqual("{}\n", File.ReadAllText(file));
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        string link = Csctl.InHome("link");
        File.CreateSymbolicLink(link, file);
        File.WriteAllText(file, "something longer than that\n");
        Csctl.MustRun("audit", "export", "--out", link);
        Assert.IsNotNull(new FileInfo(link).LinkTarget);
        Assert.AreEqual("{}\n", File.ReadAllText(file));
        Csctl.MustRun("audit", "export", "--out", "/dev/null");
        Assert.ContainsSingle(Directory.GetFiles(Path.GetDirectoryName(file)!, "audit.jsonl*"));
        Assert.AreEqual(ExitCode.Configuration, Csctl.Run("audit", "export", "--out", "/dev/full"));
    }

    [TestMethod]
    public void The_audit_is_exported_byte_for_byte_over_all_pages()
    {
        Configure();
        byte[][] leaves = [.. Enumerable.Range(0, 7).Select(seq => Encoding.UTF8.GetBytes($$"""{"v":1,"seq":{{seq}},"text":"ä\u0041"}"""))];
        Answers[OperationCode.ExportAudit] = request =>
        {
            ExportAuditRequest asked = ExportAuditRequest.Parser.ParseFrom(request.Body.Span);
            ExportAuditResponse page = new() { Size = 7 };
            page.Leaves.AddRange(leaves.Skip((int)asked.FromSeq).Take(3).Select(leaf => ByteString.CopyFrom(leaf)));
            return ResponseFrame.Success(request.Correlation, page);
        };
        Csctl.MustRun("audit", "export", "--from", "1");
        Assert.AreSequenceEqual(leaves.Skip(1).SelectMany(leaf => leaf.Append((byte)'\n')).ToArray(), Csctl.OutputBytes);
    }

    [TestMethod]
    public void A_key_is_imported_with_its_passphrase_as_secrets()
    {
        Configure();
        string[] secrets = [];
        Answers[OperationCode.CreateEnvironment] = request =>
        {
            secrets = [.. request.Secrets.Select(secret => Encoding.UTF8.GetString(secret.Span))];
            CreateEnvironmentRequest asked = CreateEnvironmentRequest.Parser.ParseFrom(request.Body.Span);
            Assert.IsTrue(asked.Import);
            return ResponseFrame.Success(
                request.Correlation, new CreateEnvironmentResponse { Environment = new Wire.V1.Environment { Project = asked.Project, Name = asked.Name } });
        };
        JsonElement made = Csctl.Json(
            "environment", "create", "demo/new", "--import", Csctl.Write("key.p12", "PFX"), "--passphrase-file", Csctl.Write("pass", "word\n"));
        Assert.AreSequenceEqual(["PFX", "word"], secrets);
        Assert.AreEqual("new", made.GetProperty("name").GetString());
    }

    [TestMethod]
    public void A_fact_that_is_not_told_is_left_out_and_a_time_is_as_RFC_3339_says()
    {
        Configure();
        Answers[OperationCode.Hello] = request => ResponseFrame.Success(request.Correlation, new HelloResponse
        {
            Protocol = 1,
            Caller = new Caller { Name = "alice", Credential = "grant" },
            ServerTimeUnixMs = 1_700_000_000_123,
        });
        Answers[OperationCode.Status] = request =>
            ResponseFrame.Failure(request.Correlation, new WireStatus(CKR.CKR_FUNCTION_REJECTED, "role.missing", "Not yours.", ""));

        Csctl.MustRun("status");
        Assert.MatchesRegex(@"(?m)^Appliance time +2023-11-14T22:13:20Z$", Csctl.Output);
        Assert.DoesNotContain("Seal", Csctl.Output, StringComparison.Ordinal);
        Assert.MatchesRegex(@"\A([A-Z][A-Za-z ]*  +[^ \n].*\n)+\z", Csctl.Output);
        Assert.Contains("administrators and auditors", Csctl.Error, StringComparison.Ordinal);
        JsonElement told = Csctl.Json("status");
        Assert.AreEqual("2023-11-14T22:13:20.123Z", told.GetProperty("server_time").GetString());
        Assert.AreEqual(JsonValueKind.Null, told.GetProperty("seal").ValueKind);
    }

    [TestMethod]
    public void Setup_says_what_the_key_lacks()
    {
        Configure();
        Answers[OperationCode.ListTokens] = request => ResponseFrame.Success(request.Correlation, new ListTokensResponse { Tokens = { Token() } });
        Wire.V1.Environment environment = new() { Project = "my demo", Name = "key", Keys = { new Key { Id = "k1", Current = true, Certificates = 1 } } };
        Answers[OperationCode.ListEnvironments] = request =>
        {
            ListEnvironmentsResponse response = new();
            response.Environments.AddRange(
                ListEnvironmentsRequest.Parser.ParseFrom(request.Body.Span).Name == "key" ? [environment] : Array.Empty<Wire.V1.Environment>());
            return ResponseFrame.Success(request.Correlation, response);
        };

        Csctl.MustRun("setup", "openssl", "-e", "my demo/key");
        Assert.AreEqual("", Csctl.Error);
        Assert.AreEqual(ExitCode.NotFound, Csctl.Run("setup", "openssl", "-e", "my demo/kee"));
        Assert.Contains("csctl environment list", Csctl.Error, StringComparison.Ordinal);

        environment.Keys[0].Certificates = 0;
        Csctl.MustRun("setup", "openssl", "-e", "my demo/key");
        Assert.Contains("csctl certificate import", Csctl.Error, StringComparison.Ordinal);

        environment.Keys[0].Current = false;
        foreach (string[] command in (string[][])[["setup", "openssl", "-e", "my demo/key"], ["certificate", "show", "my demo/key"]])
        {
            Assert.AreEqual(ExitCode.NotFound, Csctl.Run(command));
            Assert.Contains("destroyed", Csctl.Error, StringComparison.Ordinal);
            Assert.Contains("csctl key rotate", Csctl.Error, StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void The_doctor_sends_nobody_to_the_doctor()
    {
        Configure();
        File.Delete(Csctl.InHome(".config/codesign/client-ca.pem"));
        Assert.AreEqual(ExitCode.Unhealthy, Csctl.Run("doctor"));
        Assert.Contains("client-ca.pem", Csctl.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("csctl doctor", Csctl.Output, StringComparison.Ordinal);
    }

    [TestMethod]
    public void The_doctor_finds_nothing_where_nothing_is_wrong()
    {
        Configure();
        Answers[OperationCode.Hello] = request => ResponseFrame.Success(request.Correlation, new HelloResponse
        {
            Protocol = 1,
            Caller = new Caller { Name = "alice", Credential = "grant" },
            Tokens = { Token() },
            ServerTimeUnixMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        });
        Csctl.MustRun("doctor");
        Assert.DoesNotContain(" wrong ", Csctl.Output, StringComparison.Ordinal);
    }

    [TestMethod]
    public void The_doctor_finds_a_grant_open_to_others_a_wrong_clock_and_a_locked_PIN()
    {
        Configure();
        File.SetUnixFileMode(Csctl.InHome(".config/codesign/client.grant"), (UnixFileMode)Convert.ToInt32("644", 8));
        TokenDescription token = Token();
        token.UserPinLocked = true;
        Answers[OperationCode.Hello] = request => ResponseFrame.Success(request.Correlation, new HelloResponse
        {
            Protocol = 1,
            Caller = new Caller { Name = "alice", Credential = "grant" },
            Tokens = { token },
            ServerTimeUnixMs = TimeProvider.System.GetUtcNow().AddMinutes(-6).ToUnixTimeMilliseconds(),
        });
        Assert.AreEqual(ExitCode.Unhealthy, Csctl.Run("doctor", "--output", "json"));
        JsonElement[] wrong = [.. JsonDocument.Parse(Csctl.OutputBytes).RootElement.EnumerateArray()
            .Where(finding => string.Equals(finding.GetProperty("result").GetString(), "wrong", StringComparison.Ordinal))];
        Assert.AreSequenceEqual(
            ["permissions", $"clock localhost:{Server.Port}", "pin my demo"],
            wrong.Select(finding => finding.GetProperty("check").GetString()!).ToArray());
    }
}
