using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>GnuPG with gnupg-pkcs11-scd as its smart-card daemon.</summary>
[TestClass]
public sealed class GnupgTests : ToolTests
{
    private const string User = "demo@example.test";

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    public void Gpg_signs_and_verifies(string name)
    {
        string grip = Learn(name, Token.Pin);
        Document();
        MakeKey(grip).Succeeds();
        Bench.Run($"gpg --batch -u {User} --detach-sign -o data.sig data").Succeeds();
        Bench.Run($"gpg --batch --verify data.sig data").Succeeds().Says("Good signature");
        TamperedDocument();
        Bench.Run($"gpg --batch --verify data.sig tampered").Fails().Says("BAD signature");
        Bench.Run($"gpgconf --kill all");
    }

    [TestMethod]
    public void Refuses_a_wrong_PIN()
    {
        MakeKey(Learn(Rsa2048, Token.WrongPin)).Fails();
        Bench.Run($"gpgconf --kill all");
    }

    private ToolRun MakeKey(string grip)
    {
        Bench.Write("parameters", $"""
            %no-protection
            Key-Type: RSA
            Key-Grip: {grip}
            Key-Usage: sign
            Name-Real: Demo
            Name-Email: {User}
            Expire-Date: 0
            %commit

            """);
        return Bench.Run($"gpg --batch --generate-key parameters");
    }

    /// <summary>Sets GnuPG up and returns the keygrip of the named key.</summary>
    private string Learn(string name, string pin)
    {
        SigningKey key = Key(name);
        string home = Directory.CreateDirectory(Bench.At("g")).FullName;
        Bench.Run($"chmod 700 {home}").Succeeds();
        string pinentry = Bench.Write("pinentry", $$"""
            #!/bin/sh
            echo 'OK at your service'
            while read -r command rest; do
              case "$command" in
                GETPIN) echo 'D {{pin}}'; echo OK ;;
                BYE) echo OK; exit 0 ;;
                *) echo OK ;;
              esac
            done

            """);
        Bench.Run($"chmod 700 {pinentry}").Succeeds();
        Bench.Write("g/gpg-agent.conf", $"scdaemon-program /usr/bin/gnupg-pkcs11-scd\npinentry-program {pinentry}\n");
        Bench.Write("g/gnupg-pkcs11-scd.conf", $"providers p1\nprovider-p1-library {Token.Module}\n");
        Bench.Set("GNUPGHOME", home);
        // S KEYPAIRINFO <grip> <manufacturer>/<model>/<serial>/<token>/<id>
        ToolRun learnt = Bench.Run($"gpg-connect-agent {"SCD LEARN"} /bye").Succeeds();
        string? line = learnt.Output.Split('\n').FirstOrDefault(l =>
            l.StartsWith("S KEYPAIRINFO", StringComparison.Ordinal) && l.TrimEnd().EndsWith(key.Id, StringComparison.OrdinalIgnoreCase));
        Assert.IsNotNull(line, $"The card daemon shows no key with id {key.Id}:\n{learnt}");
        // Makes the stubs of the keys, without which --generate-key finds none.
        Bench.Run($"gpg-connect-agent {"LEARN --force"} /bye").Succeeds();
        return line.Split(' ')[2];
    }
}
