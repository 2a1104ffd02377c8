using CodeSign.Tests;

namespace CodeSign.Keys.Tests;

internal static class OpenSsl
{
    /// <summary>Runs openssl in the workbench's folder; it must succeed.</summary>
    public static void OpenSslDoes(this Workbench bench, params string[] arguments)
    {
        Command command = new(0, arguments.Length + 1);
        command.AppendFormatted("openssl");
        foreach (string argument in arguments)
        {
            command.AppendLiteral(" ");
            command.AppendFormatted(argument);
        }

        _ = bench.Run(command).Succeeds();
    }
}
