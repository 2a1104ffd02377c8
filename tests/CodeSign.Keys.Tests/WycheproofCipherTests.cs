using System.Text.Json;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys;
using CodeSign.Cryptoki;

namespace CodeSign.Keys.Tests;

/// <summary>The cases of C2SP Wycheproof for what enciphers keys, from the folder that CODESIGN_VECTORS names.</summary>
[TestClass]
public sealed class WycheproofCipherTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("aes_wrap_test.json", CKM.CKM_AES_KEY_WRAP)]
    [DataRow("aes_kwp_test.json", CKM.CKM_AES_KEY_WRAP_KWP)]
    [DataRow("aes_gcm_test.json", CKM.CKM_AES_GCM)]
    [DataRow("aes_cbc_pkcs5_test.json", CKM.CKM_AES_CBC_PAD)]
    [DataRow("rsa_oaep_2048_sha1_mgf1sha1_test.json", CKM.CKM_RSA_PKCS_OAEP)]
    [DataRow("rsa_oaep_2048_sha256_mgf1sha256_test.json", CKM.CKM_RSA_PKCS_OAEP)]
    [DataRow("rsa_oaep_3072_sha256_mgf1sha256_test.json", CKM.CKM_RSA_PKCS_OAEP)]
    [DataRow("rsa_oaep_4096_sha512_mgf1sha512_test.json", CKM.CKM_RSA_PKCS_OAEP)]
    public void No_case_goes_wrong(string file, CKM mechanism)
    {
        string? folder = Environment.GetEnvironmentVariable("CODESIGN_VECTORS");
        string path = Path.Combine(folder ?? "", "wycheproof", file);
        if (!File.Exists(path))
        {
            Assert.Inconclusive($"There is no {file} in CODESIGN_VECTORS/wycheproof.");
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        int run = 0;
        int skipped = 0;
        List<string> wrong = [];
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                if (IsStricter(group, test, mechanism))
                {
                    skipped++;
                    continue;
                }

                run++;
                string result = test.GetProperty("result").GetString()!;
                string? plain = Decipher(group, test, CipherMechanism.Find(mechanism)!);
                bool isRight = result is "invalid" ? plain is null : plain is null ? result is "acceptable" : plain == test.GetProperty("msg").GetString();
                if (!isRight)
                {
                    wrong.Add($"{test.GetProperty("tcId")}: {test.GetProperty("comment")}");
                }
            }
        }

        TestContext.WriteLine($"{file}: {run} run, {skipped} skipped, {wrong.Count} wrong");
        Assert.IsEmpty(wrong);
        Assert.IsGreaterThan(run / 2, run - skipped);
    }

    // Nothing is wrapped that has no bytes; IVs of GCM have 12 to 64, tags 12 to 16.
    private static bool IsStricter(JsonElement group, JsonElement test, CKM mechanism) =>
        (test.GetProperty("msg").GetString() is "" && test.GetProperty("result").GetString() is not "invalid")
        || (mechanism == CKM.CKM_AES_GCM && (group.GetProperty("ivSize").GetInt32() is < 96 or > 512 || group.GetProperty("tagSize").GetInt32() < 96));

    private static string? Decipher(JsonElement group, JsonElement test, CipherMechanism row)
    {
        byte[] Bytes(JsonElement of, string name) => of.TryGetProperty(name, out JsonElement value) ? Convert.FromHexString(value.GetString()!) : [];
        CipherParameters parameters = new() { Iv = Bytes(test, "iv"), AssociatedData = Bytes(test, "aad"), Label = Bytes(test, "label") };
        if (row.IsAsymmetric)
        {
            parameters = parameters with { Hash = HashOf(group.GetProperty("sha").GetString()!), MaskHash = HashOf(group.GetProperty("mgfSha").GetString()!) };
        }

        byte[] key = row.IsAsymmetric ? Bytes(group, "privateKeyPkcs8") : Bytes(test, "key");
        try
        {
            using SecretBytes plain = KeyCipher.Decipher(row, key, parameters, (byte[])[.. Bytes(test, "ct"), .. Bytes(test, "tag")]);
            return Convert.ToHexStringLower(plain.Span);
        }
        catch (FaultException)
        {
            return null;
        }
    }

    private static HashKind HashOf(string name) => DigestMechanism.Find(name.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant())!.Hash;
}
