using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Objects;
using CodeSign.P11.Sessions;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.P11.Signing;

/// <summary>
/// C_Verify… (PKCS#11 v3.0 section 5.15) and C_VerifySignature… (v3.2), which is told the signature first. With the public key
/// at hand all of it happens here.
/// </summary>
internal static unsafe class VerifyFunctions
{
    public static CKR Init(Module module, ulong sessionHandle, NativeMechanism* native, ulong keyHandle) =>
        Begin(module, sessionHandle, native, keyHandle, null);

    public static CKR InitWithSignature(
        Module module, ulong sessionHandle, NativeMechanism* native, ulong keyHandle, byte* signature, ulong signatureBytes)
    {
        if (module.Sessions.Find(sessionHandle) is null)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        if (native is not null && (signature is null || signatureBytes > ProtocolLimits.SignDataBytesMax))
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        byte[] copy = native is null ? [] : new ReadOnlySpan<byte>(signature, (int)signatureBytes).ToArray();
        return Begin(module, sessionHandle, native, keyHandle, copy);
    }

    public static CKR Whole(Module module, ulong sessionHandle, byte* data, ulong dataBytes, byte* signature, ulong signatureBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            CKR rv = Take(module, session, signatureFirst: false, isWhole: true, out VerifyOperation? operation);
            if (rv != CKR.CKR_OK)
            {
                return rv;
            }

            return Buffers.TryRead(signature, signatureBytes, out ReadOnlySpan<byte> given) && signature is not null
                ? AddAndJudge(operation!, data, dataBytes, given)
                : CKR.CKR_ARGUMENTS_BAD;
        }
    }

    /// <summary>C_VerifySignature.</summary>
    public static CKR WholeWithSignature(Module module, ulong sessionHandle, byte* data, ulong dataBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            CKR rv = Take(module, session, signatureFirst: true, isWhole: true, out VerifyOperation? operation);
            return rv == CKR.CKR_OK ? AddAndJudge(operation!, data, dataBytes, operation!.Signature) : rv;
        }
    }

    public static CKR Update(Module module, ulong sessionHandle, byte* part, ulong partBytes, bool signatureFirst)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (session.ActiveVerify(module.Objects) is not { } operation || operation.Signature is not null != signatureFirst)
            {
                return CKR.CKR_OPERATION_NOT_INITIALIZED;
            }

            operation.IsMultiPart = true;
            CKR rv = !Buffers.TryRead(part, partBytes, out ReadOnlySpan<byte> bytes) ? CKR.CKR_ARGUMENTS_BAD
                : operation.Input.TryAdd(bytes) ? CKR.CKR_OK
                : CKR.CKR_DATA_LEN_RANGE;
            if (rv != CKR.CKR_OK)
            {
                session.Verify = null;
            }

            return rv;
        }
    }

    public static CKR Final(Module module, ulong sessionHandle, byte* signature, ulong signatureBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            CKR rv = Take(module, session, signatureFirst: false, isWhole: false, out VerifyOperation? operation);
            if (rv != CKR.CKR_OK)
            {
                return rv;
            }

            return Buffers.TryRead(signature, signatureBytes, out ReadOnlySpan<byte> given) && signature is not null
                ? Judge(operation!, given)
                : CKR.CKR_ARGUMENTS_BAD;
        }
    }

    /// <summary>C_VerifySignatureFinal.</summary>
    public static CKR FinalWithSignature(Module module, ulong sessionHandle)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            CKR rv = Take(module, session, signatureFirst: true, isWhole: false, out VerifyOperation? operation);
            return rv == CKR.CKR_OK ? Judge(operation!, operation!.Signature) : rv;
        }
    }

    private static CKR Begin(Module module, ulong sessionHandle, NativeMechanism* native, ulong keyHandle, byte[]? signature)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (native is null)
            {
                bool wasActive = session.Verify is not null;
                session.Verify = null;
                return wasActive ? CKR.CKR_OK : CKR.CKR_ARGUMENTS_BAD;
            }

            if (session.IsBusy(module.Objects))
            {
                return CKR.CKR_OPERATION_ACTIVE;
            }

            SignContext? context = null;
            CKR rv = MechanismReader.ReadSigning(native, out SignatureMechanism? mechanism, out PssChoice? pss);
            rv = rv != CKR.CKR_OK ? rv : MechanismReader.ReadContext(native, mechanism!, out context);
            if (rv != CKR.CKR_OK)
            {
                return rv;
            }

            TokenObject? key = module.Objects.Find(keyHandle) is { } found && found.Token == session.Token ? found : null;
            rv = KeyCheck.Run(key, mechanism!, pss, CKA.CKA_VERIFY, out KeyFacts? facts);
            if (rv == CKR.CKR_OK)
            {
                session.Verify = new VerifyOperation(mechanism!, pss, key!, facts!) { Signature = signature, Context = context };
            }

            return rv;
        }
    }

    /// <summary>Takes the active operation out of the session: whatever comes now, it has ended.</summary>
    private static CKR Take(Module module, Session session, bool signatureFirst, bool isWhole, out VerifyOperation? operation)
    {
        operation = session.ActiveVerify(module.Objects);
        if (operation is null || operation.Signature is not null != signatureFirst)
        {
            return CKR.CKR_OPERATION_NOT_INITIALIZED;
        }

        session.Verify = null;
        return isWhole && operation.IsMultiPart
            ? Boundary.Refuse(CKR.CKR_OPERATION_NOT_INITIALIZED, "One call can't end what an update began; the verification has ended.")
            : CKR.CKR_OK;
    }

    private static CKR AddAndJudge(VerifyOperation operation, byte* data, ulong dataBytes, ReadOnlySpan<byte> signature)
    {
        if (!Buffers.TryRead(data, dataBytes, out ReadOnlySpan<byte> message))
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        return operation.Input.TryAdd(message) ? Judge(operation, signature) : CKR.CKR_DATA_LEN_RANGE;
    }

    // Two numbers of one length, which may be shorter than the curve's: PKCS#11 v3.2 section 6.3.1. All others have one length.
    private static bool HasLength(VerifyOperation operation, int bytes) => operation.Mechanism.Scheme == SignatureScheme.Ecdsa
        ? bytes > 0 && bytes % 2 == 0 && bytes <= operation.Facts.SignatureBytes
        : bytes == operation.Facts.SignatureBytes;

    private static CKR Judge(VerifyOperation operation, ReadOnlySpan<byte> signature)
    {
        byte[] message = operation.Input.Finish();
        if (!HasLength(operation, signature.Length))
        {
            return CKR.CKR_SIGNATURE_LEN_RANGE;
        }

        if (!KeyCheck.TakesBytes(operation.Mechanism, operation.Pss, operation.Facts, message.Length))
        {
            return CKR.CKR_DATA_LEN_RANGE;
        }

        return SignatureVerifier.IsGood(operation, message, signature) ? CKR.CKR_OK : CKR.CKR_SIGNATURE_INVALID;
    }
}
