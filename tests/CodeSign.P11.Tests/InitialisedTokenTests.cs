using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>C_InitToken, C_InitPIN and C_SetPIN, as OpenSC's and GnuTLS's tools call them, on a token of their own.</summary>
[TestClass]
public sealed class InitialisedTokenTests
{
    private const string SoPin = "officer-0815";
    private const string Pin = "user-4711";

    private static string Module => Appliance.Environment["CODESIGN_P11_MODULE"];

    [TestMethod]
    public void OpenSC_initialises_a_token_and_its_PINs()
    {
        using Workbench bench = Appliance.Bench();
        MakeProject(bench, "to-init");

        bench.Run($"pkcs11-tool --module {Module} --token-label to-init --init-token --label was-init --so-pin {SoPin}").Succeeds();
        Command tool = $"pkcs11-tool --module {Module} --token-label was-init";
        bench.Run($"{tool} --login --login-type so --so-pin {SoPin} --init-pin --new-pin {Pin}").Succeeds();
        bench.Run($"{tool} --login --pin {Pin} --keypairgen --key-type EC:prime256v1 --id 01").Succeeds();
        bench.Run($"{tool} --login --pin {Pin} --change-pin --new-pin {Pin}-2").Succeeds();
        bench.Run($"{tool} --login --pin {Pin} -O").Fails().Says("CKR_PIN_INCORRECT");
        bench.Run($"{tool} --login --pin {Pin}-2 -O").Succeeds().Says("Private Key Object");

        bench.Run($"{tool} --init-token --label was-init --so-pin wrong-{SoPin}").Fails().Says("CKR_PIN_INCORRECT");
        bench.Run($"{tool} --init-token --label was-init --so-pin {SoPin}").Succeeds();
        bench.Run($"{tool} -L").Succeeds().DoesNotSay("User PIN initialized");
        bench.Run($"{tool} --login --login-type so --so-pin {SoPin} --init-pin --new-pin {Pin}").Succeeds();
        bench.Run($"{tool} --login --pin {Pin} -O").Succeeds().DoesNotSay("Key Object");
    }

    [TestMethod]
    public void GnuTLS_initialises_a_token()
    {
        using Workbench bench = Appliance.Bench();
        MakeProject(bench, "gnutls-init");
        bench.Set("GNUTLS_SO_PIN", SoPin).Set("GNUTLS_NEW_SO_PIN", SoPin).Set("GNUTLS_PIN", Pin);

        bench.Run($"p11tool --batch --provider {Module} --initialize --label gnutls-was --set-so-pin {SoPin} pkcs11:token=gnutls-init").Succeeds();
        bench.Run($"p11tool --batch --provider {Module} --initialize-pin --set-so-pin {SoPin} --set-pin {Pin} pkcs11:token=gnutls-was").Succeeds();
        bench.Run($"p11tool --batch --provider {Module} --login --set-pin {Pin} --generate-ecc --label made --outfile pub.pem pkcs11:token=gnutls-was").Succeeds();
        bench.Run($"p11tool --batch --provider {Module} --login --set-pin {Pin} --test-sign pkcs11:token=gnutls-was;object=made;type=private").Succeeds();
    }

    private static void MakeProject(Workbench bench, string name)
    {
        string csctl = Appliance.Environment["CODESIGNCTL"];
        string admin = Appliance.Environment["CODESIGN_ADMIN_CONFIG"];
        bench.Run($"{csctl} --config {admin} project create {name} --pin required").Succeeds();
        bench.Run($"{csctl} --config {admin} project member add {name} alice").Succeeds();
        bench.Run($"{csctl} --config {admin} project member add {name} alice --role Owner").Succeeds();
        bench.Run($"{csctl} --config {admin} project set {name} --objects true --token-init true").Succeeds();
    }
}
