using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>OpenSSH: signatures, git, agent, certificates and logins. It opens read-write sessions.</summary>
[TestClass]
public sealed class OpenSshTests : ToolTests
{
    // ssh-agent compares the real path of a module with its list of allowed ones.
    private string Module => File.ResolveLinkTarget(Token.Module, returnFinalTarget: true)?.FullName ?? Token.Module;

    [TestInitialize]
    public void AnswerThePrompt() => AnswerWith(Token.Pin);

    [TestMethod]
    public void Keygen_lists_public_keys_without_a_PIN()
    {
        AnswerWith(Token.WrongPin);
        ToolRun list = Bench.Run($"ssh-keygen -D {Module}").Succeeds();
        list.Says("ssh-rsa ").Says("ecdsa-sha2-nistp256 ").Says("ecdsa-sha2-nistp384 ").Says("ecdsa-sha2-nistp521 ");
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    [DataRow(HsmP256)]
    public void The_agent_signs_files_and_commits(string name)
    {
        string publicKey = PublicKey(name);
        Document();
        Bench.Write("allowed", $"signer@example.test {Bench.ReadText("key.pub")}");
        StartAgent();

        Bench.Run($"ssh-keygen -Y sign -f {publicKey} -n file data").Succeeds();
        Command verify = $"ssh-keygen -Y verify -f allowed -I signer@example.test -n file -s data.sig";
        Bench.Run(verify, Bench.ReadText("data")).Succeeds().Says("Good \"file\" signature");
        Bench.Run(verify, Bench.ReadText("data") + "!").Fails();

        Bench.Run($"git init -q repository").Succeeds();
        Command git = $"""
            git -C repository -c user.name=Signer -c user.email=signer@example.test -c gpg.format=ssh -c user.signingkey={publicKey}
            -c gpg.ssh.allowedSignersFile={Bench.At("allowed")}
            """;
        Bench.Run($"{git} commit -q --allow-empty -S -m signed").Succeeds();
        Bench.Run($"{git} verify-commit HEAD").Succeeds().Says("Good \"git\" signature");
        Bench.Run($"{git} commit -q --allow-empty --no-gpg-sign -m unsigned").Succeeds();
        Bench.Run($"{git} verify-commit HEAD").Fails();
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(P256)]
    [DataRow(P384)]
    public void A_key_of_the_token_certifies_users(string name)
    {
        string publicKey = PublicKey(name);
        Bench.Run($"ssh-keygen -q -t ed25519 -N {""} -f user").Succeeds();
        Bench.Run($"ssh-keygen -s {publicKey} -D {Module} -I id -n {Environment.UserName} -V +1h user.pub").Succeeds();
        Bench.Run($"ssh-keygen -L -f user-cert.pub").Succeeds().Says("Signing CA");

        StartAgent();
        File.Delete(Bench.At("user-cert.pub"));
        Bench.Run($"ssh-keygen -U -s {publicKey} -I id -n {Environment.UserName} -V +1h user.pub").Succeeds();

        int port = StartServer($"TrustedUserCAKeys {publicKey}");
        Bench.Run($"{Ssh(port)} -i user true").Succeeds();
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    public void A_key_of_the_token_logs_in(string name)
    {
        string publicKey = PublicKey(name);
        int port = StartServer($"AuthorizedKeysFile {publicKey}");
        // Only the key in question, of all the token's: the server takes a limited number of tries.
        Bench.Run($"{Ssh(port)} -I {Module} true").Succeeds();
        StartAgent();
        Bench.Run($"{Ssh(port)} -o IdentitiesOnly=yes -i {publicKey} true").Succeeds();
    }

    [TestMethod]
    public void Refuses_a_wrong_PIN()
    {
        string publicKey = PublicKey(Rsa2048);
        AnswerWith(Token.WrongPin);
        Bench.Run($"ssh-keygen -q -t ed25519 -N {""} -f user").Succeeds();
        Bench.Run($"ssh-keygen -s {publicKey} -D {Module} -I id -n root -V +1h user.pub").Fails();
        Assert.IsFalse(File.Exists(Bench.At("user-cert.pub")));
    }

    private static Command Ssh(int port) => $"""
        ssh -F none -p {port} -o BatchMode=no -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR
        -o PreferredAuthentications=publickey {Environment.UserName}@127.0.0.1
        """;

    private string PublicKey(string name)
    {
        SigningKey key = Key(name);
        string ssh = Bench.Run($"ssh-keygen -i -m PKCS8 -f {key.PublicKey}").Succeeds().Output;
        return Bench.Write("key.pub", $"{ssh.Trim()} {name}\n");
    }

    private void AnswerWith(string pin)
    {
        string answer = Bench.Write("askpass", $"#!/bin/sh\necho '{pin}'\n");
        Bench.Run($"chmod 700 {answer}").Succeeds();
        Bench.Set("SSH_ASKPASS", answer).Set("SSH_ASKPASS_REQUIRE", "force").Set("DISPLAY", ":0");
    }

    private void StartAgent()
    {
        // Its helper process inherits its environment, so what the module needs must be there before it starts.
        Bench.Launch($"ssh-agent -D -a {Bench.At("agent")} -P {Module}").Accepts(Bench.At("agent"));
        Bench.Set("SSH_AUTH_SOCK", Bench.At("agent"));
        Bench.Run($"ssh-add -s {Module}").Succeeds();
        Bench.Run($"ssh-add -L").Succeeds();
    }

    private int StartServer(string setting)
    {
        int port = Workbench.FreePort();
        Bench.Run($"ssh-keygen -q -t ed25519 -N {""} -f host").Succeeds();
        Bench.Write("sshd_config", $"""
            ListenAddress 127.0.0.1:{port}
            HostKey {Bench.At("host")}
            PidFile none
            UsePAM no
            StrictModes no
            PermitRootLogin yes
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            MaxAuthTries 30
            AuthorizedKeysFile none
            {setting}

            """.Replace(setting.StartsWith("AuthorizedKeysFile", StringComparison.Ordinal) ? "AuthorizedKeysFile none\n" : "\0", "", StringComparison.Ordinal));
        // As root it insists on a folder below /run that only its service makes.
        string start = $"mount -t tmpfs none /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f {Bench.At("sshd_config")}";
        BackgroundTool server = string.Equals(Environment.UserName, "root", StringComparison.Ordinal)
            ? Bench.Launch($"unshare -m sh -c {start}")
            : Bench.Launch($"/usr/sbin/sshd -D -e -f {Bench.At("sshd_config")}");
        server.Listens(port);
        return port;
    }
}
