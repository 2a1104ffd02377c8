using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Requests;
using CodeSign.Appliance.Store;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Microsoft.Extensions.Logging;

namespace CodeSign.Requests.Tests;

/// <summary>An appliance without its sockets: a real store in a file of its own, real keys in software, the real dispatcher.</summary>
internal sealed class RunningAppliance : IAsyncDisposable
{
    public const string Pin = "correct horse";
    public const string SoPin = "battery staple";

    private readonly RootKey _root = RootKey.Create();
    private readonly SecretBytes _passphrase = new("a passphrase of the tests"u8);
    private readonly IKeyBackend[] _backends;
    private readonly ILogger<Dispatcher> _log;
    private ApplianceRequests _requests;

    private RunningAppliance(string folder, TestClock clock, IEnumerable<IKeyBackend> devices, ILogger<Dispatcher>? log = null)
    {
        _log = log ?? new ConsoleLog<Dispatcher>();
        Folder = folder;
        Clock = clock;
        Store = ApplianceStore.Create(DatabasePath, _root, new PassphraseSeal(_passphrase), clock);
        _backends = [new SoftwareBackend(new SoftwareOptions(), clock), .. devices];
        _requests = Start();
    }

    public string Folder { get; }

    public TestClock Clock { get; }

    public ApplianceStore Store { get; private set; }

    public Dispatcher Dispatcher => _requests.Dispatcher;

    public RequestCounters Counters => _requests.Counters;

    public OperationTable Table => _requests.Table;

    public Client Local => new(this, Session.OverLocalSocket());

    public string DatabasePath => Path.Combine(Folder, "appliance.db");

    public static RunningAppliance Create(params IEnumerable<IKeyBackend> devices) =>
        new(Directory.CreateTempSubdirectory("codesign-requests-").FullName, new TestClock(), devices);

    /// <summary>An appliance with user alice, KeyUser and Owner of project demo, and its environment.</summary>
    public static async Task<(RunningAppliance Appliance, Client Alice)> CreateWithProjectAsync(
        string pin = "required", string algorithm = "p256", params IEnumerable<IKeyBackend> devices)
    {
        RunningAppliance appliance = Create(devices);
        return (appliance, await appliance.AddProjectAsync(pin, algorithm));
    }

    /// <summary>An appliance that keeps its database in this folder.</summary>
    public static RunningAppliance CreateIn(string folder, ILogger<Dispatcher>? log = null) => new(folder, new TestClock(), [], log);

    /// <summary>Makes user alice, KeyUser and Owner of project demo, and its environment; returns her connection.</summary>
    public async Task<Client> AddProjectAsync(string pin = "required", string algorithm = "p256")
    {
        Client local = Local;
        await local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = "alice" }, CreateUserResponse.Parser);
        await local.OkAsync(
            OperationCode.CreateProject, new CreateProjectRequest { Name = "demo", Owner = "alice", Pin = pin }, CreateProjectResponse.Parser);
        await local.OkAsync(
            OperationCode.AddMember,
            new AddMemberRequest { Project = "demo", Member = new Member { User = "alice", Role = "KeyUser" } },
            AddMemberResponse.Parser);
        Client alice = await ConnectAsync("alice");
        await alice.OkAsync(
            OperationCode.CreateEnvironment,
            new CreateEnvironmentRequest { Project = "demo", Name = algorithm, Algorithm = algorithm, SelfSignedSubject = "CN=Test" },
            CreateEnvironmentResponse.Parser);
        if (pin is "required")
        {
            await alice.OkAsync(
                OperationCode.ResetPin, new ResetPinRequest { Project = "demo", UserType = UserType.UserUser }, ResetPinResponse.Parser, Pin);
            await alice.OkAsync(
                OperationCode.ResetPin, new ResetPinRequest { Project = "demo", UserType = UserType.UserSo }, ResetPinResponse.Parser, SoPin);
        }

        return alice;
    }

    /// <summary>A connection of a user, by a new grant.</summary>
    public async Task<Client> ConnectAsync(string user, params string[] projects)
    {
        CreateGrantRequest request = new() { User = user };
        request.Projects.AddRange(projects);
        Answer<CreateGrantResponse> grant = await Local.CallAsync(OperationCode.CreateGrant, request, CreateGrantResponse.Parser);
        Client client = Anonymous();
        client.Grant = grant.Secret;
        client.GrantId = grant.Message.Grant.Id;
        Answer<HelloResponse> hello = await client.HelloAsync();
        return hello.Status is null ? client : throw new InvalidOperationException(hello.Status.Message);
    }

    public Client Anonymous(string address = "192.0.2.7", string? certificateId = null) =>
        new(this, new Session(System.Net.IPAddress.Parse(address), certificateId, null, () => { }));

    /// <summary>Stops, and starts again on the same file, or on what was made of it meanwhile.</summary>
    public async Task RestartAsync(Action? meanwhile = null)
    {
        _requests.Dispose();
        await Store.DisposeAsync();
        meanwhile?.Invoke();
        Store = ApplianceStore.Open(DatabasePath, _root, Clock);
        _requests = Start();
    }

    public string ProjectId(string name) => Store.Current.FindProject(name)?.Id ?? throw new ArgumentException("No such project.", nameof(name));

    /// <summary>All leaves of the record, as text.</summary>
    public IReadOnlyList<string> Leaves() => [.. Store.ReadLeaves(0, 10_000).Select(System.Text.Encoding.UTF8.GetString)];

    public async ValueTask DisposeAsync()
    {
        _requests.Dispose();
        await Store.DisposeAsync();
        foreach (IKeyBackend backend in _backends)
        {
            await backend.DisposeAsync();
        }

        _root.Dispose();
        _passphrase.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private ApplianceRequests Start() => new(
        Store,
        _root,
        new Backends(Store, _backends),
        new ApplianceFacts { Version = "test", Started = Clock.GetUtcNow(), Seal = "passphrase" },
        Clock,
        _log);
}
