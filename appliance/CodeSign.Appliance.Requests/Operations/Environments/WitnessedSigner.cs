using System.Security.Cryptography;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Requests.Operations.Signing;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>
/// Signs a certificate or request with a key and remembers what it signed: this use of the key belongs into the record as any other.
/// </summary>
internal sealed class WitnessedSigner(Backends backends, SigningEnvironment environment, KeyReference key, CancellationToken cancel)
{
    private SignatureMechanism? _mechanism;
    private InputFacts _facts;
    private string? _signature;

    public async ValueTask<byte[]> SignAsync(SignatureInput input)
    {
        byte[] signature = await backends.Of(environment).SignAsync(key, input, cancel);
        _mechanism = input.Mechanism;
        _facts = InputFacts.Of(input);
        _signature = Convert.ToHexStringLower(SHA256.HashData(signature));
        return signature;
    }

    /// <summary>The event with mechanism, hash, digest and signature of what was signed; as it is when nothing was.</summary>
    public AuditEvent Describe(AuditEvent e) => _mechanism is null
        ? e
        : e with
        {
            Mechanism = _mechanism.Mechanism.ToString(),
            Hash = _facts.HashName,
            Digest = Convert.ToHexStringLower(_facts.Digest.Span),
            SignatureSha256 = _signature,
        };
}
