using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text.Json;
using CodeSign.Appliance.Store;

namespace CodeSign.Appliance.Requests.Operations.Signing;

/// <summary>
/// The request ids of the last ten minutes: a client whose connection broke may ask again without harm. Rebuilt from the log at start.
/// </summary>
internal sealed class RepeatLedger(TimeProvider time)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);
    private const int LeavesPerRead = 4096;

    private readonly ConcurrentDictionary<UInt128, Entry> _entries = new();
    private readonly ConcurrentQueue<(DateTimeOffset Until, UInt128 Id)> _order = new();

    /// <summary>Fills the ledger from the tail of the log.</summary>
    public void Load(ApplianceStore store)
    {
        DateTimeOffset since = time.GetUtcNow() - Remembered;
        for (ulong end = store.Head.Size; end > 0;)
        {
            ulong start = end > LeavesPerRead ? end - LeavesPerRead : 0;
            bool older = false;
            foreach (byte[] leaf in store.ReadLeaves(start, (int)(end - start)))
            {
                older |= !LoadLeaf(leaf, since);
            }

            end = older ? 0 : start;
        }
    }

    /// <summary>
    /// Claims a request id. Returns the entry of the one who was first, or null when the caller is first; then
    /// <paramref name="claimed"/> must be completed or abandoned.
    /// </summary>
    public Entry? Claim(ReadOnlySpan<byte> requestId, string content, out Entry claimed)
    {
        Prune();
        UInt128 id = MemoryMarshal.Read<UInt128>(requestId);
        claimed = new Entry(id, content);
        Entry first = _entries.GetOrAdd(id, claimed);
        return ReferenceEquals(first, claimed) ? null : first;
    }

    /// <summary>The first request is recorded: from now on others repeat it.</summary>
    public void Complete(Entry entry)
    {
        _order.Enqueue((time.GetUtcNow() + Remembered, entry.Id));
        entry.Recorded.TrySetResult(true);
    }

    /// <summary>The first request came to nothing: the next one with its id is the first.</summary>
    public void Abandon(Entry entry)
    {
        _entries.TryRemove(new KeyValuePair<UInt128, Entry>(entry.Id, entry));
        entry.Recorded.TrySetResult(false);
    }

    private bool LoadLeaf(byte[] leaf, DateTimeOffset since)
    {
        using JsonDocument json = JsonDocument.Parse(leaf);
        JsonElement root = json.RootElement;
        DateTimeOffset at = root.GetProperty("time").GetDateTimeOffset();
        if (at < since)
        {
            return false;
        }

        if (root.GetProperty("event").ValueEquals("sign") && root.TryGetProperty("request", out JsonElement request)
            && request.GetString() is { Length: 32 } hex)
        {
            string content = ContentOf(
                root.GetProperty("key").GetString() ?? "", root.GetProperty("mechanism").GetString() ?? "", root.GetProperty("digest").GetString() ?? "");
            Entry entry = new(MemoryMarshal.Read<UInt128>(Convert.FromHexString(hex)), content);
            entry.Recorded.TrySetResult(true);
            if (_entries.TryAdd(entry.Id, entry))
            {
                _order.Enqueue((at + Remembered, entry.Id));
            }
        }

        return true;
    }

    /// <summary>What must be the same when a request is repeated.</summary>
    public static string ContentOf(string keyId, string mechanism, string digest) => $"{keyId}|{mechanism}|{digest}";

    private void Prune()
    {
        DateTimeOffset now = time.GetUtcNow();
        while (_order.TryPeek(out (DateTimeOffset Until, UInt128 Id) oldest) && oldest.Until <= now && _order.TryDequeue(out oldest))
        {
            _entries.TryRemove(oldest.Id, out _);
        }
    }

    /// <summary>One request id.</summary>
    internal sealed class Entry(UInt128 id, string content)
    {
        public UInt128 Id { get; } = id;

        /// <summary>Key, mechanism and digest of the first request.</summary>
        public string Content { get; } = content;

        /// <summary>True once the first request is recorded, false when it came to nothing.</summary>
        public TaskCompletionSource<bool> Recorded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
