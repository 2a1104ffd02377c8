using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>What OpenSC's pkcs11-tool does with a whole token: its initialisation, its PINs, and how a slot is chosen.</summary>
[TestClass]
public sealed class Pkcs11ToolTokenTests : OwnTokenTests
{
    private const string Label = "own-opensc";

    private static string SoPin => ((ApplianceSubject)Subject.Current).SoPin;

    private Command Tool => $"pkcs11-tool --module {Token.Module} --token-label {Label}";

    private Command AsSo => $"{Tool} --login --login-type so --so-pin {SoPin}";

    [TestMethod]
    public void Initialises_the_token_and_both_PINs()
    {
        const string fresh = "fresh-4711";
        Bench.Run($"{Tool} --init-token --label {Label} --so-pin not-{SoPin}").Fails().Says("C_InitToken failed").Says("CKR_PIN_INCORRECT");
        Bench.Run($"{Tool} --init-token --label {Label} --so-pin {SoPin}").Succeeds().Says("Token successfully initialized");
        Bench.Run($"{Tool} --login --pin {Token.Pin} -O").Fails().Says("CKR_USER_PIN_NOT_INITIALIZED");

        Bench.Run($"{Tool} --init-pin --so-pin {SoPin} --new-pin {Token.Pin}").Fails().Says("CKR_USER_NOT_LOGGED_IN");
        Bench.Run($"{AsSo} --init-pin --new-pin short").Fails().Says("C_InitPIN failed").Says("CKR_PIN_LEN_RANGE");
        Bench.Run($"{AsSo} --init-pin --new-pin {Token.Pin}").Succeeds().Says("User PIN successfully initialized");

        Command user = $"{Tool} --login --pin";
        Bench.Run($"{user} {Token.Pin} --change-pin --new-pin short").Fails().Says("C_SetPIN failed").Says("CKR_PIN_LEN_RANGE");
        Bench.Run($"{user} {Token.Pin} --change-pin --new-pin {fresh}").Succeeds().Says("PIN successfully changed");
        Bench.Run($"{user} {Token.Pin} --change-pin --new-pin {fresh}").Fails().Says("CKR_PIN_INCORRECT");
        Bench.Run($"{Tool} --pin {fresh} --change-pin --new-pin {Token.Pin}").Succeeds().Says("PIN successfully changed");

        Bench.Run($"{AsSo} --change-pin --new-pin {fresh}").Succeeds().Says("PIN successfully changed");
        Bench.Run($"{AsSo} --change-pin --new-pin {fresh}").Fails().Says("C_Login failed").Says("CKR_PIN_INCORRECT");
        Bench.Run($"{Tool} --login --login-type so --so-pin {fresh} --change-pin --new-pin {SoPin}").Succeeds();

        // There is no unblocking code; the SO sets a new PIN instead.
        Bench.Run($"{Tool} --unlock-pin --puk {SoPin} --new-pin {fresh}").Fails().Says("CKR_PIN_INCORRECT");
        Bench.Run($"{Tool} --unlock-pin --login --login-type context-specific --puk {SoPin} --new-pin {fresh}")
            .Fails().Says("CKR_OPERATION_NOT_INITIALIZED");
        Bench.Run($"{AsSo} --init-pin --new-pin {Token.Pin}").Succeeds();
        Bench.Run($"{Tool} -T").Succeeds().Says("login required, rng, token initialized, PIN initialized").DoesNotSay("locked");
        Bench.Run($"{user} {Token.Pin} -O").Succeeds();
    }

    [TestMethod]
    public void Lets_the_SO_write_public_objects_alone()
    {
        Command asSo = $"pkcs11-tool --module {Token.Module} --token-label {Scratch} --login --login-type so --so-pin {SoPin}";
        Bench.Write("note", "of the SO");
        Bench.Run($"{asSo} -O").Fails().Says("CKR_SESSION_READ_ONLY_EXISTS");
        Bench.Run($"{asSo} --session-rw -O").Succeeds().DoesNotSay("Private Key Object");
        Bench.Run($"{asSo} --write-object note --type data --label {Id}").Succeeds();
        Bench.Run($"{asSo} --write-object note --type data --label {Id} --private").Fails().Says("C_CreateObject failed").Says("CKR_USER_NOT_LOGGED_IN");
        Bench.Run($"{asSo} --keypairgen --key-type EC:prime256v1 --id {Id}").Fails().Says("C_GenerateKeyPair failed").Says("CKR_USER_NOT_LOGGED_IN");
        Bench.Run($"{asSo} --delete-object --type data --label {Id}").Succeeds();
    }

    [TestMethod]
    public void Finds_the_token_by_label_description_and_index()
    {
        Token scratch = Another(Scratch);
        Command any = $"pkcs11-tool --module {Token.Module}";
        Bench.Run($"{any} -L").Succeeds().Says($"CodeSign project {Scratch}");
        Bench.Run($"{any} -T").Succeeds().Says($"CodeSign project {Scratch}");
        Bench.Run($"{any} --slot-index {scratch.SlotIndex} --login --pin {Token.Pin} -O --type data").Succeeds();
        string description = $"CodeSign project {Scratch}";
        Bench.Run($"{any} --slot-description {description} --login --pin {Token.Pin} -O --type data").Succeeds();
        Bench.Run($"{any} --slot 99 -O").Fails().Says("CKR_SLOT_ID_INVALID");
        Bench.Run($"{any} --slot-index 99 -O").Fails();
        Bench.Run($"{any} --token-label nobody's -O").Fails().Says("No slot with token named");
    }

    [TestMethod]
    public void Shows_the_module_and_its_three_interfaces()
    {
        Bench.Run($"{Tool} --show-info").Succeeds().Says("Cryptoki version 3.2").Says("CodeSign");
        Bench.Run($"{Tool} --list-interfaces").Succeeds().Says("version: 2.40").Says("version: 3.0").Says("version: 3.2");
    }

    [TestMethod]
    public void Watches_slots_until_told_to_stop() =>
        Bench.Run($"{Tool} --test-hotplug", "\nx\n").Succeeds().Says($"token label        : {Scratch}").Says("C_WaitForSlotEvent");
}
