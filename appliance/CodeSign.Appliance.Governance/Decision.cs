using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Governance;

/// <summary>The answer of a policy: a value that must be read, never an exception.</summary>
public sealed record Decision
{
    private Decision()
    {
    }

    public static Decision Allowed { get; } = new();

    public bool IsAllowed => Status == CKR.CKR_OK;

    /// <summary>CKR_OK, or what PKCS#11 calls the refusal.</summary>
    public CKR Status { get; private init; } = CKR.CKR_OK;

    /// <summary>A stable machine word: <c>policy.mechanism</c>.</summary>
    public string Reason { get; private init; } = "";

    /// <summary>One sentence for the user.</summary>
    public string Sentence { get; private init; } = "";

    public static Decision Denied(CKR status, string reason, string sentence) =>
        new() { Status = status, Reason = reason, Sentence = sentence };
}
