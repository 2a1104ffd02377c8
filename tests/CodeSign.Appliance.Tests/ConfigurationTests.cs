using System.Net;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Transport;
using CodeSign.Tests;

namespace CodeSign.Appliance.Tests;

[TestClass]
public sealed class ConfigurationTests
{
    [TestMethod]
    public void Nothing_set_gives_the_defaults()
    {
        ApplianceOptions options = Read("# nothing\n\n");

        Assert.AreEqual(new IPEndPoint(IPAddress.Loopback, 7443), options.Listen);
        Assert.AreEqual(new IPEndPoint(IPAddress.Loopback, 8443), options.Https);
        Assert.AreEqual(ClientCertificates.Accepted, options.ClientCertificates);
        Assert.AreEqual(TransportKind.Sockets, options.Transport);
        Assert.IsEmpty(options.Hsms);
    }

    [TestMethod]
    public void Reads_what_is_set()
    {
        ApplianceOptions options = Read("""
            listen = [::1]:0
            https = off
            transport = kestrel
            host_name = sign.example.org, 192.0.2.1
            client_certificates = required
            tls_certificate = tls.pem
            tls_key = /etc/tls.key

            [hsm one]
            library = /usr/lib/p11.so
            token_label = a token
            pin_file = pin
            [hsm two]
            library = /usr/lib/p11.so
            token_serial = 00ff
            pin_credential = pin
            sessions = 8
            """);

        Assert.AreEqual(new IPEndPoint(IPAddress.IPv6Loopback, 0), options.Listen);
        Assert.IsNull(options.Https);
        Assert.AreEqual(TransportKind.Kestrel, options.Transport);
        Assert.AreEqual("sign.example.org 192.0.2.1", string.Join(' ', options.HostNames));
        Assert.AreEqual(ClientCertificates.Required, options.ClientCertificates);
        Assert.AreEqual("/data/tls.pem", options.CertificateFile);
        Assert.AreEqual("/etc/tls.key", options.CertificateKeyFile);
        Assert.AreEqual("/data/pin", options.Hsms[0].PinFile);
        Assert.AreEqual("a token", options.Hsms[0].TokenLabel);
        Assert.AreEqual(8, options.Hsms[1].Sessions);
    }

    [TestMethod]
    [DataRow("lissten = 127.0.0.1:1", "conf:1: there is no setting lissten.")]
    [DataRow("\n\nlisten", "conf:3: expected `name = value`")]
    [DataRow("listen = 127.0.0.1", "conf:1: listen = 127.0.0.1: expected an address with a port")]
    [DataRow("listen = ::1", "conf:1: listen = ::1: expected an address with a port")]
    [DataRow("https = on", "conf:1: https = on: expected an address with a port")]
    [DataRow("host_name = a b", "conf:1: host_name = a b: expected DNS names")]
    [DataRow("transport = carrier", "conf:1: transport = carrier: expected sockets or kestrel")]
    [DataRow("log_level = loud", "conf:1: log_level = loud: expected debug or information")]
    [DataRow("stop_seconds = -1", "conf:1: stop_seconds = -1: expected a number from 0 to 3600")]
    [DataRow("stop_seconds = 3601", "expected a number from 0 to 3600")]
    [DataRow("https = off\nhttps = off", "conf:2: https stands twice.")]
    [DataRow("tls_key = /k", "tls_certificate and tls_key belong together")]
    [DataRow("key_file = /a\0b", "conf:1: a NUL character")]
    [DataRow("[hsm a]\nlibrary = l\0", "conf:2: a NUL character")]
    [DataRow("[hsm]", "conf:1: expected `[hsm NAME]`.")]
    [DataRow("[tpm x]", "There is no kind of section [tpm …]")]
    [DataRow("[hsm a]\n[hsm a]", "conf:2: a second section [hsm a].")]
    [DataRow("[hsm a]\ntoken_label = t\npin_file = p", "conf:1: [hsm a] needs library")]
    [DataRow("[hsm a]\nlibrary = l\npin_file = p", "[hsm a] needs token_label or token_serial.")]
    [DataRow("[hsm a]\nlibrary = l\ntoken_label = t", "[hsm a] needs either pin_file or pin_credential.")]
    [DataRow("[hsm a]\nlibrary = l\ntoken_label = t\npin_file = p\npin = 1", "conf:5: there is no setting pin in [hsm …].")]
    public void Refuses_what_it_does_not_understand_and_says_where(string text, string expected)
    {
        ConfigurationException refusal = Assert.ThrowsExactly<ConfigurationException>(() => Read(text));

        Assert.Contains(expected, refusal.Message);
    }

    [TestMethod]
    public void The_example_names_only_settings_there_are()
    {
        string path = Path.Combine(Repository.Root, "appliance/CodeSign.Appliance/packaging/codesignd.conf");
        IEnumerable<string> lines = File.ReadLines(path)
            .Where(line => line.StartsWith('#') && !line.StartsWith("# ", StringComparison.Ordinal))
            .Select(line => line[1..])
            .Where(line => !line.StartsWith("pin_credential", StringComparison.Ordinal));

        ApplianceOptions options = Read(string.Join('\n', lines));

        Assert.HasCount(1, options.Hsms);
        Assert.AreEqual(new ApplianceOptions { Folder = "/data" }.Grace, options.Grace);
    }

    [TestMethod]
    public void Reads_a_file_of_the_limit_and_refuses_one_byte_more()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, new string('\n', ConfigurationFile.BytesMax));
            _ = ConfigurationFile.Read(path);
            File.AppendAllText(path, "\n");

            Assert.ThrowsExactly<ConfigurationException>(() => ConfigurationFile.Read(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static ApplianceOptions Read(string text) => ApplianceOptions.From("/data", ConfigurationFile.Parse("conf", text));
}
