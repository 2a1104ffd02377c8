namespace CodeSign.Cryptoki;

/// <summary>One row per function of PKCS#11: exports, function lists, FEATURES.md and tests are queries over these rows.</summary>
/// <param name="Name">C_…, as the standard spells it.</param>
/// <param name="Since">The first function list it stands in.</param>
/// <param name="Answer">CKR_OK where it works; else the return value every well-formed call gets.</param>
/// <param name="WhyNot">Null where it works; else one sentence for FEATURES.md.</param>
public sealed record FunctionRow(string Name, InterfaceVersion Since, CKR Answer, string? WhyNot)
{
    /// <summary>
    /// Every row, in the order of the newest function list (CK_FUNCTION_LIST_3_2); the older lists are its beginnings, and the
    /// index is the place in the list.
    /// </summary>
    public static IReadOnlyList<FunctionRow> All { get; } = FunctionTable.Rows();

    /// <summary>True where the function does its work.</summary>
    public bool Supported => WhyNot is null;

    /// <summary>The row of a name, or null.</summary>
    public static FunctionRow? Find(string name) => All.FirstOrDefault(row => string.Equals(row.Name, name, StringComparison.Ordinal));
}
