namespace CodeSign.Keys.Tests;

internal static class Until
{
    /// <summary>Waits until a condition holds; fails after half a minute.</summary>
    public static async Task HoldsAsync(Func<bool> condition, string what, CancellationToken cancel)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromSeconds(30))
            {
                Assert.Fail("Never: " + what);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), cancel);
        }
    }
}
