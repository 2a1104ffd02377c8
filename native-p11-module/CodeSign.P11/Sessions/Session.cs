using CodeSign.Cryptoki;
using CodeSign.P11.Objects;
using CodeSign.P11.Signing;
using CodeSign.P11.Tokens;

namespace CodeSign.P11.Sessions;

/// <summary>
/// One session and its active operations, which live here and not in the appliance. <see cref="Gate"/> is held for the whole of a
/// call that works on them, waiting for the appliance included: it keeps two threads that share one session apart, nobody else.
/// </summary>
internal sealed class Session(ulong handle, Token token, bool isReadWrite)
{
    private volatile bool _isEnding;

    public ulong Handle { get; } = handle;

    public Token Token { get; } = token;

    public bool IsReadWrite { get; } = isReadWrite;

    public Lock Gate { get; } = new();

    /// <summary>True once it is being closed: what is made in it now ends at once.</summary>
    public bool IsEnding
    {
        get => _isEnding;
        set => _isEnding = value;
    }

    public Search? Search { get; set; }

    public DigestOperation? Digest { get; set; }

    public SignOperation? Sign { get; set; }

    public VerifyOperation? Verify { get; set; }

    /// <summary>The signature under way: one whose key C_Logout or C_DestroyObject took ended with it.</summary>
    public SignOperation? ActiveSign(ObjectCache objects)
    {
        if (Sign is { } begun && objects.Find(begun.Key.Handle) is null)
        {
            begun.Dispose();
            Sign = null;
        }

        return Sign;
    }

    /// <summary>As <see cref="ActiveSign"/>.</summary>
    public VerifyOperation? ActiveVerify(ObjectCache objects)
    {
        if (Verify is { } begun && objects.Find(begun.Key.Handle) is null)
        {
            Verify = null;
        }

        return Verify;
    }

    /// <summary>
    /// True where an operation is active: a session does one thing at a time, as the token has no CKF_DUAL_CRYPTO_OPERATIONS (PKCS#11
    /// v3.2 section 5.1.6, CKR_OPERATION_ACTIVE).
    /// </summary>
    public bool IsBusy(ObjectCache objects) =>
        Search is not null || Digest is not null || ActiveSign(objects) is not null || ActiveVerify(objects) is not null;

    /// <summary>CK_SESSION_INFO.state.</summary>
    public CKS State => Token.Login.User switch
    {
        CKU.CKU_SO => CKS.CKS_RW_SO_FUNCTIONS,
        CKU.CKU_USER => IsReadWrite ? CKS.CKS_RW_USER_FUNCTIONS : CKS.CKS_RO_USER_FUNCTIONS,
        _ => IsReadWrite ? CKS.CKS_RW_PUBLIC_SESSION : CKS.CKS_RO_PUBLIC_SESSION,
    };

    /// <summary>CK_SESSION_INFO.flags.</summary>
    public ulong Flags => CKF.CKF_SERIAL_SESSION | (IsReadWrite ? CKF.CKF_RW_SESSION : 0);
}
