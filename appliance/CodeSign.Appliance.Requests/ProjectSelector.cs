namespace CodeSign.Appliance.Requests;

/// <summary>How a request names its project.</summary>
internal readonly record struct ProjectSelector(string? Id, string? Name)
{
    public static ProjectSelector ById(string id) => new(id, null);

    public static ProjectSelector ByName(string name) => new(null, name);
}
