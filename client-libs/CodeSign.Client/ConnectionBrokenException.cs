namespace CodeSign.Client;

/// <summary>A connection that broke during a request; it is closed already.</summary>
/// <param name="fault">What to tell the user if the request isn't asked again.</param>
/// <param name="requestWasSent">False: the appliance can't have seen the whole request.</param>
internal sealed class ConnectionBrokenException(ApplianceException fault, bool requestWasSent) : Exception(fault.Message, fault)
{
    public ApplianceException Fault { get; } = fault;

    public bool RequestWasSent { get; } = requestWasSent;
}
