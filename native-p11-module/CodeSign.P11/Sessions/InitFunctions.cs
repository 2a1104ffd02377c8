using System.Text;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Objects;
using CodeSign.P11.Tokens;
using CodeSign.Wire;

namespace CodeSign.P11.Sessions;

/// <summary>C_InitToken and C_InitPIN (PKCS#11 v3.2 section 5.5).</summary>
internal static unsafe class InitFunctions
{
    /// <summary>Bytes of the label, padded with blanks.</summary>
    private const int LabelBytes = 32;

    public static CKR InitToken(Module module, ulong slotId, byte* pin, ulong pinBytes, byte* label)
    {
        CKR rv = SlotFunctions.Look(module, slotId, out Token? token);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        if (label is null || !Buffers.TryRead(pin, pinBytes, out ReadOnlySpan<byte> given))
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        if (given.IsEmpty || given.Length > ProtocolLimits.PinBytesMax)
        {
            return CKR.CKR_PIN_INCORRECT;
        }

        if (token!.Sessions > 0)
        {
            return Boundary.Refuse(CKR.CKR_SESSION_EXISTS, "A token is initialised while this application has no session with it.");
        }

        string name = Encoding.UTF8.GetString(label, LabelBytes).TrimEnd(' ');
        try
        {
            token.Description = module.Client.InitToken(token.ProjectId, name, given);
        }
        finally
        {
            // A wrong SO PIN shows in the flags, too.
            module.Tokens.Expire();
        }

        token.Login.Forget();
        module.Objects.RemoveAll(token);
        return CKR.CKR_OK;
    }

    public static CKR InitPin(Module module, ulong sessionHandle, byte* pin, ulong pinBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        if (!Buffers.TryRead(pin, pinBytes, out ReadOnlySpan<byte> given))
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        if (session.Token.Login.User != CKU.CKU_SO)
        {
            return CKR.CKR_USER_NOT_LOGGED_IN;
        }

        if (given.IsEmpty || given.Length > ProtocolLimits.PinBytesMax)
        {
            return Boundary.Refuse(CKR.CKR_PIN_LEN_RANGE, $"A PIN has 1 to {ProtocolLimits.PinBytesMax} bytes.");
        }

        Ask(module, session.Token, given);
        module.Tokens.Expire();
        return CKR.CKR_OK;
    }

    private static void Ask(Module module, Token token, ReadOnlySpan<byte> pin)
    {
        // The PIN stays in the host's memory: it is sent from there.
        fixed (byte* start = pin)
        {
            nint memory = (nint)start;
            int bytes = pin.Length;
            Ticketed.Ask(module, token, ticket =>
            {
                module.Client.InitPin(token.ProjectId, new ReadOnlySpan<byte>((byte*)memory, bytes), ticket);
                return true;
            });
        }
    }
}
