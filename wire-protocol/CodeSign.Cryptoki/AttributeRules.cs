namespace CodeSign.Cryptoki;

/// <summary>
/// What the standard says of an attribute of a class: the footnotes of PKCS#11 v3.2's table "Common footnotes for object attribute
/// tables", one flag each. Number 9 (a default of the token's own) is no rule and 13 (made by the module) is told by 4.
/// </summary>
[Flags]
public enum AttributeRules
{
    None = 0,

    /// <summary>1: must be given to C_CreateObject.</summary>
    RequiredOnCreate = 1 << 0,

    /// <summary>2: must not be given to C_CreateObject.</summary>
    ForbiddenOnCreate = 1 << 1,

    /// <summary>3: must be given to C_GenerateKey or C_GenerateKeyPair.</summary>
    RequiredOnGenerate = 1 << 2,

    /// <summary>4: must not be given to C_GenerateKey or C_GenerateKeyPair.</summary>
    ForbiddenOnGenerate = 1 << 3,

    /// <summary>5: must be given to C_UnwrapKey.</summary>
    RequiredOnUnwrap = 1 << 4,

    /// <summary>6: must not be given to C_UnwrapKey.</summary>
    ForbiddenOnUnwrap = 1 << 5,

    /// <summary>7: not revealed while CKA_SENSITIVE is true or CKA_EXTRACTABLE is false.</summary>
    Sensitive = 1 << 6,

    /// <summary>8: may be changed by C_SetAttributeValue, or while copying.</summary>
    Settable = 1 << 7,

    /// <summary>10: only the SO may make it true.</summary>
    TrueBySecurityOfficerOnly = 1 << 8,

    /// <summary>11: once true, it stays.</summary>
    StaysTrue = 1 << 9,

    /// <summary>12: once false, it stays.</summary>
    StaysFalse = 1 << 10,

    /// <summary>2, 4 and 6: the token alone gives it.</summary>
    TokenGiven = ForbiddenOnCreate | ForbiddenOnGenerate | ForbiddenOnUnwrap,
}
