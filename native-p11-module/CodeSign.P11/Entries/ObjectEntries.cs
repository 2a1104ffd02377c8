using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Objects;

namespace CodeSign.P11.Entries;

/// <summary>Objects.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception that leaves an entry ends the host.")]
internal static unsafe class ObjectEntries
{
    [UnmanagedCallersOnly]
    internal static CKR C_GetObjectSize(ulong session, ulong obj, ulong* size)
    {
        try
        {
            return ObjectFunctions.GetSize(Module.Required, session, obj, size);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetObjectSize));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GetAttributeValue(ulong session, ulong obj, NativeAttribute* template, ulong count)
    {
        try
        {
            return ObjectFunctions.GetAttributes(Module.Required, session, obj, template, count);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GetAttributeValue));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_FindObjectsInit(ulong session, NativeAttribute* template, ulong count)
    {
        try
        {
            return ObjectFunctions.FindInit(Module.Required, session, template, count);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_FindObjectsInit));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_FindObjects(ulong session, ulong* objects, ulong objectsMax, ulong* count)
    {
        try
        {
            return ObjectFunctions.Find(Module.Required, session, objects, objectsMax, count);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_FindObjects));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_FindObjectsFinal(ulong session)
    {
        try
        {
            return ObjectFunctions.FindFinal(Module.Required, session);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_FindObjectsFinal));
        }
    }
}
