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
    public void Roles_and_PINs_answer_to_the_letter()
    {
        using Workbench bench = Appliance.Bench();
        MakeProject(bench, "roles", pinMin: 9, pinTries: 3);
        bench.Set("CODESIGN_TOKEN_LABEL", "roles").Run($"{HostProgram.PathOf("roles")}").Succeeds();
    }

    [TestMethod]
    public void A_token_stays_in_its_slot_though_it_is_configured_by_the_name_it_had()
    {
        using Workbench bench = Appliance.Bench();
        MakeProject(bench, "roles-named", pinMin: 9, pinTries: 3);
        string only = string.Join('\n', [.. Appliance.ConfigurationLines(), "project = roles-named", ""]);
        bench.Set("CODESIGN_CONFIG", bench.Write("client.conf", only)).Set("CODESIGN_TOKEN_LABEL", "roles-named").Set("RENAMED", "roles-named-anew");
        bench.Run($"{HostProgram.PathOf("roles")}").Succeeds();
    }

    [TestMethod]
    public void OpenSC_unlocks_a_PIN_by_the_SO_alone()
    {
        using Workbench bench = Appliance.Bench();
        MakeProject(bench, "to-unlock", pinTries: 3);
        Command tool = $"pkcs11-tool --module {Module} --token-label to-unlock";
        bench.Run($"{tool} --init-token --label to-unlock --so-pin {SoPin}").Succeeds();
        bench.Run($"{tool} --login --login-type so --so-pin {SoPin} --init-pin --new-pin {Pin}").Succeeds();
        for (int i = 0; i < 3; i++)
        {
            bench.Run($"{tool} --login --pin wrong-{Pin} -O").Fails().Says("CKR_PIN_INCORRECT");
        }

        bench.Run($"{tool} --login --pin {Pin} -O").Fails().Says("CKR_PIN_LOCKED");
        bench.Run($"{tool} -L").Succeeds().Says("user PIN locked");

        // It sends the code as an old PIN, which some cards take for an unblocking code.
        bench.Run($"{tool} --unlock-pin --puk {SoPin} --new-pin {Pin}").Fails().Says("CKR_PIN_LOCKED");
        bench.Run($"{tool} --login --login-type so --so-pin {SoPin} --init-pin --new-pin {Pin}").Succeeds();
        bench.Run($"{tool} --login --pin {Pin} -O").Succeeds();
    }

    [TestMethod]
    public void A_key_may_want_its_PIN_for_each_use()
    {
        using Workbench bench = Appliance.Bench();
        MakeProject(bench, "each-use", pinTries: 3);
        string pin = bench.Write("pin", Pin + "\n");
        string csctl = Appliance.Environment["CODESIGNCTL"];
        bench.Run($"{csctl} --config {Appliance.Environment["CODESIGN_ADMIN_CONFIG"]} pin reset each-use --user alice --pin-file {pin}").Succeeds();
        bench.Set("CODESIGN_TOKEN_LABEL", "each-use").Set("CODESIGN_PIN", Pin).Run($"{HostProgram.PathOf("eachuse")}").Succeeds();
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

    private static void MakeProject(Workbench bench, string name, int pinMin = 8, int pinTries = 10)
    {
        string csctl = Appliance.Environment["CODESIGNCTL"];
        string admin = Appliance.Environment["CODESIGN_ADMIN_CONFIG"];
        bench.Run($"{csctl} --config {admin} project create {name} --pin required").Succeeds();
        bench.Run($"{csctl} --config {admin} project member add {name} alice").Succeeds();
        bench.Run($"{csctl} --config {admin} project member add {name} alice --role Owner").Succeeds();
        bench.Run($"{csctl} --config {admin} project set {name} --objects true --token-init true").Succeeds();
        bench.Run($"{csctl} --config {admin} project set {name} --pin-min {pinMin} --pin-tries {pinTries}").Succeeds();
    }
}
