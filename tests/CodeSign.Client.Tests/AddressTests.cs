using CodeSign.Client.Tls;

namespace CodeSign.Client.Tests;

[TestClass]
public sealed class AddressTests
{
    [TestMethod]
    [DataRow("host", "host:7443")]
    [DataRow("host:1", "host:1")]
    [DataRow("https://host:65535/", "host:65535")]
    [DataRow("10.1.2.3:7443", "10.1.2.3:7443")]
    [DataRow("[::1]", "[::1]:7443")]
    [DataRow("::1", "[::1]:7443")]
    [DataRow("https://[fe80::1]:7", "[fe80::1]:7")]
    public void Reads_hosts_and_URLs(string text, string expected)
    {
        Assert.IsTrue(ServerAddress.TryParse(text, out ServerAddress address));
        Assert.AreEqual(expected, address.ToString());
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("host:")]
    [DataRow("host:0")]
    [DataRow("host:65536")]
    [DataRow("host:-1")]
    [DataRow("[::1")]
    [DataRow("[::1]x")]
    [DataRow("ho st")]
    [DataRow("host/path")]
    [DataRow("user@host")]
    public void Refuses_what_is_no_server(string text) => Assert.IsFalse(ServerAddress.TryParse(text, out _));

    [TestMethod]
    [DataRow(253, true)]
    [DataRow(254, false)]
    public void A_host_name_has_a_largest_length(int characters, bool isGood) =>
        Assert.AreEqual(isGood, ServerAddress.TryParse(new string('a', characters), out _));

    [TestMethod]
    [DataRow("a.example", "a.example", true)]
    [DataRow("A.Example", "a.example", true)]
    [DataRow("*.example.org", "a.example.org", true)]
    [DataRow("*.example.org", "a.b.example.org", false)]
    [DataRow("*.example.org", "example.org", false)]
    [DataRow("*.org", "example.org", false)]
    [DataRow("a*.example.org", "ab.example.org", false)]
    [DataRow("a.example", "b.example", false)]
    public void A_wildcard_stands_for_one_label(string pattern, string host, bool matches) =>
        Assert.AreEqual(matches, HostNames.Matches(pattern, host));
}
