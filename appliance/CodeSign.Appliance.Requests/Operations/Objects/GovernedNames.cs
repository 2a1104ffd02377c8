using System.Text;
using CodeSign.Appliance.Governance;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>
/// Labels and ids that belong to environments. Tools find a key by one of them, and a certificate for it by the other: what an
/// application makes must not be found in an environment's place, nor beside it.
/// </summary>
internal static class GovernedNames
{
    /// <summary>Refuses a key or certificate of an application's with the label or id of an environment's.</summary>
    public static void RequireFree(Snapshot snapshot, string projectId, AttributeSet attributes)
    {
        if (!Competes(attributes.Class))
        {
            return;
        }

        if (EnvironmentOf(snapshot, projectId, LabelOf(attributes)) is { } environment)
        {
            throw new FaultException(
                CKR.CKR_ATTRIBUTE_VALUE_INVALID, "object.label_taken", $"That label means a key of environment {environment.Name}; take another.");
        }

        string id = Convert.ToHexStringLower((attributes.Find(CKA.CKA_ID) ?? default).Span);
        if (snapshot.KeysWithId(id).Any(key => string.Equals(snapshot.Environments[key.EnvironmentId].ProjectId, projectId, StringComparison.Ordinal)))
        {
            throw new FaultException(CKR.CKR_ATTRIBUTE_VALUE_INVALID, "object.id_taken", "That id (CKA_ID) is that of an environment's key; take another.");
        }
    }

    /// <summary>Refuses an environment whose label applications have taken.</summary>
    public static void RequireFree(Snapshot snapshot, SigningEnvironment environment)
    {
        if (snapshot.ObjectsOf(environment.ProjectId).Any(made =>
            Competes(made.Class) && IsLabelOf(environment, LabelOf(made.Attributes))))
        {
            throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD,
                "environment.label_taken",
                $"A key or certificate that an application made is labelled {environment.Name} already, or as an older key of it would be; take another name.");
        }
    }

    /// <summary>Refuses a key for an environment whose id applications have taken.</summary>
    public static void RequireFree(Snapshot snapshot, string projectId, KeyRecord key)
    {
        if (snapshot.ObjectsWith(projectId, CKA.CKA_ID, Convert.FromHexString(key.CkaId)).Any(made => Competes(made.Class)))
        {
            throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD, "key.id_taken", $"A key or certificate that an application made has this key's id (CKA_ID {key.CkaId}); destroy that first.");
        }
    }

    /// <summary>
    /// Refuses what applications would make in a project whose environment of its own is called as the built-in one: older versions let
    /// it have that name, and members are narrowed to it by name.
    /// </summary>
    public static void RequireNoOlderDefault(Snapshot snapshot, Project project)
    {
        if (snapshot.FindEnvironment(project.Id, SigningEnvironment.BuiltInName) is not null)
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED,
                "environment.default",
                $"Project {project.Name} has an environment called default, from an older version; applications make objects in another project.");
        }
    }

    private static bool Competes(CKO objectClass) =>
        objectClass is CKO.CKO_PRIVATE_KEY or CKO.CKO_PUBLIC_KEY or CKO.CKO_SECRET_KEY or CKO.CKO_CERTIFICATE;

    private static string LabelOf(AttributeSet attributes) => Encoding.UTF8.GetString((attributes.Find(CKA.CKA_LABEL) ?? default).Span);

    // Older keys are labelled name.N where they are shown.
    private static SigningEnvironment? EnvironmentOf(Snapshot snapshot, string projectId, string label) =>
        snapshot.FindEnvironment(projectId, label) ?? (WithoutGeneration(label) is { } name ? snapshot.FindEnvironment(projectId, name) : null);

    private static bool IsLabelOf(SigningEnvironment environment, string label) =>
        string.Equals(label, environment.Name, StringComparison.Ordinal)
        || string.Equals(WithoutGeneration(label), environment.Name, StringComparison.Ordinal);

    private static string? WithoutGeneration(string label)
    {
        int dot = label.LastIndexOf('.');
        return dot > 0 && dot < label.Length - 1 && !label.AsSpan(dot + 1).ContainsAnyExceptInRange('0', '9') ? label[..dot] : null;
    }
}
