namespace CodeSign.Cli;

/// <summary>A command that can't go on, for a reason on this side.</summary>
/// <param name="code">How csctl ends.</param>
/// <param name="message">One sentence: what is wrong and what to do.</param>
/// <param name="cause">What was thrown below, or null.</param>
internal sealed class CommandFault(ExitCode code, string message, Exception? cause = null) : Exception(message, cause)
{
    public ExitCode Code { get; } = code;

    public static CommandFault Usage(string message) => new(ExitCode.Usage, message);

    public static CommandFault NotFound(string message) => new(ExitCode.NotFound, message);

    public static CommandFault File(string message, Exception? cause = null) => new(ExitCode.Configuration, message, cause);
}
