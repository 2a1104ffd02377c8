using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Appliance.Store;

namespace CodeSign.Appliance.Requests.Operations.Signing;

/// <summary>
/// The request ids of the last ten minutes at least: a client whose connection broke may ask again without harm. Rebuilt from the log
/// at start. Two halves, a young and an old one, so that forgetting costs nothing; 32 bytes for each id, and a bound on their number.
/// </summary>
internal sealed class RepeatLedger(TimeProvider time)
{
    /// <summary>How long an id is remembered at least, unless more than <see cref="IdsMax"/> came in that time.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    /// <summary>Ids in one half. At ten thousand signatures a second that is more than the ten minutes hold.</summary>
    public const int IdsMax = 4_000_000;

    private const int LeavesPerRead = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, Claim> _underWay = [];
    private Dictionary<UInt128, UInt128> _young = [];
    private Dictionary<UInt128, UInt128> _old = [];
    private DateTimeOffset _turned = time.GetUtcNow();

    // Everything since then is remembered: at start what the log holds, later what came since the old half was young.
    private DateTimeOffset _since = time.GetUtcNow() - Remembered;

    /// <summary>What must be the same when a request is repeated: 128 bits of its hash.</summary>
    /// <remarks>
    /// The length tells a digest that was given from the digest of what was given: no two inputs of one length have one digest here.
    /// </remarks>
    public static UInt128 ContentOf(string keyId, string? mechanism, string? hash, string? digest, string? pss, string? context, int inputBytes) =>
        BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{keyId}|{mechanism}|{hash}|{digest}|{pss}|{context}|{inputBytes}"))));

    /// <summary>Fills the ledger from the tail of the log.</summary>
    public void Load(ApplianceStore store)
    {
        ulong size = store.Head.Size;
        for (ulong at = store.FirstSeqSince(time.GetUtcNow() - Remembered); at < size;)
        {
            IReadOnlyList<byte[]> leaves = store.ReadLeaves(at, LeavesPerRead);
            foreach (byte[] leaf in leaves)
            {
                LoadLeaf(leaf);
            }

            at += (ulong)Math.Max(leaves.Count, 1);
        }
    }

    /// <summary>
    /// Claims a request id for this content. The caller signs when <see cref="Standing.First"/> or <see cref="Standing.Repeat"/>; a
    /// first one is told to <see cref="Complete"/> or <see cref="Abandon"/> afterwards. <see cref="Standing.UnderWay"/>: wait for
    /// <paramref name="claim"/> and ask again.
    /// </summary>
    public Standing Ask(ReadOnlySpan<byte> requestId, UInt128 content, out Claim claim)
    {
        UInt128 id = MemoryMarshal.Read<UInt128>(requestId);
        lock (_gate)
        {
            Turn();
            if (_underWay.TryGetValue(id, out Claim? other))
            {
                claim = other;
                return other.Content == content ? Standing.UnderWay : Standing.OtherContent;
            }

            claim = new Claim(id, content);
            if (_young.TryGetValue(id, out UInt128 known) || _old.TryGetValue(id, out known))
            {
                return known == content ? Standing.Repeat : Standing.OtherContent;
            }

            _underWay.Add(id, claim);
            return Standing.First;
        }
    }

    /// <summary>
    /// Spends a login that is good for one use on this request, which may be repeated. False where another had it, or may have had it
    /// and is forgotten.
    /// </summary>
    public bool Spend(LoginTicket ticket, ReadOnlySpan<byte> requestId)
    {
        UInt128 id = IdOf(ticket.TicketId);
        UInt128 request = MemoryMarshal.Read<UInt128>(requestId);
        lock (_gate)
        {
            Turn();
            if (_young.TryGetValue(id, out UInt128 known) || _old.TryGetValue(id, out known))
            {
                return known == request;
            }

            // To the second, as tickets are.
            if (ticket.Issued.ToUnixTimeSeconds() < _since.ToUnixTimeSeconds())
            {
                return false;
            }

            _young.Add(id, request);
            return true;
        }
    }

    /// <summary>The first request is recorded: from now on others repeat it.</summary>
    public void Complete(Claim claim)
    {
        lock (_gate)
        {
            _young[claim.Id] = claim.Content;
            _underWay.Remove(claim.Id);
        }

        claim.End();
    }

    /// <summary>The first request came to nothing: the next one with its id is the first.</summary>
    public void Abandon(Claim claim)
    {
        lock (_gate)
        {
            _underWay.Remove(claim.Id);
        }

        claim.End();
    }

    private void LoadLeaf(byte[] leaf)
    {
        using JsonDocument json = JsonDocument.Parse(leaf);
        JsonElement root = json.RootElement;
        if (root.GetProperty("event").ValueEquals("sign") && TextOf(root, "request") is { Length: 32 } request)
        {
            UInt128 content = ContentOf(
                TextOf(root, "key") ?? "",
                TextOf(root, "mechanism"),
                TextOf(root, "hash"),
                TextOf(root, "digest"),
                TextOf(root, "pss"),
                TextOf(root, "context"),
                root.TryGetProperty("input_bytes", out JsonElement bytes) ? bytes.GetInt32() : 0);
            UInt128 id = MemoryMarshal.Read<UInt128>(Convert.FromHexString(request));
            _young.TryAdd(id, content);
            if (TextOf(root, "login") is { Length: 32 } ticket)
            {
                _young.TryAdd(IdOf(ticket), id);
            }
        }
    }

    // No request id, which clients choose, is told from a ticket's by chance or by will.
    private static UInt128 IdOf(string ticketId) =>
        BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("login|" + ticketId)));

    private static string? TextOf(JsonElement leaf, string name) =>
        leaf.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private void Turn()
    {
        DateTimeOffset now = time.GetUtcNow();
        if (now - _turned >= Remembered || _young.Count >= IdsMax)
        {
            _old = _young;
            _young = [];
            _since = _turned;
            _turned = now;
        }
    }

    /// <summary>How a request stands to those before it.</summary>
    internal enum Standing
    {
        First,
        Repeat,
        UnderWay,
        OtherContent,
    }

    /// <summary>A request id under way.</summary>
    internal sealed class Claim(UInt128 id, UInt128 content)
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource? _ended;
        private bool _isEnded;

        public UInt128 Id { get; } = id;

        public UInt128 Content { get; } = content;

        /// <summary>Ends when the request does. Made only when somebody waits.</summary>
        public Task WhenEndedAsync()
        {
            lock (_gate)
            {
                if (_isEnded)
                {
                    return Task.CompletedTask;
                }

                _ended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _ended.Task;
            }
        }

        public void End()
        {
            lock (_gate)
            {
                _isEnded = true;
                _ended?.TrySetResult();
            }
        }
    }
}
