using CodeSign.Appliance.Governance;
using CodeSign.Wire.V1;
using Google.Protobuf;
using WireEnvironment = CodeSign.Wire.V1.Environment;
using WirePolicy = CodeSign.Wire.V1.EnvironmentPolicy;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>Environments and keys as they are shown over the wire.</summary>
internal static class EnvironmentViews
{
    public static WireEnvironment Show(Snapshot snapshot, SigningEnvironment environment)
    {
        string? currentId = snapshot.CurrentKey(environment.Id)?.Id;
        WireEnvironment shown = new()
        {
            Project = snapshot.Projects[environment.ProjectId].Name,
            Name = environment.Name,
            Algorithm = environment.Algorithm,
            Storage = environment.Storage,
            Enabled = environment.Enabled,
            CreatedUnixMs = environment.Created.ToUnixTimeMilliseconds(),
            Policy = new WirePolicy { AllowSha1 = environment.Policy.AllowSha1, AllowRawRsa = environment.Policy.AllowRawRsa },
        };
        shown.Keys.AddRange(snapshot.KeysOf(environment.Id).Select(key => ShowKey(environment, key, currentId)));
        return shown;
    }

    private static Key ShowKey(SigningEnvironment environment, KeyRecord key, string? currentId)
    {
        Key shown = new()
        {
            Id = key.Id,
            Generation = (uint)key.Generation,
            Algorithm = key.Algorithm,
            State = key.State.ToString(),
            Current = string.Equals(key.Id, currentId, StringComparison.Ordinal),
            PublicKey = ByteString.FromBase64(key.PublicKey),
            CkaId = ByteString.CopyFrom(Convert.FromHexString(key.CkaId)),
            Storage = environment.Storage,
            CreatedUnixMs = key.Created.ToUnixTimeMilliseconds(),
        };
        shown.Chain.AddRange(key.Chain.Select(ByteString.FromBase64));
        return shown;
    }
}
