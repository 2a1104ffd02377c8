using System.Security.Cryptography;
using CodeSign.Interop.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Tools;

/// <summary>What boots and runs devices, all through OpenSSL's engine: sbsign, U-Boot's mkimage, rauc, kernel modules, IMA.</summary>
[TestClass]
public sealed class FirmwareTests : ToolTests
{
    private const string SignFile = "/usr/lib/linux-kbuild-6.1/scripts/sign-file";

    [TestInitialize]
    public void PointTheEngineAtTheModule() => Bench.Set("PKCS11_MODULE_PATH", Token.Module);

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    public void Sbsign_signs_an_EFI_program(string name)
    {
        SigningKey key = Key(name);
        Inputs.EfiProgram(Bench, "a.efi");
        Bench.Run($"sbsign --engine pkcs11 --key {key.UriWithPin} --cert {key.Certificate} --output b.efi a.efi").Succeeds();
        Bench.Run($"sbverify --cert {key.Certificate} b.efi").Succeeds().Says("Signature verification OK");
        Bench.Tamper("b.efi", "tampered.efi", 0x500);
        Bench.Run($"sbverify --cert {key.Certificate} tampered.efi").Fails();

        Bench.Run($"sbsign --engine pkcs11 --key {key.UriWithWrongPin} --cert {key.Certificate} --output c.efi a.efi").Fails();
        Assert.IsFalse(File.Exists(Bench.At("c.efi")));
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    public void Mkimage_signs_a_boot_image(string name)
    {
        SigningKey key = Key(name);
        string bits = name["rsa".Length..];
        Bench.Write("kernel", string.Concat(Enumerable.Repeat("not a kernel\n", 300)));
        Bench.Write("f.its", $$"""
            /dts-v1/;
            / {
                description = "demo";
                #address-cells = <1>;
                images {
                    kernel {
                        description = "kernel"; data = /incbin/("kernel"); type = "kernel"; arch = "arm"; os = "linux";
                        compression = "none"; load = <0x8000>; entry = <0x8000>;
                        hash { algo = "sha256"; };
                        signature { algo = "sha256,rsa{{bits}}"; key-name-hint = "{{name}}"; };
                    };
                };
                configurations {
                    default = "c";
                    c { kernel = "kernel"; signature { algo = "sha256,rsa{{bits}}"; key-name-hint = "{{name}}"; sign-images = "kernel"; }; };
                };
            };

            """);
        Bench.Write("control.dts", "/dts-v1/;\n/ { };\n");
        Bench.Run($"dtc -O dtb -o control.dtb control.dts").Succeeds();
        Bench.Set("MKIMAGE_SIGN_PIN", Token.Pin);
        // It puts pkcs11: before what stands here, and object= and type= after it.
        Bench.Run($"mkimage -f f.its -k token={Token.Label} -N pkcs11 -K control.dtb -r f.itb").Succeeds();

        // Nothing in Debian checks such an image, but it is one PKCS#1 signature over the data.
        Bench.Write("sig", Property("f.itb", "/images/kernel/signature", "value"));
        Bench.Run($"openssl dgst -sha256 -verify {key.PublicKey} -signature sig kernel").Succeeds().Says("Verified OK");
        Bench.Tamper("kernel", "tampered", 100);
        Bench.Run($"openssl dgst -sha256 -verify {key.PublicKey} -signature sig tampered").Fails();
        using RSA rsa = RSA.Create();
        rsa.ImportFromPem(File.ReadAllText(key.PublicKey));
        Assert.AreSequenceEqual(rsa.ExportParameters(false).Modulus!, Property("control.dtb", $"/signature/key-{name}", "rsa,modulus"));
    }

    [TestMethod]
    public void Mkimage_needs_the_right_PIN()
    {
        Bench.Write("kernel", "x");
        Bench.Write("f.its", """
            /dts-v1/;
            / {
                description = "demo";
                #address-cells = <1>;
                images { kernel { description = "k"; data = /incbin/("kernel"); type = "kernel"; arch = "arm"; os = "linux"; compression = "none";
                    load = <0x8000>; entry = <0x8000>; signature { algo = "sha256,rsa2048"; key-name-hint = "rsa2048"; }; }; };
                configurations { default = "c"; c { kernel = "kernel"; }; };
            };

            """);
        Bench.Set("MKIMAGE_SIGN_PIN", Token.WrongPin);
        Bench.Run($"mkimage -f f.its -k token={Token.Label} -N pkcs11 -r f.itb").Fails();
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(P256)]
    [DataRow(P384)]
    [DataRow(P521)]
    public void Rauc_signs_an_update_bundle(string name)
    {
        SigningKey key = Key(name);
        Bench.Set("RAUC_PKCS11_MODULE", Token.Module).Set("RAUC_PKCS11_PIN", Token.Pin);
        Bench.Write("in/rootfs.img", RandomNumberGenerator.GetBytes(20_000));
        Bench.Write("in/manifest.raucm", """
            [update]
            compatible=demo
            version=1
            [image.rootfs]
            filename=rootfs.img

            """);
        Bench.Write("sys.conf", $"""
            [system]
            compatible=demo
            bootloader=noop
            [keyring]
            path={key.Certificate}
            check-purpose=codesign

            """);
        string uri = $"pkcs11:token={Token.Label};object={name}";
        Bench.Run($"rauc --conf=sys.conf --keyring={key.Certificate} bundle --cert={uri} --key={uri} in b.raucb").Succeeds();
        Command info = $"rauc --conf=sys.conf --keyring={key.Certificate} info";
        Bench.Run($"{info} b.raucb").Succeeds().Says("demo");
        Bench.Tamper("b.raucb", "tampered.raucb", 2000);
        Bench.Run($"{info} tampered.raucb").Fails();

        Bench.Set("RAUC_PKCS11_PIN", Token.WrongPin);
        Bench.Run($"rauc --conf=sys.conf --keyring={key.Certificate} bundle --cert={uri} --key={uri} in c.raucb").Fails();
        Assert.IsFalse(File.Exists(Bench.At("c.raucb")));
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(P256)]
    [DataRow(P384)]
    public void Sign_file_attaches_a_signature_to_a_kernel_module(string name)
    {
        // Debian's sign-file knows OpenSSL's provider only, so openssl signs and sign-file attaches.
        SigningKey key = Key(name);
        Bench.Write("m.ko", string.Concat(Enumerable.Repeat("not a module\n", 300)));
        Bench.Tamper("m.ko", "tampered.ko", 100);
        Bench.Run($"""
            openssl cms -sign -engine pkcs11 -keyform engine -inkey {key.UriWithPin} -signer {key.Certificate} -md sha256 -binary -noattr
            -nocerts -in m.ko -outform DER -out m.p7
            """).Succeeds();
        Bench.Run($"{SignFile} -s m.p7 sha256 {key.Certificate} m.ko m.signed.ko").Succeeds();
        Assert.IsTrue(Bench.Read("m.signed.ko").AsSpan().EndsWith("~Module signature appended~\n"u8));
        Command verify = $"""
            openssl cms -verify -binary -inform DER -in m.p7 -certfile {key.Certificate} -CAfile {key.Certificate} -purpose any -nointern -out out
            """;
        Bench.Run($"{verify} -content m.ko").Succeeds().Says("Verification successful");
        Bench.Run($"{verify} -content tampered.ko").Fails();
    }

    [TestMethod]
    [DataRow(Rsa2048)]
    [DataRow(Rsa3072)]
    [DataRow(Rsa4096)]
    [DataRow(P256)]
    [DataRow(P384)]
    public void Evmctl_signs_a_file_for_IMA(string name)
    {
        SigningKey key = Key(name);
        Bench.Write("f", "measured\n");
        Bench.Run($"openssl x509 -in {key.Certificate} -outform DER -out key.der").Succeeds();
        Command sign = $"evmctl ima_sign --sigfile --hashalgo sha256 --engine pkcs11 --keyid-from-cert {key.Certificate}";
        Bench.Run($"{sign} --key {key.UriWithPin} f").Succeeds();
        Bench.Run($"evmctl ima_verify --sigfile --key key.der f").Succeeds().Says("verification is OK");
        Bench.Write("f", "changed\n");
        Bench.Run($"evmctl ima_verify --sigfile --key key.der f").Fails();

        File.Delete(Bench.At("f.sig"));
        Bench.Run($"{sign} --key {key.UriWithWrongPin} f").Fails();
        Assert.IsFalse(File.Exists(Bench.At("f.sig")));
    }

    private byte[] Property(string file, string node, string property) =>
        [.. Bench.Run($"fdtget -t bx {file} {node} {property}").Succeeds().Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(octet => Convert.ToByte(octet, 16))];
}
