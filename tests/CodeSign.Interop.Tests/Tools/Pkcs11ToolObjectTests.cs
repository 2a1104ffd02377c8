using System.Security.Cryptography;
using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>The object commands of OpenSC's pkcs11-tool, option by option, and how it reports what a token won't do.</summary>
[TestClass]
public sealed class Pkcs11ToolObjectTests : OwnTokenTests
{
    // Not the scratch token: Java refuses a whole token with two secret keys of one label, and pkcs11-tool doesn't mind.
    private Command Public => $"pkcs11-tool --module {Token.Module} --token-label own-objects";

    private Command Tool => $"{Public} --login --pin {Token.Pin}";

    [TestMethod]
    [DataRow("AES:16", "AES length 16")]
    [DataRow("AES:24", "AES length 24")]
    [DataRow("AES:32", "AES length 32")]
    [DataRow("GENERIC:1", "Generic secret length 1")]
    [DataRow("GENERIC:64", "Generic secret length 64")]
    [DataRow("GENERIC:4096", "Generic secret length 4096")]
    public void Generates_a_secret_key(string type, string described)
    {
        Bench.Run($"{Tool} --keygen --key-type {type} --id {Id} --label {Id} --sensitive --private").Succeeds()
            .Says(described).Says("sensitive, always sensitive, never extractable, local");
        Bench.Run($"{Tool} --read-object --type secrkey --id {Id} -o value").Fails().Says("CKR_ATTRIBUTE_SENSITIVE");
        Bench.Run($"{Public} -O --type secrkey").Succeeds().DoesNotSay(Id);
        Bench.Run($"{Tool} --delete-object --type secrkey --id {Id}").Succeeds();
        Bench.Run($"{Tool} --delete-object --type secrkey --id {Id}").Fails().Says("object not found");
    }

    [TestMethod]
    [DataRow("--keypairgen", "rsa:1024", "CKR_KEY_SIZE_RANGE")]
    [DataRow("--keypairgen", "rsa:2049", "CKR_KEY_SIZE_RANGE")]
    [DataRow("--keypairgen", "rsa:8192", "CKR_KEY_SIZE_RANGE")]
    [DataRow("--keypairgen", "EC:prime192v1", "0x140")]  // CKR_CURVE_NOT_SUPPORTED, for which the tool has no name
    [DataRow("--keypairgen", "GOSTR3410-2012-256:B", "Generate GOSTR3410 mechanism not supported")]
    [DataRow("--keygen", "AES:20", "CKR_ATTRIBUTE_VALUE_INVALID")]
    [DataRow("--keygen", "GENERIC:4097", "CKR_ATTRIBUTE_VALUE_INVALID")]
    [DataRow("--keygen", "DES:8", "Generate Key mechanism not supported")]
    [DataRow("--keygen", "DES3:24", "Generate Key mechanism not supported")]
    public void Says_why_a_key_is_not_made(string command, string type, string why) =>
        Bench.Run($"{Tool} {command} --key-type {type} --id {Id}").Fails().Says(why);

    [TestMethod]
    public void Makes_keys_as_its_options_say()
    {
        Bench.Run($"{Tool} --keypairgen --key-type EC:prime256v1 --id {Id} --label {Id} --extractable --private").Succeeds()
            .Says("sensitive, always sensitive, extractable, local");
        Bench.Run($"{Public} -O").Succeeds().DoesNotSay(Id);
        Bench.Run($"{Tool} -O --type pubkey").Succeeds().Says(Id);
        Bench.Run($"{Tool} --keypairgen --key-type rsa:2048 --id {Id} --label signs-{Id} --usage-sign").Succeeds().Says("Usage:      verify");
        Bench.Run($"{Tool} --keygen --key-type AES:16 --id {Id} --extractable").Succeeds().Says("VALUE:").Says("extractable, local");
        Bench.Run($"{Tool} --read-object --type secrkey --id {Id} -o value").Succeeds();
        Assert.HasCount(16, Bench.Read("value"));
    }

    [TestMethod]
    [DataRow("AES:32", 32)]
    [DataRow("AES:16", 16)]
    public void Writes_a_secret_key_that_can_be_read_back_only_where_it_says_so(string type, int bytes)
    {
        byte[] value = RandomNumberGenerator.GetBytes(bytes);
        Bench.Write("value", value);
        Command write = $"{Tool} --write-object value --type secrkey --key-type {type} --label {Id}";
        Bench.Run($"{write} --id {Id}00 --extractable").Succeeds().Says("extractable").DoesNotSay("local");
        Bench.Run($"{Tool} --read-object --type secrkey --id {Id}00 -o back").Succeeds();
        Assert.AreSequenceEqual(value, Bench.Read("back"));
        Bench.Run($"{write} --id {Id}01").Succeeds().DoesNotSay("local");
        Bench.Run($"{write} --id {Id}02 --extractable --sensitive").Succeeds().Says("sensitive, extractable");
        foreach (string hidden in new[] { "01", "02" })
        {
            Bench.Run($"{Tool} --read-object --type secrkey --id {Id}{hidden} -o back").Fails().Says("CKR_ATTRIBUTE_SENSITIVE");
        }
    }

