using CodeSign.Cryptoki;
using CodeSign.P11.Objects;
using CodeSign.Wire.V1;

namespace CodeSign.P11.Signing;

/// <summary>A verification that was begun.</summary>
internal sealed class VerifyOperation(SignatureMechanism mechanism, PssChoice? pss, TokenObject key, KeyFacts facts)
{
    public SignatureMechanism Mechanism { get; } = mechanism;

    public PssChoice? Pss { get; } = pss;

    public TokenObject Key { get; } = key;

    public KeyFacts Facts { get; } = facts;

    public MessageInput Input { get; } = new(mechanism);

    /// <summary>CK_SIGN_ADDITIONAL_CONTEXT, or null.</summary>
    public SignContext? Context { get; init; }

    /// <summary>True after C_VerifyUpdate.</summary>
    public bool IsMultiPart { get; set; }

    /// <summary>The signature where it was given first (C_VerifySignatureInit), else null.</summary>
    public byte[]? Signature { get; init; }
}
