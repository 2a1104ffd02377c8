using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>pkcs11-data, which keeps files in tokens, and pkcs11-dump, which shows every attribute it has a name for.</summary>
[TestClass]
public sealed class DataToolTests : OwnTokenTests
{
    [TestMethod]
    public void Pkcs11_data_imports_lists_exports_and_removes()
    {
        Bench.Write("in", "what is kept\n");
        Command tool = $"pkcs11-data --add-provider={Token.Module} --prompt-prog={Prompt()}";
        string line = Bench.Run($"{tool} --cmd=tokens").Succeeds().Output.Split('\n').Single(token => token.Contains("label='own-objects'", StringComparison.Ordinal));
        Command data = $"--token={line.Split("id='")[1].Split('\'')[0]} --application=tests --label={Id}";

        Bench.Run($"{tool} --cmd=import {data} --file=in").Succeeds();
        Bench.Run($"{tool} --cmd=list {data}").Succeeds().Says($"A=tests, L={Id}");
        Bench.Run($"{tool} --cmd=export {data} --file=out").Succeeds();
        Assert.AreEqual("what is kept\n", Bench.ReadText("out"));
        Bench.Run($"{tool} --cmd=remove {data}").Succeeds();
        Bench.Run($"{tool} --cmd=list {data}").Succeeds().DoesNotSay(Id);
    }

    [TestMethod]
    public void Pkcs11_dump_shows_objects_and_no_private_value()
    {
        Bench.Run($"pkcs11-dump info {Token.Module}").Succeeds().Says("CodeSign");
        string slot = Bench.Run($"pkcs11-dump slotlist {Token.Module}").Succeeds().Output.Split('\n')
            .Single(line => line.TrimEnd().EndsWith($"CodeSign project {Token.Label}", StringComparison.Ordinal)).Split('\t')[0];
        Bench.Run($"pkcs11-dump dump {Token.Module} {slot} {Token.Pin}").Succeeds()
            .Says("CKO_PRIVATE_KEY").Says("CKO_CERTIFICATE").Says("CKA_NEVER_EXTRACTABLE: TRUE").DoesNotSay("CKA_PRIVATE_EXPONENT");
    }

    private string Prompt()
    {
        string program = Bench.Write("prompt", $"#!/bin/sh\necho '{Token.Pin}'\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return program;
    }
}
