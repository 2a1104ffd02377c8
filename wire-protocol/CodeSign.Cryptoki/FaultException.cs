namespace CodeSign.Cryptoki;

/// <summary>
/// A request that can't be met: it is answered with this status and this sentence. Never thrown for a broken peer
/// (that closes the connection) and never for a defect of ours (that is any other exception, answered in general words).
/// </summary>
/// <param name="status">What PKCS#11 calls it.</param>
/// <param name="reason">A stable machine word, dotted: <c>pin.incorrect</c>.</param>
/// <param name="message">One sentence for the user: what is wrong and what to do. No secret, no internal detail.</param>
public sealed class FaultException(CKR status, string reason, string message) : Exception(message)
{
    public CKR Status { get; } = status;

    public string Reason { get; } = reason;
}
