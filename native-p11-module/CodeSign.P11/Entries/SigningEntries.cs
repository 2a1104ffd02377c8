using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Signing;

namespace CodeSign.P11.Entries;

/// <summary>Digests and signatures.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception that leaves an entry ends the host.")]
internal static unsafe class SigningEntries
{
    [UnmanagedCallersOnly]
    internal static CKR C_DigestInit(ulong session, NativeMechanism* mechanism)
    {
        try
        {
            return DigestFunctions.Init(Module.Required, session, mechanism);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_DigestInit));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_Digest(ulong session, byte* data, ulong dataBytes, byte* digest, ulong* digestBytes)
    {
        try
        {
            return DigestFunctions.Whole(Module.Required, session, data, dataBytes, digest, digestBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_Digest));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_DigestUpdate(ulong session, byte* part, ulong partBytes)
    {
        try
        {
            return DigestFunctions.Update(Module.Required, session, part, partBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_DigestUpdate));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_DigestKey(ulong session, ulong key)
    {
        try
        {
            return DigestFunctions.Key(Module.Required, session, key);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_DigestKey));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_DigestFinal(ulong session, byte* digest, ulong* digestBytes)
    {
        try
        {
            return DigestFunctions.Final(Module.Required, session, digest, digestBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_DigestFinal));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_SignInit(ulong session, NativeMechanism* mechanism, ulong key)
    {
        try
        {
            return SignFunctions.Init(Module.Required, session, mechanism, key);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_SignInit));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_Sign(ulong session, byte* data, ulong dataBytes, byte* signature, ulong* signatureBytes)
    {
        try
        {
            return SignFunctions.Whole(Module.Required, session, data, dataBytes, signature, signatureBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_Sign));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_SignUpdate(ulong session, byte* part, ulong partBytes)
    {
        try
        {
            return SignFunctions.Update(Module.Required, session, part, partBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_SignUpdate));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_SignFinal(ulong session, byte* signature, ulong* signatureBytes)
    {
        try
        {
            return SignFunctions.Final(Module.Required, session, signature, signatureBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_SignFinal));
        }
    }
}
