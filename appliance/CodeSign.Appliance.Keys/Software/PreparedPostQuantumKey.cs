using Org.BouncyCastle.Crypto;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>An ML-DSA or SLH-DSA key.</summary>
internal sealed class PreparedPostQuantumKey(AsymmetricKeyParameter key) : PreparedKey
{
    public override byte[] Sign(in SignatureInput input, ReadOnlySpan<byte> data) => PostQuantumKey.Sign(key, data, input.Context);

    protected override void Free()
    {
        // BouncyCastle gives no hand on its numbers; the collector takes them.
    }
}
