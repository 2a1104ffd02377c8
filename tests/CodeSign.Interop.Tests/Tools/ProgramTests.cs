using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>Programs that speak PKCS#11 themselves: Pkcs11Interop (.NET), PyKCS11 (Python), strongSwan's pki, openvpn.</summary>
[TestClass]
public sealed class ProgramTests : ToolTests
{
    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    [DataRow(Ed25519)]
    [DataRow(HsmP256)]
    public void Pkcs11Interop_signs_in_one_piece_in_parts_and_from_four_threads(string name)
    {
        SigningKey key = Key(name);
        Document();
        TamperedDocument();
        DotnetClient(key, key.Token.Pin).Succeeds();
        foreach (string signature in Directory.GetFiles(Bench.Folder, "*.sig"))
        {
            Command verify = $"openssl dgst -{key.Hash} -verify {key.PublicKey} -signature {signature}";
            if (key.Name is Ed25519)
            {
                verify = $"openssl pkeyutl -verify -pubin -inkey {key.PublicKey} -sigfile {signature} -rawin -in";
            }
            Bench.Run($"{verify} data").Succeeds();
            Bench.Run($"{verify} tampered").Fails();
        }
        Assert.HasCount(key.IsRsa ? 18 : 17, Directory.GetFiles(Bench.Folder, "*.sig"));
    }

    [TestMethod]
    public void Pkcs11Interop_walks_over_all_that_the_module_offers()
    {
        if (Subject.Current is not ApplianceSubject ours)
        {
            Assert.Inconclusive("SoftHSM2 has no token to empty here.");
            return;
        }
        Bench.Set("DOTNET_ROOT", DotnetRoot);
        ToolRun walk = Bench.Run($"""
            {Path.Combine(AppContext.BaseDirectory, "CodeSign.Interop.DotnetClient")} token {Token.Module} own-dotnet {Token.Pin} {ours.SoPin}
            """).Succeeds();
        walk.Says("ok: token initialised").Says("ok: rsa").Says("ok: ecdsa").Says("ok: asked each time").Says("ok: events");
    }

    [TestMethod]
    public void Pkcs11Interop_learns_of_a_wrong_PIN()
    {
        Document();
        DotnetClient(Key(P256), Token.WrongPin).Fails().Says("CKR_PIN_INCORRECT");
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    [DataRow(Ed25519)]
    public void PyKCS11_signs_verifies_and_reads_no_private_value(string name)
    {
        SigningKey key = Key(name);
        Python(key, key.Token.Pin).Succeeds().Says("signed, verified, tampered refused, private value refused");
    }

    [TestMethod]
    public void PyKCS11_learns_of_a_wrong_PIN() => Python(Key(P256), Token.WrongPin).Fails().Says("CKR_PIN_INCORRECT");

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    public void StrongSwan_pki_makes_a_certificate(string name)
    {
        SigningKey key = Key(name);
        ToolRun run = Pki(key, Token.Pin);
        if (Subject.Current.IsOurs)
        {
            // It ends with a crash in SoftHSM2 after good output.
            run.Succeeds();
        }
        string pem = run.Output[run.Output.IndexOf("-----BEGIN", StringComparison.Ordinal)..];
        Bench.Write("c.pem", pem[..(pem.IndexOf("-----END CERTIFICATE-----", StringComparison.Ordinal) + 26)]);
        Bench.Run($"openssl verify -check_ss_sig -CAfile c.pem c.pem").Succeeds();
        Bench.Run($"openssl x509 -in c.pem -noout -pubkey -out c.pub").Succeeds();
        Assert.AreEqual(File.ReadAllText(key.PublicKey), Bench.ReadText("c.pub"));
    }

    [TestMethod]
    public void StrongSwan_pki_refuses_a_wrong_PIN() => Pki(Key(Rsa2048), Token.WrongPin).Fails().DoesNotSay("BEGIN CERTIFICATE");

    [TestMethod]
    public void Openvpn_lists_certificates_without_a_PIN()
    {
        ToolRun list = Bench.Run($"openvpn --show-pkcs11-ids {Token.Module}").Succeeds();
        list.Says("Serialized id").Says($"/{Token.Label}/{Key(Rsa2048).Id}").Says($"/{Token.Label}/{Key(P256).Id}");
    }

    // The runtime of these tests; its folder is three above the one of its libraries.
    private static string DotnetRoot => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../.."));

    private ToolRun DotnetClient(SigningKey key, string pin)
    {
        Bench.Set("DOTNET_ROOT", DotnetRoot);
        return Bench.Run($"""
            {Path.Combine(AppContext.BaseDirectory, "CodeSign.Interop.DotnetClient")} {key.Token.Module} {key.Token.Label} {pin} {key.Id}
            {key.Name} data
            """);
    }

    private ToolRun Python(SigningKey key, string pin) => Bench.Run($"""
        /usr/bin/python3 {Repository.PathOf("fixtures/files/pykcs11_client.py")} {key.Token.Module} {key.Token.Label} {pin} {key.Id} {key.Name}
        """);

    private ToolRun Pki(SigningKey key, string pin)
    {
        Bench.Set("STRONGSWAN_CONF", Bench.Write("ss.conf", $$"""
            libstrongswan {
              plugins {
                pkcs11 {
                  modules {
                    codesign {
                      path = {{key.Token.Module}}
                    }
                  }
                }
              }
            }
            pki {
              load = pkcs11 random sha1 sha2 x509 pkcs1 pkcs8 pem openssl
            }

            """));
        return Bench.Run($"""
            python3 {Repository.PathOf("fixtures/files/answer_prompt.py")} {pin} pki --self --type rsa --keyid {key.Id} --dn CN=x --digest sha256
            --outform pem
            """);
    }
}
