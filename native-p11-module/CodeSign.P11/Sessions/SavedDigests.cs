using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Signing;
using CodeSign.P11.Tokens;

namespace CodeSign.P11.Sessions;

/// <summary>
/// Digests that C_GetOperationState saved, by a random name, which is all the application gets: what was hashed, a key perhaps, doesn't
/// leave the module. The oldest goes where there are too many.
/// </summary>
internal sealed class SavedDigests
{
    /// <summary>Bytes of a saved state.</summary>
    public const int NameBytes = 32;

    /// <summary>Saved states of one process.</summary>
    public const int SavedMax = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Saved> _saved = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    /// <summary>Saves a copy, and writes its name.</summary>
    public void Save(Token token, CKS state, DigestOperation digest, Span<byte> name)
    {
        LibC.FillRandom(name);
        string key = Convert.ToHexString(name);
        lock (_gate)
        {
            if (_order.Count == SavedMax)
            {
                _saved.Remove(_order.Dequeue());
            }

            _saved.Add(key, new Saved(token, state, digest.Copy()));
            _order.Enqueue(key);
        }
    }

    /// <summary>A copy of what was saved by this name at this token in this state of the session; null where nothing was.</summary>
    public DigestOperation? Find(Token token, CKS state, ReadOnlySpan<byte> name)
    {
        string key = Convert.ToHexString(name);
        lock (_gate)
        {
            return _saved.TryGetValue(key, out Saved? saved) && saved.Token == token && saved.State == state ? saved.Digest.Copy() : null;
        }
    }

    private sealed record Saved(Token Token, CKS State, DigestOperation Digest);
}

/// <summary>C_GetOperationState and C_SetOperationState (PKCS#11 v3.2 sections 5.6.5 and 5.6.6): digests only.</summary>
internal static unsafe class OperationStateFunctions
{
    public static CKR Get(Module module, ulong sessionHandle, byte* state, ulong* stateBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (session.ActiveSign(module.Objects) is not null || session.ActiveVerify(module.Objects) is not null)
            {
                return Boundary.Refuse(CKR.CKR_STATE_UNSAVEABLE, "Only digests can be saved: what a signature needs is bound to its session.");
            }

            if (session.Digest is not { } digest)
            {
                return CKR.CKR_OPERATION_NOT_INITIALIZED;
            }

            if (Buffers.Announce(state, stateBytes, SavedDigests.NameBytes) is { } early)
            {
                return early;
            }

            module.SavedDigests.Save(session.Token, session.State, digest, new Span<byte>(state, SavedDigests.NameBytes));
            *stateBytes = SavedDigests.NameBytes;
            return CKR.CKR_OK;
        }
    }

    /// <summary>Whatever was under way in the session ends, searches too.</summary>
    public static CKR Set(Module module, ulong sessionHandle, byte* state, ulong stateBytes, ulong encryptionKey, ulong authenticationKey)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        if (state is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        lock (session.Gate)
        {
            DigestOperation? saved = stateBytes == SavedDigests.NameBytes
                ? module.SavedDigests.Find(session.Token, session.State, new ReadOnlySpan<byte>(state, SavedDigests.NameBytes))
                : null;
            if (saved is null)
            {
                return CKR.CKR_SAVED_STATE_INVALID;
            }

            if (encryptionKey != 0 || authenticationKey != 0)
            {
                return CKR.CKR_KEY_NOT_NEEDED;
            }

            session.Search = null;
            SignFunctions.End(session);
            session.Verify = null;
            session.Digest = saved;
            return CKR.CKR_OK;
        }
    }
}
