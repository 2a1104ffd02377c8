using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>Keys that OpenSSL wrapped, brought in by OpenSC's pkcs11-tool, and what it says of those that don't leave.</summary>
[TestClass]
public sealed class Pkcs11ToolTransportTests : OwnTokenTests
{
    private const string Value = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F";
    private const string NoIv = "00000000000000000000000000000000";

    private Command Tool => $"pkcs11-tool --module {Token.Module} --token-label own-objects --login --pin {Token.Pin}";

    [TestMethod]
    [DataRow("AES-KEY-WRAP", "-id-aes256-wrap", "A6A6A6A6A6A6A6A6")]
    [DataRow("AES-CBC-PAD", "-aes-256-cbc", NoIv)]
    public void Brings_in_a_key_under_a_secret_one(string mechanism, string cipher, string iv)
    {
        BringCarrier();
        Bench.Write("key", new byte[32]);
        Bench.Run($"openssl enc {cipher} -K {Value} -iv {iv} -in key -out wrapped").Succeeds();
        string initial = mechanism is "AES-CBC-PAD" ? iv : "";
        Command unwrap = initial.Length > 0 ? $"{Tool} --iv {initial}" : Tool;

        Bench.Run($"{unwrap} --unwrap --mechanism {mechanism} --id {Id} -i wrapped --key-type AES: --application-id {Id}01 --sensitive --extractable")
            .Succeeds().Says("sensitive, extractable").DoesNotSay("local");

        // What came in leaves under trusted keys alone, and is never shown.
        Bench.Run($"{unwrap} --wrap --mechanism {mechanism} --id {Id} --application-id {Id}01 -o out").Fails().Says("CKR_KEY_NOT_WRAPPABLE");
        Bench.Run($"{Tool} --read-object --type secrkey --id {Id}01 -o out").Fails().Says("CKR_ATTRIBUTE_SENSITIVE");
        Bench.Run($"{unwrap} --unwrap --mechanism {mechanism} --id {Id} -i wrapped --key-type AES: --application-id {Id}02")
            .Fails().Says("CKR_TEMPLATE_INCONSISTENT");

        byte[] changed = Bench.Read("wrapped");
        changed[^1] ^= 0x40;
        Bench.Write("changed", changed);
        Bench.Run($"{unwrap} --unwrap --mechanism {mechanism} --id {Id} -i changed --key-type AES: --application-id {Id}03 --sensitive")
            .Fails().Says("CKR_WRAPPED_KEY_INVALID");
    }

    [TestMethod]
    public void Brings_in_a_key_under_an_RSA_key()
    {
        Bench.Run($"{Tool} --keypairgen --key-type rsa:3072 --id {Id} --label {Id} --usage-wrap").Succeeds().Says("unwrap");
        Bench.Run($"{Tool} --read-object --type pubkey --id {Id} -o public.der").Succeeds();
        Bench.Write("key", new byte[32]);
        Bench.Run($"openssl pkeyutl -encrypt -pubin -inkey public.der -keyform DER -in key -out wrapped").Succeeds();

        Bench.Run($"{Tool} --unwrap --mechanism RSA-PKCS --id {Id} -i wrapped --key-type AES: --application-id {Id}01 --sensitive").Succeeds();
    }

    [TestMethod]
    public void Says_that_a_key_never_leaves()
    {
        BringCarrier();
        Bench.Run($"{Tool} --keygen --key-type AES:32 --id {Id}01 --label closed-{Id} --sensitive").Succeeds();
        Bench.Run($"{Tool} --wrap --mechanism AES-KEY-WRAP --id {Id} --application-id {Id}01 -o out").Fails().Says("CKR_KEY_UNEXTRACTABLE");
    }

    private void BringCarrier()
    {
        Bench.Write("carrier", Convert.FromHexString(Value));
        Bench.Run($"{Tool} --write-object carrier --type secrkey --key-type AES:32 --id {Id} --label {Id} --usage-wrap").Succeeds().Says("wrap, unwrap");
    }
}
