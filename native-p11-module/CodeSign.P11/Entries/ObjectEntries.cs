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
    internal static CKR C_CreateObject(ulong session, NativeAttribute* template, ulong count, ulong* obj)
    {
        try
        {
            return ObjectChanges.Create(Module.Required, session, template, count, obj);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_CreateObject));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_CopyObject(ulong session, ulong obj, NativeAttribute* template, ulong count, ulong* copy)
    {
        try
        {
            return ObjectChanges.Copy(Module.Required, session, obj, template, count, copy);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_CopyObject));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_DestroyObject(ulong session, ulong obj)
    {
        try
        {
            return ObjectChanges.Destroy(Module.Required, session, obj);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_DestroyObject));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_SetAttributeValue(ulong session, ulong obj, NativeAttribute* template, ulong count)
    {
        try
        {
            return ObjectChanges.SetAttributes(Module.Required, session, obj, template, count);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_SetAttributeValue));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GenerateKey(ulong session, NativeMechanism* mechanism, NativeAttribute* template, ulong count, ulong* key)
    {
        try
        {
            return ObjectChanges.GenerateKey(Module.Required, session, mechanism, template, count, key);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GenerateKey));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_GenerateKeyPair(
        ulong session,
        NativeMechanism* mechanism,
        NativeAttribute* publicTemplate,
        ulong publicCount,
        NativeAttribute* privateTemplate,
        ulong privateCount,
        ulong* publicKey,
        ulong* privateKey)
    {
        try
        {
            return ObjectChanges.GenerateKeyPair(
                Module.Required, session, mechanism, ((nint)publicTemplate, publicCount), ((nint)privateTemplate, privateCount), publicKey, privateKey);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_GenerateKeyPair));
        }
    }

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