    [TestMethod]
    [DataRow("AES:32", 31)]
    [DataRow("DES3:24", 24)]
    public void Refuses_secret_keys_that_no_algorithm_takes(string type, int bytes)
    {
        Bench.Write("value", RandomNumberGenerator.GetBytes(bytes));
        Bench.Run($"{Tool} --write-object value --type secrkey --key-type {type} --id {Id}").Fails().Says("C_CreateObject failed").Says("CKR_ATTRIBUTE_VALUE_INVALID");
    }

    [TestMethod]
    public void Writes_private_keys_as_its_options_say()
    {
        Bench.Run($"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -outform DER -out key.der").Succeeds();
        Command write = $"{Tool} --write-object key.der --type privkey --label {Id}";
        Bench.Run($"{write} --id {Id}00 --usage-sign --sensitive --private").Succeeds().Says("Access:     sensitive").DoesNotSay("always sensitive");
        Bench.Run($"{write} --id {Id}01 --usage-sign --extractable").Succeeds().Says("sensitive, extractable");
        Bench.Run($"{write} --id {Id}02 --usage-decrypt").Succeeds().Says("decrypt");
        Bench.Run($"{Tool} --delete-object --type privkey --id {Id}00").Succeeds();
        Bench.Run($"{Tool} --delete-object --type privkey --id {Id}00").Fails().Says("object not found");

        Bench.Run($"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -outform DER -out small.der").Succeeds();
        Bench.Run($"{Tool} --write-object small.der --type privkey --id {Id}03").Fails().Says("C_CreateObject failed").Says("CKR_KEY_SIZE_RANGE");
    }

    [TestMethod]
    public void Writes_certificates_and_what_is_named_by_them()
    {
        MakeCertificate();
        Bench.Run($"{Tool} --write-object cert.der --type cert --id {Id} --label {Id}").Succeeds().Says("CN=tool");
        Bench.Run($"{Public} --read-object --type cert --id {Id} -o back.der").Succeeds();
        Assert.AreSequenceEqual(Bench.Read("cert.der"), Bench.Read("back.der"));
        Bench.Run($"{Public} --read-object --type cert --label {Id} -o back.der").Succeeds();

        Bench.Run($"openssl pkey -in key.pem -outform DER -out key.der").Succeeds();
        Bench.Run($"{Tool} --write-object key.der --type privkey --id {Id} --label {Id} --attr-from cert.der").Succeeds().Says("Private Key Object");
        Bench.Write("junk", "not a certificate");
        Bench.Run($"{Tool} --write-object junk --type cert --id {Id}").Fails();
    }

    [TestMethod]
    public void Changes_the_id_of_every_kind_of_object()
    {
        string changed = $"{Id}ff";
        MakeCertificate();
        Bench.Run($"{Tool} --write-object cert.der --type cert --id {Id} --label {Id}").Succeeds();
        Bench.Run($"{Tool} --keypairgen --key-type EC:prime256v1 --id {Id} --label {Id}").Succeeds();
        Bench.Run($"{Tool} --keygen --key-type AES:16 --id {Id} --label {Id}").Succeeds();
        foreach (string type in new[] { "cert", "privkey", "pubkey", "secrkey" })
        {
            Bench.Run($"{Tool} --set-id {changed} --type {type} --id {Id}").Succeeds().Says($"ID:         {changed}");
            Bench.Run($"{Tool} --delete-object --type {type} --id {Id}").Fails().Says("object not found");
            Bench.Run($"{Tool} --delete-object --type {type} --id {changed}").Succeeds();
        }
    }

    [TestMethod]
    public void Writes_data_for_everyone_and_for_the_user_alone()
    {
        byte[] content = RandomNumberGenerator.GetBytes(3000);
        Bench.Write("content", content);
        Bench.Run($"{Tool} --write-object content --type data --label {Id} --application-label tests --application-id 1.2.840.{content.Length}").Succeeds();
        Bench.Run($"{Public} --read-object --type data --label {Id} -o back").Succeeds();
        Assert.AreSequenceEqual(content, Bench.Read("back"));

        Bench.Run($"{Tool} --write-object content --type data --label private-{Id} --application-id 1.2.3.4 --private").Succeeds().Says("private");
        Bench.Run($"{Public} --read-object --type data --label private-{Id} -o back").Fails().Says("object not found");
        Bench.Run($"{Public} --delete-object --type data --label private-{Id}").Fails().Says("object not found");
        Bench.Run($"{Tool} --read-object --type data --label private-{Id} -o back").Succeeds();
        Bench.Run($"{Public} --write-object content --type data --label private-{Id} --private").Fails().Says("CKR_USER_NOT_LOGGED_IN");
        Bench.Run($"{Tool} --delete-object --type data --label private-{Id}").Succeeds();
    }

