using System.Collections.Immutable;

namespace CodeSign.Appliance.Store;

/// <summary>
/// What happened, before it is numbered and dated: sequence number and time are set by the writer. Ids and digests, never key
/// bytes or what was hashed.
/// </summary>
public sealed record AuditEvent
{
    /// <summary>Dotted: <c>sign</c>, <c>sign.repeat</c>, <c>sign.refused</c>, <c>login</c>, <c>environment.create</c>, …</summary>
    public required string Event { get; init; }

    /// <summary>Name of the identity, <c>local</c> for the administration socket, or empty when nobody is authenticated.</summary>
    public string Actor { get; init; } = "";

    /// <summary>Name of the project.</summary>
    public string? Project { get; init; }

    /// <summary>Name of the environment.</summary>
    public string? Environment { get; init; }

    /// <summary>Id of the key.</summary>
    public string? Key { get; init; }

    /// <summary><c>CKM_…</c>.</summary>
    public string? Mechanism { get; init; }

    /// <summary>Name of the hash, or <c>unknown</c>.</summary>
    public string? Hash { get; init; }

    /// <summary>Lower-case hex.</summary>
    public string? Digest { get; init; }

    /// <summary>The parameters of RSASSA-PSS: <c>sha256/MGF1-sha256/32</c> (hash, mask, salt bytes).</summary>
    public string? Pss { get; init; }

    /// <summary>What an ML-DSA or SLH-DSA signature is bound to besides the message, lower-case hex.</summary>
    public string? Context { get; init; }

    /// <summary>Bytes of what was signed as the client gave it: a digest's, or a whole message's where the mechanism takes one.</summary>
    public int? InputBytes { get; init; }

    /// <summary>Lower-case hex.</summary>
    public string? SignatureSha256 { get; init; }

    /// <summary>The client's request id, lower-case hex.</summary>
    public string? Request { get; init; }

    /// <summary>Id of the login that this use spent, lower-case hex, where the key asks for one each time.</summary>
    public string? Login { get; init; }

    /// <summary><c>ok</c>, <c>refused</c> or <c>failed</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The stable machine word of a refusal: <c>pin.incorrect</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>The peer's address.</summary>
    public string? Address { get; init; }

    /// <summary>The correlation id told to the client, where one was.</summary>
    public string? Correlation { get; init; }

    /// <summary>One sentence more, for what the other fields don't say.</summary>
    public string? Detail { get; init; }

    /// <summary>How often, where several events are summed in one record.</summary>
    public long? Count { get; init; }

    /// <summary>What the client says of itself; proves nothing.</summary>
    public ClaimedCaller? Claimed { get; init; }
}

/// <summary>What a client says of itself. Labelled as claimed in the record, because nobody checked it.</summary>
public sealed record ClaimedCaller
{
    public string? Program { get; init; }

    public string? ProgramSha256 { get; init; }

    public string? User { get; init; }

    public string? Host { get; init; }

    public uint? Pid { get; init; }

    public string? Justification { get; init; }

    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>A record that is durable.</summary>
/// <param name="Seq">Its number, from 0: its index among the leaves of the tree.</param>
/// <param name="Time">When it was written; never before the record in front of it.</param>
/// <param name="Written">What was written: the event asked for, or the one reconsideration put in its place.</param>
public sealed record Recorded(ulong Seq, DateTimeOffset Time, AuditEvent Written);

/// <summary>The Merkle tree over all records (RFC 6962 section 2.1).</summary>
/// <param name="Size">Leaves.</param>
/// <param name="Root">32 bytes.</param>
public sealed record AuditHead(ulong Size, ReadOnlyMemory<byte> Root);
