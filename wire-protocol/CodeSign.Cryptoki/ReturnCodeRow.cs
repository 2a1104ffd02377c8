namespace CodeSign.Cryptoki;

/// <summary>One row per return value of PKCS#11: FEATURES.md and tests are queries over these rows.</summary>
/// <param name="Code">CKR_….</param>
/// <param name="Test">The test that provokes it from the built library, as Class.Method; null where it can't arise.</param>
/// <param name="WhyNever">Why it can't arise; null where it can.</param>
public sealed record ReturnCodeRow(CKR Code, string? Test, string? WhyNever)
{
    /// <summary>Every row, in the order of the numbers.</summary>
    public static IReadOnlyList<ReturnCodeRow> All { get; } = [.. ReturnCodeTable.Rows().OrderBy(row => row.Code)];
}
