namespace CodeSign.Cli.Output;

/// <summary>One fact about a T: its name in JSON (stable), its title in tables.</summary>
/// <param name="Name">snake_case.</param>
/// <param name="Title">Table heading.</param>
/// <param name="Value">string, bool, number, DateTimeOffset, list of strings, or null.</param>
/// <param name="InTable">False: JSON and single views only.</param>
internal sealed record Column<T>(string Name, string Title, Func<T, object?> Value, bool InTable = true);
