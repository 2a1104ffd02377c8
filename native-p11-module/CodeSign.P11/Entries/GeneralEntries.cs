using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Tokens;

namespace CodeSign.P11.Entries;

/// <summary>General, slots, tokens.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception that leaves an entry ends the host.")]
internal static unsafe class GeneralEntries
{
    [UnmanagedCallersOnly]
    internal static CKR C_Initialize()
    {
        try
        {
            return Module.Initialize();
        }
        catch (Exception exception)
        {
            return Boundary.MapInitialize(exception, null);
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_Finalize()
    {
        try
        {
            return Module.End();
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_Finalize));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GetInfo(ModuleFacts* info)
    {
        try
        {
            return SlotFunctions.GetInfo(info);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetInfo));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GetSlotList(byte tokenPresent, ulong* slots, ulong* count)
    {
        try
        {
            return SlotFunctions.GetSlots(Module.Required, tokenPresent != 0, slots, count);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetSlotList));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GetSlotInfo(ulong slot, SlotFacts* info)
    {
        try
        {
            return SlotFunctions.GetSlot(Module.Required, slot, info);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetSlotInfo));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GetTokenInfo(ulong slot, TokenFacts* info)
    {
        try
        {
            return SlotFunctions.GetToken(Module.Required, slot, info);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetTokenInfo));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GetMechanismList(ulong slot, ulong* mechanisms, ulong* count)
    {
        try
        {
            return SlotFunctions.GetMechanisms(Module.Required, slot, mechanisms, count);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetMechanismList));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GetMechanismInfo(ulong slot, CKM type, MechanismFacts* info)
    {
        try
        {
            return SlotFunctions.GetMechanism(Module.Required, slot, type, info);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetMechanismInfo));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_WaitForSlotEvent(ulong flags, ulong* slot, void* reserved)
    {
        try
        {
            return SlotFunctions.WaitForEvent(Module.Required, flags, slot, reserved);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_WaitForSlotEvent));
        }
    }
}
