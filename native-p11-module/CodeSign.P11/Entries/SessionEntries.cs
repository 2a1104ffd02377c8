using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Sessions;

namespace CodeSign.P11.Entries;

/// <summary>Sessions, logins, random numbers.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception that leaves an entry ends the host.")]
internal static unsafe class SessionEntries
{
    [UnmanagedCallersOnly]
    internal static CKR C_OpenSession(ulong slot, ulong flags, void* _1, void* _2, ulong* session)
    {
        try
        {
            return SessionFunctions.Open(Module.Required, slot, flags, session);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_OpenSession));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_CloseSession(ulong session)
    {
        try
        {
            return SessionFunctions.Close(Module.Required, session);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_CloseSession));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_CloseAllSessions(ulong slot)
    {
        try
        {
            return SessionFunctions.CloseAll(Module.Required, slot);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_CloseAllSessions));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GetSessionInfo(ulong session, SessionFacts* info)
    {
        try
        {
            return SessionFunctions.GetInfo(Module.Required, session, info);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetSessionInfo));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_SessionCancel(ulong session, ulong flags)
    {
        try
        {
            return SessionFunctions.Cancel(Module.Required, session, flags);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_SessionCancel));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GetSessionValidationFlags(ulong session, ulong type, ulong* flags)
    {
        try
        {
            return SessionFunctions.GetValidationFlags(Module.Required, session, type, flags);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetSessionValidationFlags));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_Login(ulong session, CKU user, byte* pin, ulong pinBytes)
    {
        try
        {
            return LoginFunctions.Login(Module.Required, session, user, pin, pinBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_Login));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_LoginUser(ulong session, CKU user, byte* pin, ulong pinBytes, byte* name, ulong nameBytes)
    {
        try
        {
            return LoginFunctions.LoginNamed(Module.Required, session, user, pin, pinBytes, name, nameBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_LoginUser));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_Logout(ulong session)
    {
        try
        {
            return LoginFunctions.Logout(Module.Required, session);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_Logout));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_SetPIN(ulong session, byte* oldPin, ulong oldBytes, byte* newPin, ulong newBytes)
    {
        try
        {
            return LoginFunctions.SetPin(Module.Required, session, oldPin, oldBytes, newPin, newBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_SetPIN));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_InitToken(ulong slot, byte* pin, ulong pinBytes, byte* label)
    {
        try
        {
            return InitFunctions.InitToken(Module.Required, slot, pin, pinBytes, label);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_InitToken));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_InitPIN(ulong session, byte* pin, ulong pinBytes)
    {
        try
        {
            return InitFunctions.InitPin(Module.Required, session, pin, pinBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_InitPIN));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GetOperationState(ulong session, byte* state, ulong* stateBytes)
    {
        try
        {
            return OperationStateFunctions.Get(Module.Required, session, state, stateBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetOperationState));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_SetOperationState(ulong session, byte* state, ulong stateBytes, ulong encryptionKey, ulong authenticationKey)
    {
        try
        {
            return OperationStateFunctions.Set(Module.Required, session, state, stateBytes, encryptionKey, authenticationKey);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_SetOperationState));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_SeedRandom(ulong session, byte* seed, ulong seedBytes)
    {
        try
        {
            return RandomFunctions.Seed(Module.Required, session, seed, seedBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_SeedRandom));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GenerateRandom(ulong session, byte* random, ulong randomBytes)
    {
        try
        {
            return RandomFunctions.Generate(Module.Required, session, random, randomBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GenerateRandom));
        }
    }
}
