namespace CodeSign.Appliance.Custody;

/// <summary>Seals and opens single records, each bound to its path.</summary>
public sealed class RecordSealer : IDisposable
{
    public RecordSealer(RootKey root) => throw new NotSupportedException();

    public byte[] Seal(RecordPath path, ReadOnlySpan<byte> plain) => throw new NotSupportedException();

    public SecretBytes Open(RecordPath path, ReadOnlySpan<byte> sealedRecord) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
