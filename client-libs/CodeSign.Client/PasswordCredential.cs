namespace CodeSign.Client;

/// <summary>A user's name and password, given instead of a grant: to obtain one.</summary>
/// <param name="userName">As the appliance knows the user.</param>
/// <param name="password">The caller disposes it after the client.</param>
public sealed class PasswordCredential(string userName, ClientSecret password)
{
    public string UserName { get; } = userName;

    public ClientSecret Password { get; } = password;
}
