using CodeSign.Wire;
using Google.Protobuf;

namespace CodeSign.Client;

/// <summary>One request before it is put on a connection; it may be put on two, one after the other.</summary>
internal readonly ref struct Question(
    OperationCode operation,
    IMessage body,
    ReadOnlySpan<byte> ticket,
    ReadOnlySpan<byte> secret,
    ReadOnlySpan<byte> secondSecret,
    int secrets)
{
    public OperationCode Operation { get; } = operation;

    public IMessage Body { get; } = body;

    public ReadOnlySpan<byte> Ticket { get; } = ticket;

    public ReadOnlySpan<byte> Secret { get; } = secret;

    public ReadOnlySpan<byte> SecondSecret { get; } = secondSecret;

    public int Secrets { get; } = secrets;

    /// <summary>
    /// May be asked twice although the first may have been served: it changes nothing, or (Sign) carries an id by which the
    /// appliance knows it again. A wrong PIN would be counted twice, so Login isn't among them.
    /// </summary>
    public bool MayBeAskedTwice => Operation is OperationCode.Hello or OperationCode.ListTokens or OperationCode.Logout
        or OperationCode.FindObjects or OperationCode.GetAttributes or OperationCode.Sign or OperationCode.Random
        or OperationCode.ListUsers or OperationCode.ListGrants or OperationCode.ListClientCertificates or OperationCode.ListProjects
        or OperationCode.ListEnvironments or OperationCode.EndApplication or OperationCode.ExportAudit or OperationCode.Status or OperationCode.CreateCsr;
}
