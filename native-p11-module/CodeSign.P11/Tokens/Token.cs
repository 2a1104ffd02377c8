using CodeSign.Cryptoki;
using CodeSign.Wire.V1;

namespace CodeSign.P11.Tokens;

/// <summary>One project as the application sees it: a slot with its token. The object stays the same while the module lives.</summary>
internal sealed class Token(ulong slotId, TokenDescription description)
{
    private volatile TokenDescription _description = description;
    private volatile bool _isPresent = true;
    private readonly Lock _sessionGate = new();
    private int _sessions;
    private int _readWriteSessions;

    public ulong SlotId { get; } = slotId;

    public string ProjectId => _description.ProjectId;

    /// <summary>As the appliance told it last.</summary>
    public TokenDescription Description
    {
        get => _description;
        set
        {
            _description = value;
            if (value.LoginRequired)
            {
                // Whoever was let in without a ticket, while any PIN would do, has none to show now.
                Login.ForgetIf([]);
            }
        }
    }

    /// <summary>False where the appliance doesn't show the project any more.</summary>
    public bool IsPresent
    {
        get => _isPresent;
        set => _isPresent = value;
    }

    public LoginState Login { get; } = new();

    /// <summary>Sessions open now, of both kinds.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>Read-write sessions open now.</summary>
    public int ReadWriteSessions => Volatile.Read(ref _readWriteSessions);

    /// <summary>True where private objects may be seen and used; the SO sees none.</summary>
    public bool ShowsPrivateObjects => Login.User is { } user ? user == CKU.CKU_USER : !_description.LoginRequired;

    /// <summary>CK_TOKEN_INFO.flags.</summary>
    public ulong Flags
    {
        get
        {
            TokenDescription now = _description;
            return CKF.CKF_RNG
                | CKF.CKF_RESTORE_KEY_NOT_NEEDED   // digests alone can be saved, and need no key
                | (now.LoginRequired ? CKF.CKF_LOGIN_REQUIRED : 0)
                | (now.UserPinInitialized ? CKF.CKF_USER_PIN_INITIALIZED : 0)
                | (now.TokenInitialized ? CKF.CKF_TOKEN_INITIALIZED : 0)
                | (now.UserPinCountLow ? CKF.CKF_USER_PIN_COUNT_LOW : 0)
                | (now.UserPinFinalTry ? CKF.CKF_USER_PIN_FINAL_TRY : 0)
                | (now.UserPinLocked ? CKF.CKF_USER_PIN_LOCKED : 0)
                | (now.SoPinCountLow ? CKF.CKF_SO_PIN_COUNT_LOW : 0)
                | (now.SoPinFinalTry ? CKF.CKF_SO_PIN_FINAL_TRY : 0)
                | (now.SoPinLocked ? CKF.CKF_SO_PIN_LOCKED : 0);
        }
    }

    public void SessionOpened(bool isReadWrite)
    {
        lock (_sessionGate)
        {
            _sessions++;
            _readWriteSessions += isReadWrite ? 1 : 0;
        }
    }

    /// <summary>False where a login has ended already, because the last session was closed while it was under way.</summary>
    public bool KeepLogin()
    {
        lock (_sessionGate)
        {
            if (_sessions == 0)
            {
                Login.Suspend();
            }

            return _sessions > 0;
        }
    }

    /// <summary>With the last session the login ends (PKCS#11 v3.0 section 5.6.2).</summary>
    public void SessionClosed(bool isReadWrite)
    {
        // One step with the count: a session opened meanwhile, and its login, come after it.
        lock (_sessionGate)
        {
            _readWriteSessions -= isReadWrite ? 1 : 0;
            if (--_sessions == 0)
            {
                Login.Suspend();
            }
        }
    }
}
