namespace CodeSign.Cli.Setup;

/// <summary>Tools and libraries that work with a token as such.</summary>
internal static class KeyRecipes
{
    public static IReadOnlyList<Recipe> All { get; } =
    [
        new("pkcs11-tool", """
            # Package: opensc. --token-label is compared by prefix; --sign takes the key by --id, not by --label.
            export PIN="{PIN}"
            pkcs11-tool --module {MODULE} --token-label '{TOKEN}' --login --pin env:PIN -O
            pkcs11-tool --module {MODULE} --token-label '{TOKEN}' --login --pin env:PIN --sign --id ID -m SHA256-RSA-PKCS -i file -o file.sig
            # EC keys: -m ECDSA --signature-format openssl, with the digest as input. Ed25519: -m EDDSA, with the file. 'csctl objects' shows ids.
            """),
        new("p11tool", """
            # Package: gnutls-bin.
            export GNUTLS_PIN="{PIN}"
            p11tool --provider {MODULE} --list-tokens
            p11tool --provider {MODULE} --login --list-all '{TOKEN-URI}'
            p11tool --provider {MODULE} --login --test-sign '{OBJECT-URI}'
            certtool --provider {MODULE} --generate-request --load-privkey '{PLAIN-URI}' --template request.tmpl --outfile request.csr
            """),
        new("pykcs11", """
            # Package: python3-pykcs11.
            import PyKCS11
            lib = PyKCS11.PyKCS11Lib()
            lib.load("{MODULE}")
            slot = next(s for s in lib.getSlotList(tokenPresent=True) if lib.getTokenInfo(s).label.strip() == {TOKEN-LITERAL})
            session = lib.openSession(slot)
            session.login(open("PIN-FILE").readline().rstrip("\n"))
            key = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_LABEL, "{KEY}")])[0]
            signature = bytes(session.sign(key, open("file", "rb").read(), PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS)))
            """),
        new("ssh", """
            # RSA and EC keys; OpenSSH 9.2 takes no Ed25519 key from a module. The module's path must be the real one, without links.
            MODULE=$(readlink -f {MODULE})
            ssh-keygen -D "$MODULE"                      # public keys; no PIN
            ssh -I "$MODULE" user@host                   # one login
            eval "$(ssh-agent -P "$MODULE")"             # set the module's variables before: the agent's helper inherits them
            ssh-add -s "$MODULE"                         # asks for the PIN
            ssh-keygen -Y sign -f {KEY}.pub -n file data # {KEY}.pub: the line of ssh-keygen -D
            ssh-keygen -s {KEY}.pub -D "$MODULE" -I id -n user user.pub   # the key as an SSH CA
            git config gpg.format ssh && git config user.signingkey "$PWD/{KEY}.pub"
            """),
        new("p11-kit", """
            # Every program that uses p11-kit sees the token then. For root: /etc/pkcs11/modules/ (p11-kit ignores root's ~/.config).
            mkdir -p ~/.config/pkcs11/modules
            printf 'module: %s\n' {MODULE} > ~/.config/pkcs11/modules/codesign.module
            p11-kit list-modules
            # Over a socket (containers): p11-kit server --provider {MODULE} '{TOKEN-URI}'. Version 0.24 can't sign with Ed25519 that way.
            """),
        new("strongswan", """
            # The pki tool; RSA. Packages: strongswan-pki libstrongswan-extra-plugins. strongswan.conf:
            #     libstrongswan { plugins { pkcs11 { modules { codesign { path = {MODULE} } } } } }
            pki --req --type rsa --keyid ID --dn 'CN=Example Ltd' --digest sha256 --outform pem
            # ID is the key's CKA_ID in hex ('csctl objects'); the PIN is asked for on the terminal.
            """),
    ];
}
