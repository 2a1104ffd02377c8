using CodeSign.Cryptoki;

namespace CodeSign.Client;

/// <summary>
/// A request that wasn't met: either the appliance refused it, or (reasons beginning with <c>client.</c>) it never got an answer.
/// The message is one sentence that says what is wrong and what to do.
/// </summary>
/// <param name="status">What PKCS#11 calls it.</param>
/// <param name="reason">A stable machine word, one of <see cref="ClientReason"/> or the appliance's own.</param>
/// <param name="message">One sentence for the user.</param>
/// <param name="correlationId">Names the event in the appliance's log; empty where the appliance didn't answer.</param>
/// <param name="cause">What was thrown below, or null.</param>
public sealed class ApplianceException(CKR status, string reason, string message, string correlationId = "", Exception? cause = null)
    : Exception(message, cause)
{
    public CKR Status { get; } = status;

    public string Reason { get; } = reason;

    public string CorrelationId { get; } = correlationId;

    /// <summary>True where the appliance itself answered.</summary>
    public bool IsRefusal => !Reason.StartsWith("client.", StringComparison.Ordinal);
}
