using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CodeSign.Fuzz.Engine;

/// <summary>Ends the process when one input takes too long: CPU time, so that a busy machine is no hang, or waiting without end.</summary>
internal sealed partial class Watchdog
{
    private const int WaitingFactor = 20;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly TimeSpan _max;
    private long _started;

    private Watchdog(TimeSpan max) => _max = max;

    public static Watchdog Start(TimeSpan max)
    {
        Watchdog watchdog = new(max);
        new Thread(watchdog.Watch) { IsBackground = true, Name = "watchdog" }.Start();
        return watchdog;
    }

    /// <summary>An input begins.</summary>
    public void Begin() => Volatile.Write(ref _started, _started + 1);

    private void Watch()
    {
        using ManualResetEventSlim never = new();
        long watched = 0;
        TimeSpan cpu = default;
        long since = 0;
        while (true)
        {
            never.Wait(LookEvery);
            long started = Volatile.Read(ref _started);
            TimeSpan used = Process.GetCurrentProcess().TotalProcessorTime;
            if (started != watched)
            {
                (watched, cpu, since) = (started, used, Stopwatch.GetTimestamp());
            }
            else if (started > 0 && (used - cpu > _max || Stopwatch.GetElapsedTime(since) > _max * WaitingFactor))
            {
                Console.Error.WriteLine($"hang: one input took more than {_max.TotalSeconds} s");
                EndProcess((int)WorkerEnd.Hang);
            }
        }
    }

    // No exit handler shall wait for the thread that hangs.
    [LibraryImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void EndProcess(int status);
}
