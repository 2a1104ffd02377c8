using System.Reflection;
using CodeSign.Tests;

namespace CodeSign.Wire.Tests;

/// <summary>
/// Old peers sent these bytes and always will. UPDATE_GOLDEN=1 writes the files that aren't there yet, for a new operation; it
/// never changes one that is.
/// </summary>
[TestClass]
public sealed class GoldenFrameTests
{
    public static IEnumerable<object[]> Exchanges => GoldenExchange.All.Select(exchange => new object[] { exchange });

    public static string NameOf(MethodInfo _, object[] data) => $"{((GoldenExchange)data[0]).Name}_has_not_changed";

    [TestMethod]
    [DynamicData(nameof(Exchanges), DynamicDataDisplayName = nameof(NameOf))]
    public void Has_not_changed(object data)
    {
        GoldenExchange exchange = (GoldenExchange)data;
        if (!File.Exists(exchange.BytesPath) && Environment.GetEnvironmentVariable("UPDATE_GOLDEN") is "1")
        {
            File.WriteAllBytes(exchange.BytesPath, exchange.Write());
            File.WriteAllText(exchange.MeaningPath, exchange.Read(exchange.Write()).Meaning);
        }

        Assert.IsTrue(File.Exists(exchange.BytesPath), $"{exchange.Name} has no golden frames: UPDATE_GOLDEN=1 dotnet test --project tests/CodeSign.Wire.Tests");
        byte[] file = File.ReadAllBytes(exchange.BytesPath);

        (string meaning, byte[] again) = exchange.Read(file);

        Assert.AreEqual(File.ReadAllText(exchange.MeaningPath), meaning);
        Assert.AreEqual(Convert.ToHexString(file), Convert.ToHexString(again));
    }

    [TestMethod]
    public void Every_file_belongs_to_an_operation() => Assert.AreSequenceEqual(
        GoldenExchange.All.Select(exchange => exchange.Name).Order(StringComparer.Ordinal),
        Directory.GetFiles(Repository.PathOf("fixtures/wire"), "*.bin").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
}
