using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace CodeSign.Appliance.Hosting;

/// <summary>
/// SIGTERM and SIGINT stop the daemon, SIGHUP makes it load its TLS certificate again. Taken over only once there is something to
/// finish: before that a signal ends the process as usual.
/// </summary>
internal sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    [SuppressMessage("Reliability", "CA2000", Justification = "Dispose ends the registrations.")]
    public Signals(Action reload) => _registrations =
    [
        On(PosixSignal.SIGTERM, End),
        On(PosixSignal.SIGINT, End),
        On(PosixSignal.SIGHUP, reload),
    ];

    /// <summary>Cancelled when the daemon is to stop.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Ends when the daemon is to stop.</summary>
    public Task WaitAsync() => _stopped.Task;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
    }

    private static PosixSignalRegistration On(PosixSignal signal, Action act) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        act();
    });

    private void End()
    {
        _stop.Cancel();
        _stopped.TrySetResult();
    }
}
