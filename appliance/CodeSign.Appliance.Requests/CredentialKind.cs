namespace CodeSign.Appliance.Requests;

/// <summary>How a caller proved who it is.</summary>
public enum CredentialKind
{
    Grant,
    Certificate,
    Password,

    /// <summary>The operating system's word for it: the 0600 socket on the server itself.</summary>
    Local,
}
