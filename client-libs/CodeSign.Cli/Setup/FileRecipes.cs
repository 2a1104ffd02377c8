namespace CodeSign.Cli.Setup;

/// <summary>Tools that sign files: programs, archives, documents.</summary>
internal static class FileRecipes
{
    public static IReadOnlyList<Recipe> All { get; } =
    [
        new("openssl", """
            # Package: libengine-pkcs11-openssl. RSA and EC keys; the engine can't use Ed25519.
            export PKCS11_MODULE_PATH={MODULE}
            KEY='{URI}'
            openssl dgst -engine pkcs11 -keyform engine -sha256 -sign "$KEY" -out file.sig file
            openssl req -new -engine pkcs11 -keyform engine -key "$KEY" -subj '/CN=Example Ltd' -out request.csr
            {CERTIFICATE}
            openssl cms -sign -engine pkcs11 -keyform engine -inkey "$KEY" -signer {KEY}.crt -md sha256 -binary -in file -outform DER -out file.p7s
            # A CA's key is named differently: openssl x509 -req -engine pkcs11 -CAkeyform engine -CAkey "$KEY" ...
            # Doesn't work in OpenSSL 3.0: openssl ts -reply.
            """),
        new("osslsigncode", """
            # Windows programs (PE), MSI and CAB; PowerShell scripts and APPX with version 2.9. Packages: osslsigncode libengine-pkcs11-openssl.
            {CERTIFICATE}
            osslsigncode sign -pkcs11module {MODULE} -certs {KEY}.crt -key '{URI}' -h sha256 -in setup.exe -out setup-signed.exe
            # The certificate may come from the token, too: -pkcs11cert '{CERT-URI}' instead of -certs.
            # Leave -pkcs11engine away. Add a timestamp by -ts URL.
            osslsigncode verify -CAfile {KEY}.crt -in setup-signed.exe
            """),
        new("jarsigner", """
            # RSA and EC keys; the key needs a certificate in the token: csctl certificate self-sign or import.
            cat > p11.cfg <<'END'
            name = CodeSign
            library = {MODULE}
            slot = {SLOT}
            END
            jarsigner -keystore NONE -storetype PKCS11 -storepass:file PIN-FILE -providerClass sun.security.pkcs11.SunPKCS11 \
                -providerArg p11.cfg -signedjar app-signed.jar app.jar '{KEY}'
            # The alias is the certificate's label. keytool takes the same options: keytool -list -keystore NONE ...
            """),
        new("apksigner", """
            # Android packages; RSA and EC keys with a certificate. p11.cfg as 'csctl setup jarsigner' prints it.
            cat > p11.cfg <<'END'
            name = CodeSign
            library = {MODULE}
            slot = {SLOT}
            END
            apksigner -J-add-exports=jdk.crypto.cryptoki/sun.security.pkcs11=ALL-UNNAMED sign \
                --provider-class sun.security.pkcs11.SunPKCS11 --provider-arg p11.cfg \
                --ks NONE --ks-type PKCS11 --ks-pass file:PIN-FILE --ks-key-alias '{KEY}' --out app-signed.apk app-aligned.apk
            # A manifest that names no SDK needs --min-sdk-version. Check: apksigner verify --verbose app-signed.apk
            """),
        new("pdfsig", """
            # PDF documents; RSA keys with a certificate. Packages: poppler-utils libnss3-tools.
            mkdir -p nssdb && certutil -N -d sql:nssdb --empty-password
            modutil -dbdir sql:nssdb -add codesign -libfile {MODULE} -force
            # pdfsig takes the PIN on its command line alone, where other users of the machine can read it meanwhile.
            pdfsig -nssdir sql:nssdb -nss-pwd "{PIN}" -nick '{TOKEN}:{KEY}' -add-signature in.pdf out.pdf
            # The nickname is TOKEN:LABEL of the certificate. Judge by the written file.
            """),
        new("nss", """
            # An NSS database that knows the module (certutil, pdfsig, pesign use it). Package: libnss3-tools.
            mkdir -p nssdb && certutil -N -d sql:nssdb --empty-password
            modutil -dbdir sql:nssdb -add codesign -libfile {MODULE} -force
            certutil -K -d sql:nssdb -h '{TOKEN}' -f PIN-FILE
            certutil -L -d sql:nssdb -h '{TOKEN}' -f PIN-FILE
            # Ed25519 keys aren't usable in NSS.
            """),
        new("gnupg-pkcs11-scd", """
            # GnuPG signatures (files, git, packages) with an RSA key; it needs a certificate. Package: gnupg-pkcs11-scd.
            # ~/.gnupg/gpg-agent.conf (the path of ~/.gnupg must be short):
            #     scdaemon-program /usr/bin/gnupg-pkcs11-scd
            # ~/.gnupg/gnupg-pkcs11-scd.conf:
            #     providers codesign
            #     provider-codesign-library {MODULE}
            gpgconf --kill gpg-agent
            gpg-connect-agent 'SCD LEARN' 'LEARN --force' /bye    # prints S KEYPAIRINFO <grip> ...
            gpg --batch --generate-key <<'END'
            %no-protection
            Key-Type: RSA
            Key-Grip: <grip of the line above>
            Key-Usage: sign
            Name-Real: Example Ltd
            Name-Email: release@example.org
            Expire-Date: 0
            %commit
            END
            gpg -u release@example.org --detach-sign file
            """),
    ];
}
