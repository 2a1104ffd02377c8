using System.Security.Cryptography;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Objects;
using CodeSign.P11.Sessions;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.P11.Signing;

/// <summary>
/// C_Sign… (PKCS#11 v3.0 section 5.13). One round trip per signature: C_SignInit is answered from what is known, the message is
/// hashed here, a question for the length asks nobody.
/// </summary>
internal static unsafe class SignFunctions
{
    public static CKR Init(Module module, ulong sessionHandle, NativeMechanism* native, ulong keyHandle)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (native is null)
            {
                // v3.0: no mechanism ends what is active.
                return End(session) ? CKR.CKR_OK : CKR.CKR_ARGUMENTS_BAD;
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
            rv = KeyCheck.Run(key, mechanism!, pss, CKA.CKA_SIGN, out KeyFacts? facts);
            if (rv == CKR.CKR_OK)
            {
                session.Sign = new SignOperation(mechanism!, pss, key!, facts!) { Context = context };
            }

            return rv;
        }
    }

    public static CKR Whole(Module module, ulong sessionHandle, byte* data, ulong dataBytes, byte* signature, ulong* signatureBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (session.ActiveSign(module.Objects) is not { } operation)
            {
                return CKR.CKR_OPERATION_NOT_INITIALIZED;
            }

            if (operation.IsMultiPart)
            {
                End(session);
                return Boundary.Refuse(CKR.CKR_OPERATION_NOT_INITIALIZED, "C_Sign can't end what C_SignUpdate began; the signature has ended.");
            }

            if (Buffers.Announce(signature, signatureBytes, operation.Facts.SignatureBytes) is { } early)
            {
                return EndUnlessLengthOnly(session, early);
            }

            using (operation)
            {
                session.Sign = null;
                if (!Buffers.TryRead(data, dataBytes, out ReadOnlySpan<byte> message))
                {
                    return CKR.CKR_ARGUMENTS_BAD;
                }

                return operation.Input.TryAdd(message)
                    ? Send(module, session, operation, signature, signatureBytes)
                    : TooLong(operation);
            }
        }
    }

    public static CKR Update(Module module, ulong sessionHandle, byte* part, ulong partBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (session.ActiveSign(module.Objects) is not { } operation)
            {
                return CKR.CKR_OPERATION_NOT_INITIALIZED;
            }

            operation.IsMultiPart = true;
            CKR rv = WantsLogin(operation) ? NoLogin()
                : !Buffers.TryRead(part, partBytes, out ReadOnlySpan<byte> bytes) ? CKR.CKR_ARGUMENTS_BAD
                : operation.Input.TryAdd(bytes) ? CKR.CKR_OK
                : TooLong(operation);
            if (rv != CKR.CKR_OK)
            {
                End(session);
            }

            return rv;
        }
    }

    public static CKR Final(Module module, ulong sessionHandle, byte* signature, ulong* signatureBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (session.ActiveSign(module.Objects) is not { } operation)
            {
                return CKR.CKR_OPERATION_NOT_INITIALIZED;
            }

            if (Buffers.Announce(signature, signatureBytes, operation.Facts.SignatureBytes) is { } early)
            {
                return EndUnlessLengthOnly(session, early);
            }

            using (operation)
            {
                session.Sign = null;
                return Send(module, session, operation, signature, signatureBytes);
            }
        }
    }

    /// <summary>Ends what is active; false where nothing is. Under the session's gate.</summary>
    public static bool End(Session session)
    {
        bool wasActive = session.Sign is not null;
        session.Sign?.Dispose();
        session.Sign = null;
        return wasActive;
    }

    private static CKR EndUnlessLengthOnly(Session session, CKR early)
    {
        if (early is not (CKR.CKR_OK or CKR.CKR_BUFFER_TOO_SMALL))
        {
            End(session);
        }

        return early;
    }

    private static bool WantsLogin(SignOperation operation) =>
        operation.Key.Flag(CKA.CKA_ALWAYS_AUTHENTICATE) && operation.ContextTicket is null;

    private static CKR NoLogin() => Boundary.Refuse(
        CKR.CKR_USER_NOT_LOGGED_IN, "This key wants a context-specific C_Login after each C_SignInit (CKA_ALWAYS_AUTHENTICATE).");

    private static CKR TooLong(SignOperation operation) => Boundary.Refuse(
        CKR.CKR_DATA_LEN_RANGE, $"{operation.Mechanism.Mechanism} signs at most {ProtocolLimits.SignDataBytesMax} bytes; use a mechanism that hashes.");

    private static CKR Send(Module module, Session session, SignOperation operation, byte* signature, ulong* signatureBytes)
    {
        byte[] data = operation.Input.Finish();
        if (!KeyCheck.TakesBytes(operation.Mechanism, operation.Pss, operation.Facts, data.Length))
        {
            return Boundary.Refuse(CKR.CKR_DATA_LEN_RANGE, $"{operation.Mechanism.Mechanism} doesn't sign {data.Length} bytes with this key.");
        }

        if (WantsLogin(operation))
        {
            return NoLogin();
        }

        SignResponse answer = Ask(module, session, operation, data);
        int room = (int)Math.Min(*signatureBytes, int.MaxValue);
        if (answer.Signature.Length != operation.Facts.SignatureBytes || answer.Signature.Length > room)
        {
            return Boundary.Refuse(CKR.CKR_DEVICE_ERROR, $"The appliance answered a signature of {answer.Signature.Length} bytes, expected were {operation.Facts.SignatureBytes}.");
        }

        answer.Signature.Span.CopyTo(new Span<byte>(signature, room));
        *signatureBytes = (ulong)answer.Signature.Length;
        return CKR.CKR_OK;
    }

    private static SignResponse Ask(Module module, Session session, SignOperation operation, byte[] data)
    {
        SignRequest request = new()
        {
            ProjectId = session.Token.ProjectId,
            KeyId = operation.Key.Id,
            Mechanism = (ulong)operation.Mechanism.Mechanism,
            Data = UnsafeByteOperations.UnsafeWrap(data),
            Claimed = module.Claimed,
            Context = operation.Context,
            Application = operation.Key.Session is null ? ByteString.Empty : module.Application,
        };
        if (operation.Pss is { } pss)
        {
            request.Pss = new PssParameters { Hash = (ulong)pss.Hash.Mechanism, Mgf = (ulong)pss.MgfHash.Mgf, SaltBytes = (ulong)pss.SaltBytes };
        }

        Span<byte> ticket = stackalloc byte[ProtocolLimits.TicketBytesMax];
        int ticketBytes = session.Token.Login.CopyTicket(ticket);
        try
        {
            if (operation.ContextTicket is { } once)
            {
                once.Span.CopyTo(ticket);
                ticketBytes = once.Length;
            }

            SignResponse answer = module.Client.Sign(request, ticket[..ticketBytes]);
            session.Token.Login.Confirm(ticket[..ticketBytes]);
            return answer;
        }
        catch (ApplianceException refused) when (refused.Status == CKR.CKR_USER_NOT_LOGGED_IN && operation.ContextTicket is null)
        {
            // The ticket ended with a PIN change, a lock-out or a revocation.
            session.Token.Login.ForgetIf(ticket[..ticketBytes]);
            module.Tokens.Expire();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ticket);
        }
    }
}
