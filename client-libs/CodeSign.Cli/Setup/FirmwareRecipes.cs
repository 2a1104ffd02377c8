namespace CodeSign.Cli.Setup;

/// <summary>Tools that sign what a machine boots or loads. All use OpenSSL's engine: RSA and EC keys.</summary>
internal static class FirmwareRecipes
{
    public static IReadOnlyList<Recipe> All { get; } =
    [
        new("sbsign", """
            # EFI programs; RSA. Packages: sbsigntool libengine-pkcs11-openssl.
            {CERTIFICATE}
            PKCS11_MODULE_PATH={MODULE} sbsign --engine pkcs11 --key '{URI}' --cert {KEY}.crt --output signed.efi unsigned.efi
            sbverify --cert {KEY}.crt signed.efi
            """),
        new("pesign", """
            # EFI programs; RSA with a certificate. Packages: pesign libnss3-tools.
            mkdir -p nssdb && certutil -N -d sql:nssdb --empty-password
            modutil -dbdir sql:nssdb -add codesign -libfile {MODULE} -force
            pesign -s -f -n nssdb -t '{TOKEN}' -c '{KEY}' -i unsigned.efi -o signed.efi
            # -c is the certificate's label without the token. The PIN is read from the terminal; what is typed before it asks is dropped.
            """),
        new("mkimage", """
            # U-Boot FIT images; RSA. Packages: u-boot-tools libengine-pkcs11-openssl.
            export PKCS11_MODULE_PATH={MODULE} MKIMAGE_SIGN_PIN="{PIN}"
            mkimage -f image.its -k '{TOKEN-PART}' -N pkcs11 -K control.dtb -r image.itb
            # -k has no 'pkcs11:' in front; the key's label is 'key-name-hint' in image.its: write '{KEY}' there.
            # mkimage reads public keys, too: on a token that also has Ed25519 keys set 'hide_key_types = EC_EDWARDS'.
            """),
        new("rauc", """
            # Update bundles; the certificate comes from the token. Packages: rauc libengine-pkcs11-openssl.
            export RAUC_PKCS11_MODULE={MODULE} RAUC_PKCS11_PIN="{PIN}"
            rauc bundle --cert='{OBJECT-URI}' --key='{OBJECT-URI}' content/ update.raucb
            # On the device: [keyring] check-purpose=codesign in system.conf, for a certificate that is for code signing only.
            """),
        new("evmctl", """
            # IMA signatures. Packages: ima-evm-utils libengine-pkcs11-openssl.
            {CERTIFICATE}
            PKCS11_MODULE_PATH={MODULE} evmctl ima_sign --sigfile --hashalgo sha256 --engine pkcs11 --key '{URI}' --keyid-from-cert {KEY}.crt file
            openssl x509 -in {KEY}.crt -outform DER -out {KEY}.der && evmctl ima_verify --sigfile --key {KEY}.der file
            """),
        new("kernel", """
            # Kernel modules. Debian 12's sign-file is built for an OpenSSL provider it doesn't have: sign with openssl, attach with sign-file.
            export PKCS11_MODULE_PATH={MODULE}
            {CERTIFICATE}
            openssl cms -sign -engine pkcs11 -keyform engine -inkey '{URI}' -signer {KEY}.crt -md sha256 -binary -noattr -nocerts \
                -in module.ko -outform DER -out module.p7
            /usr/lib/linux-kbuild-6.1/scripts/sign-file -s module.p7 sha256 {KEY}.crt module.ko module-signed.ko
            # A sign-file with engine support takes the URI itself: KBUILD_SIGN_PIN=... sign-file sha256 '{PLAIN-URI}' {KEY}.crt module.ko
            """),
    ];
}
