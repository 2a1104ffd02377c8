using System.Globalization;
using CodeSign.Appliance.Governance;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>What a caller sees of a project's environments, in a stable order: by name, keys newest first, then the CA certificates.</summary>
internal static class TokenObjects
{
    public static IEnumerable<Object> Of(Snapshot snapshot, Project project, string identityId, bool includePrivate, bool includeOlder)
    {
        Dictionary<string, Object> authorities = new(StringComparer.Ordinal);
        foreach (SigningEnvironment environment in snapshot.EnvironmentsOf(project.Id))
        {
            if (!Roles.MaySee(project, identityId, environment.Name))
            {
                continue;
            }

            string? currentId = snapshot.CurrentKey(environment.Id)?.Id;
            foreach (KeyRecord key in snapshot.KeysOf(environment.Id).Where(key => IsShown(key, currentId, includeOlder)))
            {
                KeyObjects objects = KeyObjects.Of(key, LabelOf(environment, key, currentId));
                if (includePrivate && Roles.MayUse(project, identityId, environment.Name))
                {
                    yield return objects.PrivateKey;
                }

                yield return objects.PublicKey;
                if (objects.Certificate is not null)
                {
                    yield return objects.Certificate;
                }

                foreach (Object authority in objects.Authorities)
                {
                    authorities.TryAdd(authority.Id.ToBase64(), authority);
                }
            }
        }

        foreach (Object authority in authorities.Values)
        {
            yield return authority;
        }
    }

    /// <summary>True when every attribute of the template is there with this very value.</summary>
    public static bool Matches(Object candidate, IReadOnlyList<CodeSign.Wire.V1.Attribute> template)
    {
        foreach (CodeSign.Wire.V1.Attribute wanted in template)
        {
            bool found = false;
            foreach (CodeSign.Wire.V1.Attribute attribute in candidate.Attributes)
            {
                if (attribute.Type == wanted.Type)
                {
                    found = attribute.Value.Span.SequenceEqual(wanted.Value.Span);
                    break;
                }
            }

            if (!found)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsShown(KeyRecord key, string? currentId, bool includeOlder) =>
        string.Equals(key.Id, currentId, StringComparison.Ordinal) || (includeOlder && key.State is (KeyState.Active or KeyState.Deactivated));

    private static string LabelOf(SigningEnvironment environment, KeyRecord key, string? currentId) =>
        string.Equals(key.Id, currentId, StringComparison.Ordinal)
            ? environment.Name
            : string.Create(CultureInfo.InvariantCulture, $"{environment.Name}.{key.Generation}");
}
