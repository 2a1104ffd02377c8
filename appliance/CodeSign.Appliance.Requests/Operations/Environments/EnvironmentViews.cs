using CodeSign.Appliance.Governance;
using CodeSign.Wire.V1;
using Google.Protobuf;
using WireEnvironment = CodeSign.Wire.V1.Environment;
using WirePolicy = CodeSign.Wire.V1.EnvironmentPolicy;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>Environments and keys as they are shown over the wire.</summary>
internal static class EnvironmentViews
{
    /// <summary>An environment with all its keys; public key and chain of the current one and of <paramref name="concerned"/> alone.</summary>
    public static WireEnvironment Show(Snapshot snapshot, SigningEnvironment environment, string? concerned = null)
    {
        string? currentId = snapshot.CurrentKey(environment.Id)?.Id;
        WireEnvironment shown = ShowFrame(snapshot, environment);
        foreach (KeyRecord key in snapshot.KeysOf(environment.Id))
        {
            Key part = ShowKey(environment, key, currentId);
            if (!part.Current && !string.Equals(key.Id, concerned, StringComparison.Ordinal))
            {
                part.PublicKey = ByteString.Empty;
                part.Chain.Clear();
            }

            shown.Keys.Add(part);
        }

        return shown;
    }

    /// <summary>An environment with one of its keys.</summary>
    public static WireEnvironment ShowOne(Snapshot snapshot, SigningEnvironment environment, KeyRecord key)
    {
        WireEnvironment shown = ShowFrame(snapshot, environment);
        shown.Keys.Add(ShowKey(environment, key, snapshot.CurrentKey(environment.Id)?.Id));
        return shown;
    }

    private static WireEnvironment ShowFrame(Snapshot snapshot, SigningEnvironment environment) => new()
    {
        Project = snapshot.Projects[environment.ProjectId].Name,
        Name = environment.Name,
        Algorithm = environment.Algorithm,
        Storage = environment.Storage,
        Enabled = environment.Enabled,
        CreatedUnixMs = environment.Created.ToUnixTimeMilliseconds(),
        Policy = new WirePolicy { AllowSha1 = environment.Policy.AllowSha1, AllowRawRsa = environment.Policy.AllowRawRsa },
    };

    private static Key ShowKey(SigningEnvironment environment, KeyRecord key, string? currentId)
    {
        Key shown = new()
        {
            Id = key.Id,
            Generation = (uint)key.Generation,
            Algorithm = key.Algorithm,
            State = key.RemainsOnDevice ? key.State + " (still on the device)" : key.State.ToString(),
            Current = string.Equals(key.Id, currentId, StringComparison.Ordinal),
            PublicKey = ByteString.FromBase64(key.PublicKey),
            CkaId = ByteString.CopyFrom(Convert.FromHexString(key.CkaId)),
            Storage = environment.Storage,
            CreatedUnixMs = key.Created.ToUnixTimeMilliseconds(),
            Certificates = (uint)key.Chain.Length,
        };
        shown.Chain.AddRange(key.Chain.Select(ByteString.FromBase64));
        return shown;
    }
}
