using CodeSign.Tests;

namespace CodeSign.Cryptoki.Tests;

[TestClass]
public sealed class FeatureMatrixTests
{
    [TestMethod]
    public void The_feature_matrix_equals_the_tables()
    {
        string path = Repository.PathOf("FEATURES.md");
        string wanted = FeatureMatrix.Write();
        if (Environment.GetEnvironmentVariable("UPDATE_FEATURES") is "1")
        {
            File.WriteAllText(path, wanted);
        }

        string found = File.Exists(path) ? File.ReadAllText(path) : "";

        Assert.AreEqual(
            wanted, found, "FEATURES.md is older than the tables: UPDATE_FEATURES=1 dotnet test --project tests/CodeSign.Cryptoki.Tests");
    }
}
