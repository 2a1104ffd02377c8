namespace CodeSign.Fuzz.Targets.Operations;

/// <summary>The appliance answered that it failed.</summary>
internal sealed class InternalFaultException(string message, Exception? cause) : Exception(message, cause)
{
    // The cause first: it is what tells one such fault from another.
    public override string ToString() => $"{InnerException}\n{base.ToString()}";
}
