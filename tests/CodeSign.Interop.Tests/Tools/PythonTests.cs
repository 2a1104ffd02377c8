using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>The examples that come with Debian's python3-pykcs11, where they lie: each takes the first slot, and most know one PIN.</summary>
[TestClass]
public sealed class PythonTests : OwnTokenTests
{
    private const string Examples = "/usr/share/doc/python3-pykcs11/examples";
    private const string Label = "own-python";
    private const string Pin = "1234";

    // Once: a new PIN ends the logins of whoever is at work.
    private static readonly Lazy<bool> PinIsSet = new(() =>
    {
        ((ApplianceSubject)Subject.Current).SetPin(Label, Pin);
        return true;
    });

    [TestInitialize]
    public void ShowOneToken()
    {
        ToolProcess.Need($"{Examples}/signature.py");
        ApplianceSubject ours = (ApplianceSubject)Subject.Current;
        Bench.Set(ours.Alone(Label)).Set("PYKCS11LIB", Token.Module);
        Assert.IsTrue(PinIsSet.Value);
    }

    // One after the other: they find the first key of the token, and some destroy what they made.
    [TestMethod]
    public void PyKCS11_examples_run()
    {
        Command tool = $"pkcs11-tool --module {Token.Module} --login --pin {Pin}";
        Run("getinfo").Succeeds().Says("CodeSign");
        Run("generate").Fails().Says("CKR_KEY_SIZE_RANGE");  // RSA-1024
        Bench.Run($"{tool} --keypairgen --key-type rsa:2048 --id 22 --label made").Succeeds();
        Run("signature").Succeeds().Says("Verified: True");
        Run("modulus").Succeeds().Says("modulus: b'");
        Bench.Run($"/usr/bin/python3 {Examples}/dumpit.py --pin={Pin}").Succeeds().Says("CKA_MODULUS_BITS: 2048");
        Run("destroy_by_ID").Succeeds();

        Run("ec_generate").Succeeds();
        Run("ec_signature").Succeeds().Says("Verified: True");
        Run("destroy_by_ID").Succeeds();
        Bench.Run($"{tool} -O").Succeeds().DoesNotSay("Key Object");

        // It makes a pair, and then a certificate of "replace this with the raw certificate itself".
        Run("genkeypair_import_cert").Fails().Says("CKR_ATTRIBUTE_VALUE_INVALID");
        Bench.Run($"{tool} -O").Succeeds().Says("pkcs_is_fun");
    }

    [TestMethod]
    [DataRow("rand")]
    [DataRow("test")]
    [DataRow("test1")]
    [DataRow("dumpit")]
    public void PyKCS11_examples_of_the_lower_level_run(string name) => Run($"LowLevel/{name}").Succeeds().Says("C_Finalize(): 0x0").DoesNotSay("C_Login(): 0xa");

    private ToolRun Run(string name) => Bench.Run($"/usr/bin/python3 {Examples}/{name}.py");
}
