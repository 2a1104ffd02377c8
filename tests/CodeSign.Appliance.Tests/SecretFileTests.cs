using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Health;
using CodeSign.Appliance.Hosting;

namespace CodeSign.Appliance.Tests;

[TestClass]
public sealed class SecretFileTests
{
    private readonly string _path = Path.GetTempFileName();

    [TestCleanup]
    public void Remove() => File.Delete(_path);

    [TestMethod]
    [DataRow("secret")]
    [DataRow("secret\n")]
    [DataRow("secret\r\nsecond line")]
    public void Takes_the_first_line(string content)
    {
        File.WriteAllText(_path, content);

        using SecretBytes secret = SecretFile.Read(_path);

        Assert.IsTrue(secret.FixedTimeEquals("secret"u8));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("\nsecret")]
    public void Refuses_an_empty_one(string content)
    {
        File.WriteAllText(_path, content);

        Assert.Contains("is empty", Assert.ThrowsExactly<ConfigurationException>(() => SecretFile.Read(_path)).Message);
    }

    [TestMethod]
    public void Takes_a_secret_of_the_limit_and_refuses_one_byte_more()
    {
        File.WriteAllBytes(_path, new byte[SecretFile.BytesMax]);
        using SecretBytes secret = SecretFile.ReadWhole(_path);
        Assert.AreEqual(SecretFile.BytesMax, secret.Length);

        File.WriteAllBytes(_path, new byte[SecretFile.BytesMax + 1]);
        Assert.ThrowsExactly<ConfigurationException>(() => SecretFile.ReadWhole(_path));
    }

    [TestMethod]
    public void Says_that_a_file_is_not_there()
    {
        Assert.Contains("can't be read", Assert.ThrowsExactly<ConfigurationException>(() => SecretFile.Read(_path + ".none")).Message);
    }

    [TestMethod]
    public async Task The_probe_says_when_the_data_folder_cannot_be_written()
    {
        Assert.IsNull(await new WriteProbe(Path.GetDirectoryName(_path)!, TimeProvider.System).ProblemAsync(CancellationToken.None));
        Assert.Contains("can't be written", (await new WriteProbe(_path + ".none", TimeProvider.System).ProblemAsync(CancellationToken.None))!);
    }
}
