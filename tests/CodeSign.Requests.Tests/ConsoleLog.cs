using Microsoft.Extensions.Logging;

namespace CodeSign.Requests.Tests;

/// <summary>The appliance's log in the test's output: why something answered "internal".</summary>
internal sealed class ConsoleLog<T> : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Console.WriteLine($"{logLevel}: {formatter(state, exception)} {exception}");
}
