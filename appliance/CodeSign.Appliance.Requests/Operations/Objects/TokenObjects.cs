using System.Globalization;
using CodeSign.Appliance.Governance;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>What a caller sees of a project's environments, in a stable order: by name, keys newest first, then the CA certificates.</summary>
internal static class TokenObjects
{
    public static IEnumerable<(FindCursor At, Object Object)> Of(
        Snapshot snapshot, Project project, string identityId, bool includePrivate, bool includeOlder, FindCursor after)
    {
        if (after.Stage == FindStage.Environments)
        {
            foreach ((SigningEnvironment environment, KeyRecord key, KeyObjects objects) in KeysOf(snapshot, project, identityId, includeOlder, after.Key))
            {
                bool isLast = string.Equals(environment.Name, after.Key, StringComparison.Ordinal);
                if (isLast && key.Generation > after.Generation)
                {
                    continue;
                }

                int done = isLast && key.Generation == after.Generation ? after.Part : -1;
                Object?[] parts =
                [
                    includePrivate && Roles.MayUse(project, identityId, environment.Name) ? objects.PrivateKey : null, objects.PublicKey, objects.Certificate,
                ];
                for (int part = done + 1; part < parts.Length; part++)
                {
                    if (parts[part] is { } found)
                    {
                        yield return (new FindCursor(FindStage.Environments, environment.Name, key.Generation, part), found);
                    }
                }
            }
        }

        if (after.Stage <= FindStage.Authorities)
        {
            foreach ((string id, Object authority) in AuthoritiesOf(snapshot, project, identityId, includeOlder))
            {
                if (string.CompareOrdinal(id, after.AfterIn(FindStage.Authorities)) > 0)
                {
                    yield return (new FindCursor(FindStage.Authorities, id), authority);
                }
            }
        }
    }

    // Each once, though many chains end in it.
    private static SortedDictionary<string, Object> AuthoritiesOf(Snapshot snapshot, Project project, string identityId, bool includeOlder)
    {
        SortedDictionary<string, Object> authorities = new(StringComparer.Ordinal);
        foreach (Object authority in KeysOf(snapshot, project, identityId, includeOlder, from: "").SelectMany(shown => shown.Objects.Authorities))
        {
            authorities.TryAdd(Convert.ToHexStringLower(authority.Id.Span), authority);
        }

        return authorities;
    }

    private static IEnumerable<(SigningEnvironment Environment, KeyRecord Key, KeyObjects Objects)> KeysOf(
        Snapshot snapshot, Project project, string identityId, bool includeOlder, string from)
    {
        foreach (SigningEnvironment environment in snapshot.EnvironmentsOf(project.Id))
        {
            if (string.CompareOrdinal(environment.Name, from) < 0 || !Roles.MaySee(project, identityId, environment.Name))
            {
                continue;
            }

            string? currentId = snapshot.CurrentKey(environment.Id)?.Id;
            foreach (KeyRecord key in snapshot.KeysOf(environment.Id).Where(key => IsShown(key, currentId, includeOlder)))
            {
                yield return (environment, key, KeyObjects.Of(key, LabelOf(environment, key, currentId)));
            }
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
