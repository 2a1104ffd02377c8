using System.CommandLine;
using CodeSign.Cli.Output;
using CodeSign.Client;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>Projects (PKCS#11: tokens) and the people around them.</summary>
internal static class ProjectCommands
{
    private static readonly Argument<string> Name = new("PROJECT") { Description = "The project's name: the token's label" };

    private static readonly Argument<string> Member = new("USER") { Description = "The user's name" };

    private static readonly Option<string?> Description = new("--description") { Description = "What the project is for", HelpName = "TEXT" };

    private static readonly Option<string?> Pin = new Option<string?>("--pin")
    {
        Description = "What C_Login's PIN means: none (no login), any (any PIN will do), required (a real PIN)",
        HelpName = "none|any|required",
    }.AcceptOnlyFromAmong("none", "any", "required");

    private static readonly Option<uint?> PinMin = new("--pin-min") { Description = "Bytes of the shortest PIN that can be set (4 to 64)", HelpName = "N" };

    private static readonly Option<uint?> PinTries = new("--pin-tries") { Description = "Wrong PINs in a row that lock (3 to 20)", HelpName = "N" };

    private static readonly Option<string?> Owner = new("--owner") { Description = "Its first owner (default: you)", HelpName = "USER" };

    private static readonly Option<bool?> Enabled = new("--enabled") { Description = "false: nobody may use it", HelpName = "true|false" };

    private static readonly Option<bool?> Objects = Switch("--objects", "Applications may make and use objects of their own in its token");

    private static readonly Option<bool?> ObjectImport = Switch("--object-import", "Applications may bring in keys from elsewhere");

    private static readonly Option<bool?> Extractable = Switch("--extractable", "Applications may make keys that can be read out");

    private static readonly Option<bool?> ObjectWrap = Switch("--object-wrap", "Extractable keys of applications may leave wrapped under another key");

    private static readonly Option<bool?> ObjectWeakWrap = Switch("--object-weak-wrap", "Keys may be wrapped and unwrapped by AES-CBC, RSA PKCS#1 v1.5 and chosen IVs of AES-GCM");

    private static readonly Option<bool?> TokenInit = Switch("--token-init", "C_InitToken may empty and rename its token");

    private static readonly Option<bool?> ObjectSha1 = Switch("--object-sha1", "Applications' keys may sign SHA-1");

    private static readonly Option<bool?> ObjectRawRsa = Switch("--object-raw-rsa", "Applications' keys may do bare RSA (CKM_RSA_X_509)");

    private static readonly Option<string?> ObjectStorage = new("--object-storage")
    {
        Description = "Where applications' keys are generated and kept",
        HelpName = "software|hsm:NAME",
    };

    private static readonly Option<string> Role = new Option<string>("--role")
    {
        Description = "What the member may do: use keys, or own the project",
        HelpName = "KeyUser|Owner",
        DefaultValueFactory = _ => "KeyUser",
    }.AcceptOnlyFromAmong("KeyUser", "Owner");

    private static readonly Option<string[]> Environments = new("--environment")
    {
        Description = "Only for this environment; several times for several",
        HelpName = "NAME",
    };

    public static Command Build(CommandLine line) => CommandLine.Group(
        "project",
        "Projects: the tokens of PKCS#11",
        line.Define(
            "create",
            "Makes a project",
            invocation => Show(
                invocation,
                invocation.Ask(
                    OperationCode.CreateProject,
                    new CreateProjectRequest
                    {
                        Name = invocation.Get(Name),
                        Description = invocation.Get(Description) ?? "",
                        Pin = invocation.Get(Pin) ?? "",
                        Owner = invocation.Get(Owner) ?? "",
                    },
                    CreateProjectResponse.Parser).Project),
            Name,
            Description,
            Pin,
            Owner),
        line.Define(
            "list", "Lists projects", invocation => invocation.Printer.List(All(invocation), Views.Projects, "You see no project.")),
        line.Define(
            "show",
            "Shows one project",
            invocation => Show(
                invocation,
                All(invocation).FirstOrDefault(project => string.Equals(project.Name, invocation.Get(Name), StringComparison.Ordinal))
                    ?? throw CommandFault.NotFound($"You see no project {invocation.Get(Name)}; 'csctl project list' shows those you see.")),
            Name),
        line.Define(
            "set",
            "Changes a project",
            Set,
            [
                Name, Description, Pin, PinMin, PinTries, Enabled, Objects, ObjectImport, Extractable, ObjectWrap,
                ObjectWeakWrap, TokenInit, ObjectStorage, ObjectSha1, ObjectRawRsa,
            ]),
        CommandLine.Group(
            "member",
            "Who may do what in a project",
            line.Define("add", "Adds a member, or changes which environments a role is for", AddMember, Name, Member, Role, Environments),
            line.Define(
                "remove",
                "Takes a role from a member",
                invocation => Show(
                    invocation,
                    invocation.Ask(
                        OperationCode.RemoveMember,
                        new RemoveMemberRequest
                        {
                            Project = invocation.Get(Name),
                            User = invocation.Get(Member),
                            Role = invocation.Get(Role),
                        },
                        RemoveMemberResponse.Parser).Project),
                Name,
                Member,
                Role)));

    /// <summary>All projects the caller sees.</summary>
    internal static IEnumerable<Project> All(Invocation invocation) => Pages.Of(after =>
    {
        ListProjectsResponse page = invocation.Ask(OperationCode.ListProjects, new ListProjectsRequest { After = after }, ListProjectsResponse.Parser);
        return (page.Projects, page.Next);
    });

    private static void Show(Invocation invocation, Project project) => invocation.Printer.One(project, Views.Projects);

    private static void Set(Invocation invocation)
    {
        SetProjectRequest request = new() { Name = invocation.Get(Name) };
        if (invocation.Get(Description) is { } description)
        {
            request.Description = description;
        }

        if (invocation.Get(Pin) is { } pin)
        {
            request.Pin = pin;
        }

        if (invocation.Get(Enabled) is { } enabled)
        {
            request.Enabled = enabled;
        }

        if (invocation.Get(ObjectStorage) is { } storage)
        {
            request.ObjectStorage = storage;
        }

        OnlyIf(invocation.Get(PinMin), bytes => request.PinMin = bytes);
        OnlyIf(invocation.Get(PinTries), tries => request.PinTries = tries);
        OnlyIf(invocation.Get(Objects), on => request.Objects = on);
        OnlyIf(invocation.Get(ObjectImport), on => request.ObjectImport = on);
        OnlyIf(invocation.Get(Extractable), on => request.Extractable = on);
        OnlyIf(invocation.Get(ObjectWrap), on => request.ObjectWrap = on);
        OnlyIf(invocation.Get(ObjectWeakWrap), on => request.ObjectWeakWrap = on);
        OnlyIf(invocation.Get(TokenInit), on => request.TokenInit = on);
        OnlyIf(invocation.Get(ObjectSha1), on => request.ObjectSha1 = on);
        OnlyIf(invocation.Get(ObjectRawRsa), on => request.ObjectRawRsa = on);
        Show(invocation, invocation.Ask(OperationCode.SetProject, request, SetProjectResponse.Parser).Project);
    }

    private static Option<bool?> Switch(string name, string description) => new(name) { Description = description, HelpName = "true|false" };

    private static void OnlyIf<T>(T? given, Action<T> set)
        where T : struct
    {
        if (given is { } value)
        {
            set(value);
        }
    }

    private static void AddMember(Invocation invocation)
    {
        Member member = new() { User = invocation.Get(Member), Role = invocation.Get(Role) };
        member.Environments.AddRange(invocation.Get(Environments) ?? []);
        AddMemberRequest request = new() { Project = invocation.Get(Name), Member = member };
        Show(invocation, invocation.Ask(OperationCode.AddMember, request, AddMemberResponse.Parser).Project);
    }
}
