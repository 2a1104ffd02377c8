using System.Reflection;
using CodeSign.Tests;
using CodeSign.Wire.Framing;

namespace CodeSign.Wire.Tests;

/// <summary>What a liar gets. UPDATE_GOLDEN=1 writes the files that aren't there yet.</summary>
[TestClass]
public sealed class HostileFrameTests
{
    public static IEnumerable<object[]> Frames => HostileFrame.All.Select(frame => new object[] { frame });

    public static string NameOf(MethodInfo _, object[] data) =>
        data[0] is HostileFrame { Refused: true } ? $"Refuses_{data[0]}" : $"Accepts_{data[0]}";

    [TestMethod]
    [DynamicData(nameof(Frames), DynamicDataDisplayName = nameof(NameOf))]
    public void Is_refused_or_accepted(object data)
    {
        HostileFrame frame = (HostileFrame)data;
        if (!File.Exists(frame.Path) && Environment.GetEnvironmentVariable("UPDATE_GOLDEN") is "1")
        {
            File.WriteAllBytes(frame.Path, frame.Bytes);
        }

        byte[] bytes = File.ReadAllBytes(frame.Path);

        Assert.AreEqual(Convert.ToHexString(frame.Bytes), Convert.ToHexString(bytes), "The file is another than the table says.");
        if (frame.Refused)
        {
            Assert.ThrowsExactly<ProtocolViolationException>(() => Read(frame.Reader, bytes));
        }
        else
        {
            Read(frame.Reader, bytes);
        }
    }

    [TestMethod]
    public void Every_file_is_in_the_table() => Assert.AreSequenceEqual(
        HostileFrame.All.Select(frame => frame.Name).Order(StringComparer.Ordinal),
        Directory.GetFiles(Repository.PathOf("fixtures/wire/hostile"), "*.bin").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    private static void Read(Reader reader, byte[] bytes)
    {
        if (reader == Reader.Server)
        {
            Wires.ReceiveRequest(bytes).Dispose();
        }
        else
        {
            Wires.ReceiveResponse(bytes).Dispose();
        }
    }
}
