namespace CodeSign.Appliance.Requests;

/// <summary>What the composition knows and status tells.</summary>
public sealed record ApplianceFacts
{
    public required string Version { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>Kind of the seal: passphrase, keyfile.</summary>
    public required string Seal { get; init; }

    /// <summary>The certificate of the appliance's own CA, DER, for first trust; empty where its TLS certificate is from elsewhere.</summary>
    public ReadOnlyMemory<byte> Authority { get; init; }

    /// <summary>Connections open now.</summary>
    public Func<int> Connections { get; init; } = () => 0;

    /// <summary>End of the TLS certificate's validity.</summary>
    public Func<DateTimeOffset> TlsNotAfter { get; init; } = () => DateTimeOffset.MaxValue;

    /// <summary>What an operator should look at, one sentence each.</summary>
    public Func<DateTimeOffset, IReadOnlyList<string>> Warnings { get; init; } = _ => [];
}
