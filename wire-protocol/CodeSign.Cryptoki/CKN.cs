namespace CodeSign.Cryptoki;

/// <summary>Notifications to an application.</summary>
public enum CKN : ulong
{
    CKN_SURRENDER = 0x0,
    CKN_OTP_CHANGED = 0x1,
}
