using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using CodeSign.Client;

namespace CodeSign.P11;

/// <summary>
/// The settings as this process has them: read once, at the first C_Initialize, then kept by the shim, so that a forked child
/// finds them when its environment was cleared and its rights were dropped. A wrong configuration is kept as well, with its
/// reason: the module initialises all the same, and shows no token.
/// </summary>
/// <param name="Settings">Null where the configuration is wrong.</param>
/// <param name="TraceDestination">CODESIGN_TRACE.</param>
/// <param name="Problem">Why there are no settings; one sentence.</param>
internal sealed record KeptSettings(ClientSettings? Settings, string? TraceDestination, string? Problem)
{
    private const byte Good = 1;
    private const byte Bad = 2;
    private const int HeadBytes = 1 + sizeof(ushort);

    /// <summary>Those kept before a fork, else those of this process, which are then kept.</summary>
    public static KeptSettings Obtain()
    {
        ReadOnlySpan<byte> kept = Host.Kept();
        if (!kept.IsEmpty)
        {
            return Unpack(kept);
        }

        KeptSettings settings = Read();
        using ClientSecret packed = settings.Pack();
        Host.Keep(packed);
        return settings;
    }

    [SuppressMessage("Design", "CA1031", Justification = "C_Initialize never fails because of the configuration; the reason is traced.")]
    private static KeptSettings Read()
    {
        string? trace = Host.ReadEnvironment("CODESIGN_TRACE");
        try
        {
            ClientSettings settings = ClientSettings.Load(null, Host.ReadEnvironment, Host.HasRaisedRights).ReadFiles();
            return new KeptSettings(settings, trace, null);
        }
        catch (Exception exception)
        {
            return new KeptSettings(null, trace, exception.Message);
        }
    }

    private static KeptSettings Unpack(ReadOnlySpan<byte> kept)
    {
        int traceBytes = BinaryPrimitives.ReadUInt16LittleEndian(kept[1..]);
        string trace = Encoding.UTF8.GetString(kept.Slice(HeadBytes, traceBytes));
        ReadOnlySpan<byte> rest = kept[(HeadBytes + traceBytes)..];
        return kept[0] == Good
            ? new KeptSettings(ClientSettings.Unpack(rest), trace, null)
            : new KeptSettings(null, trace, Encoding.UTF8.GetString(rest));
    }

    private ClientSecret Pack()
    {
        byte[] trace = Encoding.UTF8.GetBytes(TraceDestination ?? "");
        using ClientSecret rest = Settings?.Pack() ?? new ClientSecret(Encoding.UTF8.GetBytes(Problem ?? ""));
        ClientSecret packed = new(HeadBytes + trace.Length + rest.Length);
        Span<byte> bytes = packed.Span;
        bytes[0] = Settings is null ? Bad : Good;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[1..], checked((ushort)trace.Length));
        trace.CopyTo(bytes[HeadBytes..]);
        rest.Span.CopyTo(bytes[(HeadBytes + trace.Length)..]);
        return packed;
    }
}
