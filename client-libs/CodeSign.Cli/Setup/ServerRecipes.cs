namespace CodeSign.Cli.Setup;

/// <summary>TLS servers and clients whose private key stays in the appliance.</summary>
internal static class ServerRecipes
{
    public static IReadOnlyList<Recipe> All { get; } =
    [
        new("nginx", """
            # Package: libengine-pkcs11-openssl; RSA and EC. The certificate is one for TLS servers, in a file.
            # The environment of nginx's service (systemctl edit nginx):  Environment=PKCS11_MODULE_PATH={MODULE}
            # nginx.conf, outside of http { }:
            ssl_engine pkcs11;
            env PKCS11_MODULE_PATH;
            # in server { }:
            ssl_certificate /etc/nginx/site.crt;
            ssl_certificate_key "engine:pkcs11:{URI}";
            # The master reads configuration, grant and PIN; its workers keep them in memory.
            """),
        new("apache", """
            # Package: libengine-pkcs11-openssl; RSA and EC. PKCS11_MODULE_PATH={MODULE} in /etc/apache2/envvars (export).
            # Outside of <VirtualHost>:
            SSLCryptoDevice pkcs11
            # In <VirtualHost>:
            SSLCertificateFile /etc/apache2/site.crt
            SSLCertificateKeyFile "{URI}"
            """),
        new("stunnel", """
            # Package: libengine-pkcs11-openssl; RSA and EC. stunnel.conf:
            engine = pkcs11
            engineCtrl = MODULE_PATH:{MODULE}
            engineCtrl = PIN:the PIN

            [service]
            engineId = pkcs11
            accept = 443
            connect = 127.0.0.1:8080
            cert = /etc/stunnel/site.crt
            key = {PLAIN-URI}
            """),
        new("curl", """
            # A client certificate whose key is in the token. Package: libengine-pkcs11-openssl; RSA and EC.
            PKCS11_MODULE_PATH={MODULE} curl --engine pkcs11 --key-type ENG --key '{URI}' --cert client.crt https://server.example/
            """),
        new("openvpn", """
            # The key needs a certificate in the token.
            openvpn --show-pkcs11-ids {MODULE}           # prints the serialized id; no PIN
            # Client configuration:
            pkcs11-providers {MODULE}
            pkcs11-id 'the serialized id'
            """),
    ];
}
