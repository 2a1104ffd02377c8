using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Objects;
using CodeSign.P11.Signing;
using CodeSign.P11.Tokens;

namespace CodeSign.P11.Sessions;

/// <summary>Sessions (PKCS#11 v3.0 section 5.6), but for logins.</summary>
internal static unsafe class SessionFunctions
{
    public static CKR Open(Module module, ulong slotId, ulong flags, ulong* handle)
    {
        if (handle is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        if ((flags & CKF.CKF_SERIAL_SESSION) == 0)
        {
            return CKR.CKR_SESSION_PARALLEL_NOT_SUPPORTED;
        }

        if ((flags & CKF.CKF_ASYNC_SESSION) != 0)
        {
            return Boundary.Refuse(CKR.CKR_SESSION_ASYNC_NOT_SUPPORTED, "Sessions are synchronous.");
        }

        CKR rv = SlotFunctions.Look(module, slotId, out Token? token);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        bool isReadWrite = (flags & CKF.CKF_RW_SESSION) != 0;
        if (!isReadWrite && token!.Login.User == CKU.CKU_SO)
        {
            return CKR.CKR_SESSION_READ_WRITE_SO_EXISTS;
        }

        if (module.Sessions.Open(token!, isReadWrite) is not { } session)
        {
            return Boundary.Refuse(CKR.CKR_SESSION_COUNT, $"{SessionTable.SessionsMax} sessions are open in this process.");
        }

        *handle = session.Handle;
        return CKR.CKR_OK;
    }

    public static CKR Close(Module module, ulong handle)
    {
        if (module.Sessions.Find(handle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        // While somebody is still logged in: private objects end by the ticket.
        ObjectChanges.EndSession(module, session);
        return module.Sessions.Close(handle) ? CKR.CKR_OK : CKR.CKR_SESSION_HANDLE_INVALID;
    }

    public static CKR CloseAll(Module module, ulong slotId)
    {
        CKR rv = SlotFunctions.Look(module, slotId, out Token? token);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        foreach (Session session in module.Sessions.Of(token!))
        {
            ObjectChanges.EndSession(module, session);
        }

        module.Sessions.CloseAll(token!);
        return CKR.CKR_OK;
    }

    public static CKR GetInfo(Module module, ulong handle, SessionFacts* info)
    {
        if (module.Sessions.Find(handle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        if (info is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        *info = new SessionFacts { SlotId = session.Token.SlotId, State = session.State, Flags = session.Flags };
        return CKR.CKR_OK;
    }

    /// <summary>C_SessionCancel: what the flags name and is active ends; what isn't active doesn't matter.</summary>
    public static CKR Cancel(Module module, ulong handle, ulong flags)
    {
        if (module.Sessions.Find(handle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if ((flags & CKF.CKF_FIND_OBJECTS) != 0)
            {
                session.Search = null;
            }

            if ((flags & CKF.CKF_DIGEST) != 0)
            {
                session.Digest = null;
            }

            if ((flags & CKF.CKF_SIGN) != 0)
            {
                SignFunctions.End(session);
            }

            if ((flags & CKF.CKF_VERIFY) != 0)
            {
                session.Verify = null;
            }

            return CKR.CKR_OK;
        }
    }

    /// <summary>CKS_LAST_VALIDATION_OK and its like: the token claims no validation, so no flag is set.</summary>
    public static CKR GetValidationFlags(Module module, ulong handle, ulong type, ulong* flags)
    {
        const ulong LastValidationOk = 1;   // CKS_LAST_VALIDATION_OK, PKCS#11 v3.2 section 3.4
        if (module.Sessions.Find(handle) is null)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        if (flags is null || type != LastValidationOk)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        *flags = 0;
        return CKR.CKR_OK;
    }
}
