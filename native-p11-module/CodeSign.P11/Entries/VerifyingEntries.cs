using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Signing;

namespace CodeSign.P11.Entries;

/// <summary>Verification.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception that leaves an entry ends the host.")]
internal static unsafe class VerifyingEntries
{
    [UnmanagedCallersOnly]
    internal static CKR C_VerifyInit(ulong session, NativeMechanism* mechanism, ulong key)
    {
        try
        {
            return VerifyFunctions.Init(Module.Required, session, mechanism, key);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_VerifyInit));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_Verify(ulong session, byte* data, ulong dataBytes, byte* signature, ulong signatureBytes)
    {
        try
        {
            return VerifyFunctions.Whole(Module.Required, session, data, dataBytes, signature, signatureBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_Verify));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_VerifyUpdate(ulong session, byte* part, ulong partBytes)
    {
        try
        {
            return VerifyFunctions.Update(Module.Required, session, part, partBytes, signatureFirst: false);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_VerifyUpdate));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_VerifyFinal(ulong session, byte* signature, ulong signatureBytes)
    {
        try
        {
            return VerifyFunctions.Final(Module.Required, session, signature, signatureBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_VerifyFinal));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_VerifySignatureInit(ulong session, NativeMechanism* mechanism, ulong key, byte* signature, ulong signatureBytes)
    {
        try
        {
            return VerifyFunctions.InitWithSignature(Module.Required, session, mechanism, key, signature, signatureBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_VerifySignatureInit));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_VerifySignature(ulong session, byte* data, ulong dataBytes)
    {
        try
        {
            return VerifyFunctions.WholeWithSignature(Module.Required, session, data, dataBytes);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_VerifySignature));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_VerifySignatureUpdate(ulong session, byte* part, ulong partBytes)
    {
        try
        {
            return VerifyFunctions.Update(Module.Required, session, part, partBytes, signatureFirst: true);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_VerifySignatureUpdate));
        }
    }

    [UnmanagedCallersOnly]
    internal static CKR C_VerifySignatureFinal(ulong session)
    {
        try
        {
            return VerifyFunctions.FinalWithSignature(Module.Required, session);
        }
        catch (Exception exception)
        {
            return Boundary.Map(exception, nameof(C_VerifySignatureFinal));
        }
    }
}
