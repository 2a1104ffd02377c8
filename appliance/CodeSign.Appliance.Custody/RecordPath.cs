namespace CodeSign.Appliance.Custody;

/// <summary>Where a sealed record belongs. It is part of what is authenticated: moved elsewhere, a record does not open.</summary>
/// <param name="Table">Name of the table.</param>
/// <param name="Id">Id of the row.</param>
/// <param name="Column">Name of the column.</param>
public readonly record struct RecordPath(string Table, string Id, string Column);
