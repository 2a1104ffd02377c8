using System.Globalization;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;
using Google.Protobuf.Collections;
using WirePolicy = CodeSign.Wire.V1.EnvironmentPolicy;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>Environments: made with their first key, shown, changed.</summary>
internal sealed class EnvironmentOperations(Backends backends, KeyMaker maker)
{
    /// <summary>Environments of one project.</summary>
    public const int EnvironmentsMax = 20_000;

    public async ValueTask<CreateEnvironmentResponse> CreateAsync(RequestContext context, CreateEnvironmentRequest request)
    {
        Names.RequireEnvironment(request.Name);
        bool adopts = request.Adopt.Length > 0;
        bool bringsIn = request.Import || adopts;
        SigningEnvironment environment = new()
        {
            Id = Names.NewId(),
            ProjectId = context.Project.Id,
            Name = request.Name,
            Algorithm = request.Algorithm.Length == 0 && !bringsIn ? "rsa3072" : request.Algorithm,
            Storage = request.Storage.Length == 0 ? SigningEnvironment.SoftwareStorage : request.Storage,
            Policy = ReadPolicy(request.Policy),
            Created = context.Now,
        };
        _ = backends.Of(environment);
        RequireMayAdopt(adopts, context, context.Snapshot);
        RequireNew(context.Snapshot, environment);
        CertificateWish wish = new(request.SelfSignedSubject, request.SelfSignedDays);
        MadeKey key;
        if (bringsIn)
        {
            (environment, key) = await maker.BringInAsync(context, environment, request.Adopt, wish);
        }
        else
        {
            _ = KeyMaker.FindAlgorithm(environment.Algorithm);
            key = await maker.GenerateAsync(context, environment, generation: 1, wish);
        }

        using (key)
        {
            return new CreateEnvironmentResponse { Environment = await StoreAsync(context, environment, key, adopts) };
        }
    }

    public ValueTask<ListEnvironmentsResponse> ListAsync(RequestContext context, ListEnvironmentsRequest request)
    {
        bool administrator = context.Caller.Has(context.Snapshot, ApplianceRole.Administrator);
        ListEnvironmentsResponse response = new();
        SigningEnvironment[] visible = [.. context.Snapshot.EnvironmentsOf(context.Project.Id)
            .Where(environment => (request.Name.Length == 0 || string.Equals(environment.Name, request.Name, StringComparison.Ordinal))
                && (administrator || Roles.MaySee(context.Project, context.Caller.IdentityId, environment.Name)))];
        if (visible.Length == 0 && request.Name.Length > 0)
        {
            throw Unknown(request.Name);
        }

        // A page holds environments with one key each; those of one environment are put together.
        RepeatedField<Wire.V1.Environment> single = [];
        response.Next = Page.Fill(
            single,
            visible.SelectMany(environment => context.Snapshot.KeysOf(environment.Id).Select(key => (environment, key))),
            each => string.Create(CultureInfo.InvariantCulture, $"{each.environment.Name}/{each.key.Generation:D10}"),
            request.After,
            each => EnvironmentViews.ShowOne(context.Snapshot, each.environment, each.key));
        foreach (Wire.V1.Environment part in single)
        {
            if (response.Environments.Count > 0 && string.Equals(response.Environments[^1].Name, part.Name, StringComparison.Ordinal))
            {
                response.Environments[^1].Keys.Add(part.Keys);
            }
            else
            {
                response.Environments.Add(part);
            }
        }

        return new(response);
    }

    public async ValueTask<SetEnvironmentResponse> SetAsync(RequestContext context, SetEnvironmentRequest request)
    {
        Snapshot after = await context.ChangeAsync(latest =>
        {
            SigningEnvironment before = Find(latest, context.Project.Id, request.Name);
            return new StoreChange()
                .Put(before with
                {
                    Enabled = request.HasEnabled ? request.Enabled : before.Enabled,
                    Policy = request.Policy is null ? before.Policy : ReadPolicy(request.Policy),
                })
                .Record(context.Event() with { Environment = before.Name });
        });
        return new SetEnvironmentResponse { Environment = EnvironmentViews.Show(after, Find(after, context.Project.Id, request.Name)) };
    }

    internal static SigningEnvironment Find(Snapshot snapshot, string projectId, string name) =>
        snapshot.FindEnvironment(projectId, name) ?? throw Unknown(name);

    private static FaultException Unknown(string name) =>
        new(CKR.CKR_ARGUMENTS_BAD, "environment.unknown", $"There is no environment {name} in this project; 'csctl environment list' shows those there are.");

    private static EnvironmentPolicy ReadPolicy(WirePolicy? policy) => policy is null
        ? new EnvironmentPolicy()
        : new EnvironmentPolicy { AllowSha1 = policy.AllowSha1, AllowRawRsa = policy.AllowRawRsa };

    // Projects share a device: an owner of one must not take what is another's.
    private static void RequireMayAdopt(bool adopts, RequestContext context, Snapshot snapshot)
    {
        if (adopts && !context.Caller.Has(snapshot, ApplianceRole.Administrator))
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "role.missing", "Only an Administrator brings a key that is on the HSM already into a project.");
        }
    }

    private static void RequireNew(Snapshot snapshot, SigningEnvironment environment)
    {
        if (snapshot.FindEnvironment(environment.ProjectId, environment.Name) is not null)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "environment.exists", $"There is an environment {environment.Name} in this project already.");
        }

        GovernedNames.RequireFree(snapshot, environment);
        if (snapshot.EnvironmentsOf(environment.ProjectId).Count() >= EnvironmentsMax)
        {
            throw new FaultException(CKR.CKR_DEVICE_MEMORY, "environment.too_many", $"A project has at most {EnvironmentsMax} environments.");
        }
    }

    private static void RequireNewKey(Snapshot snapshot, KeyRecord key)
    {
        if (snapshot.KeysWithId(key.CkaId).Any())
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "key.exists", "This very key is in the appliance already; two policies over one key would be none.");
        }
    }

    private async Task<Wire.V1.Environment> StoreAsync(RequestContext context, SigningEnvironment environment, MadeKey key, bool adopts)
    {
        bool generated = key.Record.Local;
        Snapshot after;
        try
        {
            after = await context.ChangeAsync(latest =>
            {
                RequireMayAdopt(adopts, context, latest);
                RequireNew(latest, environment);
                if (!generated)
                {
                    RequireNewKey(latest, key.Record);
                }

                GovernedNames.RequireFree(latest, environment.ProjectId, key.Record);

                return new StoreChange()
                    .Put(environment)
                    .Put(key.Record, key.Secret)
                    .Record(key.Describe(context.Event() with
                    {
                        Environment = environment.Name,
                        Key = key.Record.Id,
                        Detail = $"{environment.Algorithm} in {environment.Storage}",
                    }));
            });
        }
        catch (Exception cause)
        {
            await maker.UndoAsync(environment, key, cause);
            throw;
        }

        return EnvironmentViews.Show(after, environment);
    }
}
