using System.Security.Cryptography;
using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>p11-kit: its module list, its proxy module, and its remoting (which initializes the module twice in one process).</summary>
[TestClass]
public sealed class P11KitTests : ToolTests
{
    private const string Libraries = "/usr/lib/x86_64-linux-gnu";

    [TestMethod]
    public void Lists_the_module()
    {
        Bench.Run($"{WithModuleRegistered()} p11-kit list-modules").Succeeds().Says("codesign").Says($"token: {Token.Label}");
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(P256)]
    public void Signs_through_the_proxy_module(string name)
    {
        SigningKey key = Key(name);
        SignAndVerify(key, $"{WithModuleRegistered()} pkcs11-tool --module {Libraries}/p11-kit-proxy.so");
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(P256)]
    [DataRow(P384)]
    public void Signs_through_the_server(string name)
    {
        SigningKey key = Key(name);
        string socket = Bench.At("sock");
        Bench.Launch($"p11-kit server -f -n {socket} --provider {Token.Module} pkcs11:token={Token.Label}").Accepts(socket);
        Bench.Set("P11_KIT_SERVER_ADDRESS", $"unix:path={socket}");
        SignAndVerify(key, $"pkcs11-tool --module {Libraries}/pkcs11/p11-kit-client.so");
    }

    [TestMethod]
    [DataRow("p11-kit-proxy.so")]
    [DataRow("pkcs11/p11-kit-client.so")]
    public void Makes_changes_and_ends_objects_from_afar(string library)
    {
        if (Subject.Current is not ApplianceSubject)
        {
            Assert.Inconclusive("SoftHSM2 has no scratch token here.");
        }
        Command prefix = $"";
        if (library is "p11-kit-proxy.so")
        {
            prefix = WithModuleRegistered();
        }
        else
        {
            string socket = Bench.At("sock");
            Bench.Launch($"p11-kit server -f -n {socket} --provider {Token.Module} pkcs11:token=scratch").Accepts(socket);
            Bench.Set("P11_KIT_SERVER_ADDRESS", $"unix:path={socket}");
        }
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        Command tool = $"{prefix} pkcs11-tool --module {Libraries}/{library} --token-label scratch --login --pin {Token.Pin}";
        // The remoting knows CKM_ECDSA alone of its kind.
        Bench.Write("data", RandomNumberGenerator.GetBytes(32));

        Bench.Run($"{tool} --keypairgen --key-type EC:prime256v1 --id {id} --label {id}").Succeeds();
        Bench.Run($"{tool} --sign --id {id} -m ECDSA -i data -o sig").Succeeds();
        Bench.Run($"{tool} --verify --id {id} -m ECDSA -i data --signature-file sig").Succeeds().Says("Signature is valid");
        Bench.Run($"{tool} --set-id {id}ff --id {id} --type privkey").Succeeds();
        Bench.Run($"{tool} --delete-object --id {id}ff --type privkey").Succeeds();
        Bench.Run($"{tool} --delete-object --id {id} --type pubkey").Succeeds();
        Bench.Run($"{tool} --write-object data --type data --label {id}").Succeeds();
        Bench.Run($"{tool} --read-object --type data --label {id} -o back").Succeeds();
        Assert.AreSequenceEqual(Bench.Read("data"), Bench.Read("back"));
        Bench.Run($"{tool} --delete-object --type data --label {id}").Succeeds();
        Bench.Run($"{tool} --delete-object --type data --label {id}").Fails().Says("object not found");
    }

    [TestMethod]
    public void Refuses_a_wrong_PIN()
    {
        SigningKey key = Key(P256);
        Document();
        Bench.Run($"""
            {WithModuleRegistered()} pkcs11-tool --module {Libraries}/p11-kit-proxy.so --token-label {Token.Label} --login --pin {Token.WrongPin}
            --sign --id {key.Id} -m ECDSA -i data -o sig
            """).Fails().Says("CKR_PIN_INCORRECT");
    }

    /// <summary>
    /// A prefix that shows p11-kit our module alone: in the user's own folder, or for root, whose folder p11-kit ignores, in a private
    /// view of the system's.
    /// </summary>
    private Command WithModuleRegistered()
    {
        string registration = Bench.Write(".config/pkcs11/modules/codesign.module", $"module: {Token.Module}\ncritical: yes\n");
        if (!string.Equals(Environment.UserName, "root", StringComparison.Ordinal))
        {
            return $"";
        }
        string script = $"mount -t tmpfs none /usr/share/p11-kit/modules && cp {registration} /usr/share/p11-kit/modules/ && exec \"$@\"";
        return $"unshare -m sh -c {script} sh";
    }

    private void SignAndVerify(SigningKey key, Command tool)
    {
        Document();
        TamperedDocument();
        Command how = $"-m SHA256-RSA-PKCS -i data";
        if (!key.IsRsa)
        {
            Bench.Write("digest", SHA256.HashData(Bench.Read("data")));
            how = $"-m ECDSA --signature-format openssl -i digest";
        }
        Bench.Run($"{tool} --token-label {Token.Label} --login --pin {Token.Pin} --sign --id {key.Id} {how} -o sig").Succeeds();
        Bench.Run($"openssl dgst -sha256 -verify {key.PublicKey} -signature sig data").Succeeds();
        Bench.Run($"openssl dgst -sha256 -verify {key.PublicKey} -signature sig tampered").Fails();
    }
}
