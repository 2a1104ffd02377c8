namespace CodeSign.P11.Tests;

/// <summary>What was started for the whole run ends with it.</summary>
[TestClass]
public static class AssemblyEnd
{
    [AssemblyCleanup]
    public static void End()
    {
        Appliance.Stop();
        HostProgram.Clean();
    }
}
