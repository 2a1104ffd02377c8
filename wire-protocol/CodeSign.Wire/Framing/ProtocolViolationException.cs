namespace CodeSign.Wire.Framing;

/// <summary>The peer broke the protocol: its connection is closed, nothing is answered.</summary>
public sealed class ProtocolViolationException(string message) : Exception(message);
