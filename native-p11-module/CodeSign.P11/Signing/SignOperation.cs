using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.P11.Objects;
using CodeSign.Wire.V1;

namespace CodeSign.P11.Signing;

/// <summary>A signature that was begun: checked, and nothing sent yet.</summary>
internal sealed class SignOperation(SignatureMechanism mechanism, PssChoice? pss, TokenObject key, KeyFacts facts) : IDisposable
{
    public SignatureMechanism Mechanism { get; } = mechanism;

    public PssChoice? Pss { get; } = pss;

    public TokenObject Key { get; } = key;

    public KeyFacts Facts { get; } = facts;

    public MessageInput Input { get; } = new(mechanism);

    /// <summary>CK_SIGN_ADDITIONAL_CONTEXT, or null.</summary>
    public SignContext? Context { get; init; }

    /// <summary>True after C_SignUpdate: C_Sign may not end it any more.</summary>
    public bool IsMultiPart { get; set; }

    /// <summary>The ticket of a context-specific login: for this key, once.</summary>
    public ClientSecret? ContextTicket { get; set; }

    public void Dispose() => ContextTicket?.Dispose();
}
