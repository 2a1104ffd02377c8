namespace CodeSign.Keys.Tests;

[TestClass]
public static class AssemblyEnd
{
    [AssemblyCleanup]
    public static void RemoveTokens() => SoftHsm.Remove();
}
