using Microsoft.Extensions.Logging;

namespace CodeSign.Fuzz.Targets.Operations;

/// <summary>The appliance's log, for the reason of an answer "internal".</summary>
internal sealed class FaultLog<T> : ILogger<T>
{
    /// <summary>The latest fault; whoever looks takes it.</summary>
    public Exception? Fault { get; set; }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Fault = exception ?? new InvalidOperationException(formatter(state, exception));
}
