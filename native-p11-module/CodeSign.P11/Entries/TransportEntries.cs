using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Objects;

namespace CodeSign.P11.Entries;

/// <summary>Keys that leave and come in under others, or are made out of them.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception that leaves an entry ends the host.")]
internal static unsafe class TransportEntries
{
    [UnmanagedCallersOnly]
    internal static CKR C_WrapKey(ulong session, NativeMechanism* mechanism, ulong wrappingKey, ulong key, byte* wrapped, ulong* wrappedBytes)
    {
        try
        {
            return KeyTransport.Wrap(Module.Required, session, mechanism, (wrappingKey, key), null, wrapped, wrappedBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_WrapKey));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_DeriveKey(ulong session, NativeMechanism* mechanism, ulong baseKey, NativeAttribute* template, ulong count, ulong* key)
    {
        try
        {
            return KeyDerivation.Derive(Module.Required, session, mechanism, baseKey, template, count, key);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_DeriveKey));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_UnwrapKey(
        ulong session,
        NativeMechanism* mechanism,
        ulong unwrappingKey,
        byte* wrapped,
        ulong wrappedBytes,
        NativeAttribute* template,
        ulong count,
        ulong* key)
    {
        try
        {
            return KeyTransport.Unwrap(
                Module.Required, session, mechanism, unwrappingKey, ((nint)wrapped, wrappedBytes), ((nint)template, count), null, key);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_UnwrapKey));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_WrapKeyAuthenticated(
        ulong session,
        NativeMechanism* mechanism,
        ulong wrappingKey,
        ulong key,
        byte* associatedData,
        ulong associatedBytes,
        byte* wrapped,
        ulong* wrappedBytes)
    {
        try
        {
            return KeyTransport.Wrap(
                Module.Required, session, mechanism, (wrappingKey, key), ((nint)associatedData, associatedBytes), wrapped, wrappedBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_WrapKeyAuthenticated));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_UnwrapKeyAuthenticated(
        ulong session,
        NativeMechanism* mechanism,
        ulong unwrappingKey,
        byte* wrapped,
        ulong wrappedBytes,
        NativeAttribute* template,
        ulong count,
        byte* associatedData,
        ulong associatedBytes,
        ulong* key)
    {
        try
        {
            return KeyTransport.Unwrap(
                Module.Required,
                session,
                mechanism,
                unwrappingKey,
                ((nint)wrapped, wrappedBytes),
                ((nint)template, count),
                ((nint)associatedData, associatedBytes),
                key);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_UnwrapKeyAuthenticated));
        }
    }
}
