using System.Collections.Immutable;
using System.Globalization;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;
using WireProject = CodeSign.Wire.V1.Project;

namespace CodeSign.Appliance.Requests.Operations.Projects;

/// <summary>Projects and their members.</summary>
internal sealed class ProjectOperations(Backends backends)
{
    /// <summary>Members of one project, each role counted.</summary>
    public const int MembersMax = 1_000;

    /// <summary>Environments its members are narrowed to, all members together: a project is shown in one frame.</summary>
    public const int NarrowedMax = 4_000;

    /// <summary>How few and many bytes the shortest PIN of a project may have.</summary>
    public const int PinLengthMinLeast = 4, PinLengthMinMost = 64;

    /// <summary>How few and many wrong PINs may lock.</summary>
    public const int PinTriesLeast = 3, PinTriesMost = 20;

    public async ValueTask<CreateProjectResponse> CreateAsync(RequestContext context, CreateProjectRequest request)
    {
        Names.RequireProject(request.Name);
        Names.RequireDescription(request.Description);
        PinRule pin = ReadPin(request.Pin);
        Project? project = null;
        Snapshot after = await context.ChangeAsync(latest =>
        {
            if (latest.FindProject(request.Name) is not null)
            {
                throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "project.exists", $"There is a project {request.Name} already.");
            }

            Identity owner = request.Owner.Length == 0
                ? latest.Identities.GetValueOrDefault(context.Caller.IdentityId)
                    ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "project.owner", "Say which user owns the project.")
                : FindUser(latest, request.Owner);
            project = new Project
            {
                Id = NewId(latest),
                Name = request.Name,
                Description = request.Description,
                Pin = pin,
                Members = [new Membership(owner.Id, ProjectRole.Owner, [])],
                Created = context.Now,
            };
            return new StoreChange().Put(project).Record(context.Event() with { Project = project.Name });
        });
        return new CreateProjectResponse { Project = Show(after, project ?? throw new InvalidOperationException("The change did not run.")) };
    }

    public ValueTask<ListProjectsResponse> ListAsync(RequestContext context, ListProjectsRequest request)
    {
        bool administrator = context.Caller.Has(context.Snapshot, ApplianceRole.Administrator);
        ListProjectsResponse response = new();
        response.Next = Page.Fill(
            response.Projects,
            context.Snapshot.Projects.Values.Where(project => context.Caller.Reaches(context.Snapshot, project.Id)
                && (administrator || Roles.IsMember(project, context.Caller.IdentityId))),
            project => project.Name,
            request.After,
            project => Show(context.Snapshot, project));
        return new(response);
    }

    public async ValueTask<SetProjectResponse> SetAsync(RequestContext context, SetProjectRequest request)
    {
        Names.RequireDescription(request.Description);
        PinRule? pin = request.HasPin ? ReadPin(request.Pin) : null;
        RequireWithin(request.HasPinMin, request.PinMin, PinLengthMinLeast, PinLengthMinMost, "pin_min", "The shortest PIN of a project has {0} to {1} bytes.");
        RequireWithin(request.HasPinTries, request.PinTries, PinTriesLeast, PinTriesMost, "pin_tries", "A PIN is locked after {0} to {1} wrong ones.");
        if (request.HasObjectStorage)
        {
            backends.Named(request.ObjectStorage);  // there is one of that name
        }

        return new SetProjectResponse
        {
            Project = await ChangeAsync(context, (latest, project) =>
            {
                if (request.HasObjects && request.Objects)
                {
                    GovernedNames.RequireNoOlderDefault(latest, project);
                }

                return project with
                {
                    Enabled = request.HasEnabled ? request.Enabled : project.Enabled,
                    Pin = pin ?? project.Pin,
                    PinLengthMin = request.HasPinMin ? (int)request.PinMin : project.PinLengthMin,
                    PinTries = request.HasPinTries ? (int)request.PinTries : project.PinTries,
                    Description = request.HasDescription ? request.Description : project.Description,
                    Objects = ReadObjects(request, project.Objects),
                    Epoch = project.Epoch + (pin is not null || request.HasEnabled ? 1 : 0),
                };
            }),
        };
    }

    private static Governance.ObjectPolicy ReadObjects(SetProjectRequest request, Governance.ObjectPolicy objects) => objects with
    {
        Allow = request.HasObjects ? request.Objects : objects.Allow,
        AllowImport = request.HasObjectImport ? request.ObjectImport : objects.AllowImport,
        AllowExtractable = request.HasExtractable ? request.Extractable : objects.AllowExtractable,
        AllowWrap = request.HasObjectWrap ? request.ObjectWrap : objects.AllowWrap,
        AllowWeakWrap = request.HasObjectWeakWrap ? request.ObjectWeakWrap : objects.AllowWeakWrap,
        AllowInit = request.HasTokenInit ? request.TokenInit : objects.AllowInit,
        Storage = request.HasObjectStorage ? request.ObjectStorage : objects.Storage,
        Policy = objects.Policy with
        {
            AllowSha1 = request.HasObjectSha1 ? request.ObjectSha1 : objects.Policy.AllowSha1,
            AllowRawRsa = request.HasObjectRawRsa ? request.ObjectRawRsa : objects.Policy.AllowRawRsa,
        },
    };

    public async ValueTask<AddMemberResponse> AddMemberAsync(RequestContext context, AddMemberRequest request)
    {
        Member member = request.Member ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "member.missing", "The request names no member.");
        ProjectRole role = ReadRole(member.Role);
        if (role == ProjectRole.Owner && member.Environments.Count > 0)
        {
            // An owner's acts (PINs, members, rules) reach the whole project.
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "member.owner", "An Owner owns the whole project; only a KeyUser can be narrowed to environments.");
        }

        return new AddMemberResponse
        {
            Project = await ChangeAsync(
                context,
                (latest, project) =>
                {
                    Identity identity = FindUser(latest, member.User);
                    foreach (string environment in member.Environments)
                    {
                        if (latest.FindEnvironment(project.Id, environment) is null
                            && !string.Equals(environment, SigningEnvironment.BuiltInName, StringComparison.Ordinal))
                        {
                            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "environment.unknown", $"Project {project.Name} has no environment {environment}.");
                        }
                    }

                    ImmutableArray<Membership> others =
                        [.. project.Members.Where(m => m.Role != role || !string.Equals(m.IdentityId, identity.Id, StringComparison.Ordinal))];
                    ImmutableArray<Membership> members =
                        others.Add(new Membership(identity.Id, role, [.. member.Environments.Distinct(StringComparer.Ordinal)]));
                    RequireFew(members);
                    return project with { Members = members };
                },
                $"{member.User} {role}"),
        };
    }

    public async ValueTask<RemoveMemberResponse> RemoveMemberAsync(RequestContext context, RemoveMemberRequest request)
    {
        ProjectRole role = ReadRole(request.Role);
        return new RemoveMemberResponse
        {
            Project = await ChangeAsync(
                context,
                (latest, project) =>
                {
                    Identity identity = FindUser(latest, request.User);
                    ImmutableArray<Membership> left =
                        [.. project.Members.Where(m => m.Role != role || !string.Equals(m.IdentityId, identity.Id, StringComparison.Ordinal))];
                    if (left.Length == project.Members.Length)
                    {
                        throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "member.unknown", $"{request.User} is not {role} of project {project.Name}.");
                    }

                    return left.Any(m => m.Role == ProjectRole.Owner)
                        ? project with { Members = left, Epoch = project.Epoch + 1 }
                        : throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "project.last_owner", "This is the project's last Owner; add another one first.");
                },
                $"{request.User} {role}"),
        };
    }

    internal static Identity FindUser(Snapshot snapshot, string name) => snapshot.FindIdentity(name)
        ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "user.unknown", $"There is no user {name}.");

    private static async ValueTask<WireProject> ChangeAsync(RequestContext context, Func<Snapshot, Project, Project> change, string? detail = null)
    {
        string id = context.Project.Id;
        Snapshot after = await context.ChangeAsync(latest => new StoreChange()
            .Put(change(latest, latest.Projects[id]))
            .Record(context.Event() with { Detail = detail }));
        return Show(after, after.Projects[id]);
    }

    private static void RequireWithin(bool given, uint number, int least, int most, string name, string sentence)
    {
        if (given && (number < least || number > most))
        {
            throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD, "project." + name, string.Format(CultureInfo.InvariantCulture, sentence, least, most));
        }
    }

    private static void RequireFew(ImmutableArray<Membership> members)
    {
        if (members.Length > MembersMax)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "project.members", $"A project has at most {MembersMax} members.");
        }

        if (members.Sum(m => m.Environments.Length) > NarrowedMax)
        {
            throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD, "project.narrowed", $"A project's members are narrowed to at most {NarrowedMax} environments, all members together.");
        }
    }

    private static string NewId(Snapshot latest)
    {
        // Two projects never share a slot number, nor a serial number; a slot number of 0 is kept for 'project = NAME'.
        while (true)
        {
            Project candidate = new() { Id = Names.NewId(8), Name = "" };
            if (candidate.SlotId != 0 && latest.Projects.Values.All(project => project.SlotId != candidate.SlotId))
            {
                return candidate.Id;
            }
        }
    }

    private static PinRule ReadPin(string pin) => pin switch
    {
        "" or "none" => PinRule.None,
        "any" => PinRule.Any,
        "required" => PinRule.Required,
        _ => throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "project.pin", "A project's PIN rule is none, any or required."),
    };

    private static ProjectRole ReadRole(string role) => Enum.TryParse(role, ignoreCase: true, out ProjectRole parsed) && Enum.IsDefined(parsed)
        ? parsed
        : throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "member.role", "A member's role is Owner or KeyUser.");

    private static WireProject Show(Snapshot snapshot, Project project)
    {
        WireProject shown = new()
        {
            Id = project.Id,
            Name = project.Name,
            Description = project.Description,
            Enabled = project.Enabled,
            Pin = project.Pin.ToString().ToLowerInvariant(),
            PinMin = (uint)project.PinLengthMin,
            PinTries = (uint)project.PinTries,
            SlotId = project.SlotId,
            CreatedUnixMs = project.Created.ToUnixTimeMilliseconds(),
            Objects = new CodeSign.Wire.V1.ObjectPolicy
            {
                Allow = project.Objects.Allow,
                AllowImport = project.Objects.AllowImport,
                AllowExtractable = project.Objects.AllowExtractable,
                AllowWrap = project.Objects.AllowWrap,
                AllowWeakWrap = project.Objects.AllowWeakWrap,
                AllowInit = project.Objects.AllowInit,
                Storage = project.Objects.Storage,
                Policy = new CodeSign.Wire.V1.EnvironmentPolicy
                {
                    AllowSha1 = project.Objects.Policy.AllowSha1,
                    AllowRawRsa = project.Objects.Policy.AllowRawRsa,
                },
            },
        };
        foreach (Membership membership in project.Members)
        {
            Member member = new()
            {
                User = snapshot.Identities.GetValueOrDefault(membership.IdentityId)?.Name ?? membership.IdentityId,
                Role = membership.Role.ToString(),
            };
            member.Environments.AddRange(membership.Environments);
            shown.Members.Add(member);
        }

        return shown;
    }
}
