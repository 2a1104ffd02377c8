using CodeSign.Cryptoki;

namespace CodeSign.Wire.Framing;

/// <summary>How a request ended when it didn't succeed: the message Status of frame.proto.</summary>
/// <param name="Ckr">What PKCS#11 calls it.</param>
/// <param name="Reason">A stable machine word.</param>
/// <param name="Message">One sentence for the user.</param>
/// <param name="CorrelationId">Names the event in the appliance's log; may be empty.</param>
public sealed record WireStatus(CKR Ckr, string Reason, string Message, string CorrelationId);