    [TestMethod]
    public void Keeps_a_key_to_the_mechanisms_it_was_made_for()
    {
        Bench.Run($"{Tool} --keypairgen --key-type rsa:2048 --id {Id} --label {Id} --allowed-mechanisms SHA256-RSA-PKCS,SHA512-RSA-PKCS").Succeeds();
        Document();
        Bench.Run($"{Tool} -O --type privkey").Succeeds().Says("SHA256-RSA-PKCS,SHA512-RSA-PKCS");
        Bench.Run($"{Tool} --sign --id {Id} -m SHA512-RSA-PKCS -i data -o sig").Succeeds();
        Bench.Run($"{Tool} --sign --id {Id} -m SHA384-RSA-PKCS -i data -o sig").Fails().Says("C_SignInit failed");
    }

    [TestMethod]
    public void Unwraps_a_key_that_openssl_wrapped_and_wraps_under_trusted_keys_alone()
    {
        Command scratch = $"pkcs11-tool --module {Token.Module} --token-label {Scratch} --login --pin {Token.Pin}";
        byte[] carrier = RandomNumberGenerator.GetBytes(32);
        Bench.Write("carrier", carrier);
        Bench.Write("value", RandomNumberGenerator.GetBytes(16));
        Bench.Run($"openssl enc -id-aes256-wrap -K {Convert.ToHexString(carrier)} -iv A6A6A6A6A6A6A6A6 -in value -out wrapped").Succeeds();
        Bench.Run($"{scratch} --write-object carrier --type secrkey --key-type AES:32 --id {Id} --label c-{Id} --usage-wrap --sensitive --private").Succeeds();

        Command unwrap = $"{scratch} --unwrap --id {Id} --mechanism AES-KEY-WRAP -i wrapped --key-type AES: --application-id {Id}01 --application-label u-{Id}";
        Bench.Run($"{unwrap} --sensitive").Succeeds().Says("AES length 16").Says("Access:     sensitive");
        Bench.Run($"{unwrap}").Fails().Says("C_UnwrapKey failed").Says("CKR_TEMPLATE_INCONSISTENT");
        Bench.Run($"{scratch} --keygen --key-type AES:16 --id {Id}02 --label k-{Id} --extractable --sensitive --private").Succeeds();
        Bench.Run($"{scratch} --wrap --id {Id} --mechanism AES-KEY-WRAP --application-id {Id}02 -o out").Fails().Says("CKR_KEY_NOT_WRAPPABLE");
    }

    [TestMethod]
    public void Signs_with_a_key_that_wants_the_PIN_each_time()
    {
        Bench.Run($"{Tool} --keypairgen --key-type EC:prime256v1 --id {Id} --label {Id} --always-auth").Succeeds().Says("always authenticate");
        // At once, and in parts.
        Bench.Write("small", "less than the tool reads at once");
        Document();
        foreach (string input in new[] { "small", "data" })
        {
            Bench.Run($"{Tool} --sign --id {Id} -m ECDSA-SHA256 -i {input} -o sig").Succeeds();
            Bench.Run($"{Public} --verify --id {Id} -m ECDSA-SHA256 -i {input} --signature-file sig").Succeeds().Says("Signature is valid");
        }
    }

    [TestMethod]
    public void Does_not_delete_what_is_undestroyable_or_made_by_csctl()
    {
        // CKR_ACTION_PROHIBITED, for which the tool has no name.
        MakeCertificate();
        Bench.Run($"{Tool} --write-object cert.der --type cert --id {Id} --undestroyable").Succeeds();
        Bench.Run($"{Tool} --delete-object --type cert --id {Id}").Fails().Says("C_DestroyObject() failed").Says("0x1b");
        string made = Key(P256).Id;
        Command main = $"pkcs11-tool --module {Token.Module} --token-label {Token.Label} --login --pin {Token.Pin}";
        Bench.Run($"{main} --delete-object --type privkey --id {made}").Fails().Says("C_DestroyObject() failed").Says("0x1b");
        Bench.Run($"{main} --set-id 01 --type privkey --id {made}").Fails().Says("C_SetAttributeValue failed");
        Bench.Run($"{main} --read-object --type pubkey --id {made} -o k.der").Succeeds();
    }

    private void MakeCertificate()
    {
        Bench.Run($"openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -outform DER -out cert.der -subj /CN=tool -days 10").Succeeds();
    }
}
