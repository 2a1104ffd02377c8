using CodeSign.Appliance.Requests;
using CodeSign.Requests.Tests;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Connection = CodeSign.Requests.Tests.Client;

namespace CodeSign.Fuzz.Targets.Operations;

/// <summary>
/// An appliance with a project, users and a key, that can be put back to how it began. What is random in it stands in inputs as
/// words of the same length.
/// </summary>
internal sealed class ServedAppliance : IDisposable
{
    /// <summary>Words for the project's id, the key's, the grant's, the grant, and the login ticket.</summary>
    public static readonly string ProjectId = new('P', 16);
    public static readonly string KeyId = new('K', 32);
    public static readonly string GrantId = new('G', 32);
    public static readonly string Grant = "csg_" + new string('S', 64);
    public static readonly byte[] Ticket = [.. Enumerable.Repeat((byte)'T', 110)];

    /// <summary>Of 16 bytes: the key's id as objects have it.</summary>
    public static readonly byte[] ObjectId = [.. Enumerable.Repeat((byte)0xA5, 16)];

    /// <summary>The ids of a data object and of a private key that an application made.</summary>
    public static readonly byte[] DataId = [.. Enumerable.Repeat((byte)0xB1, 17)];
    public static readonly byte[] OwnKeyId = [.. Enumerable.Repeat((byte)0xB2, 17)];

    /// <summary>The id of a key that carries others, its value and, of RFC 3394 section 4.6, what comes under it.</summary>
    public static readonly byte[] CarrierId = [.. Enumerable.Repeat((byte)0xB3, 17)];
    public static readonly byte[] CarrierValue = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    public static readonly byte[] Wrapped = Convert.FromHexString("28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21");

    private readonly RunningAppliance _appliance;
    private readonly List<(byte[] Word, byte[] Meaning)> _meanings = [];
    private readonly byte[] _aliceGrant;
    private readonly byte[] _adminGrant;
    private readonly byte[] _kept;

    public ServedAppliance()
    {
        string shared = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        Folder = Path.Combine(shared, "codesign-fuzz-" + System.Environment.ProcessId);
        Directory.CreateDirectory(Folder);
        _appliance = RunningAppliance.CreateIn(Folder, Log);
        Connection alice = _appliance.AddProjectAsync().GetAwaiter().GetResult();
        CreateUserRequest admin = new() { Name = "root" };
        admin.Roles.Add("Administrator");
        _ = _appliance.Local.OkAsync(OperationCode.CreateUser, admin, CreateUserResponse.Parser).GetAwaiter().GetResult();
        Connection root = _appliance.ConnectAsync("root").GetAwaiter().GetResult();
        _ = alice.LoginAsync(RunningAppliance.Pin).GetAwaiter().GetResult();
        string keyId = _appliance.Store.Current.Keys.Values.First().Id;
        MakeObjects(alice);
        (_aliceGrant, _adminGrant) = (alice.Grant, root.Grant);
        Means(ProjectId, System.Text.Encoding.UTF8.GetBytes(_appliance.ProjectId("demo")));
        Means(KeyId, System.Text.Encoding.UTF8.GetBytes(keyId));
        Means(GrantId, System.Text.Encoding.UTF8.GetBytes(alice.GrantId));
        Means(Grant, alice.Grant);
        Means(Ticket, alice.Ticket);
        Means(ObjectId, Convert.FromHexString(keyId));
        byte[] kept = [];
        _appliance.RestartAsync(() => kept = File.ReadAllBytes(_appliance.DatabasePath)).GetAwaiter().GetResult();
        _kept = kept;
    }

    public string Folder { get; }

    public FaultLog<Dispatcher> Log { get; } = new();

    public Dispatcher Dispatcher => _appliance.Dispatcher;

    /// <summary>Puts it back to how it began.</summary>
    public void Restore() => _appliance.RestartAsync(PutBack).GetAwaiter().GetResult();

    /// <summary>A new connection of one of those who may come.</summary>
    public Session Connect(byte caller)
    {
        if (caller % 5 == 0)
        {
            return Session.OverLocalSocket();
        }

        Connection client = _appliance.Anonymous();
        if (caller % 5 != 1)
        {
            client.Grant = caller % 5 == 2 ? _adminGrant : _aliceGrant;
            _ = client.HelloAsync().GetAwaiter().GetResult();
        }

        return client.Session;
    }

    /// <summary>Puts in what the words mean.</summary>
    public void FillIn(Span<byte> frame)
    {
        foreach ((byte[] word, byte[] meaning) in _meanings)
        {
            Span<byte> rest = frame;
            for (int at = rest.IndexOf(word); at >= 0; at = rest.IndexOf(word))
            {
                meaning.CopyTo(rest[at..]);
                rest = rest[(at + meaning.Length)..];
            }
        }
    }

    public void Dispose() => _appliance.DisposeAsync().AsTask().GetAwaiter().GetResult();

    // The project allows applications everything, so that every operation has something to do.
    private void MakeObjects(Connection alice)
    {
        string project = _appliance.ProjectId("demo");
        SetProjectRequest allowed = new() { Name = "demo", Objects = true, ObjectImport = true, Extractable = true, ObjectWrap = true, ObjectWeakWrap = true, TokenInit = true, ObjectRawRsa = true };
        _ = alice.OkAsync(OperationCode.SetProject, allowed, SetProjectResponse.Parser).GetAwaiter().GetResult();
        CreateObjectRequest data = new() { ProjectId = project };
        data.Template.AddRange(OperationSeeds.DataTemplate);
        Means(DataId, alice.OkAsync(OperationCode.CreateObject, data, CreateObjectResponse.Parser).GetAwaiter().GetResult().Object.Id.ToByteArray());
        CreateObjectRequest carrier = new() { ProjectId = project };
        carrier.Template.AddRange(OperationSeeds.CarrierTemplate);
        byte[] value = [0, 0, 0, 0, 0, 0, 0, (byte)CKA.CKA_VALUE, 0, 0, 0, 32, .. CarrierValue];
        Means(CarrierId, alice.OkAsync(OperationCode.CreateObject, carrier, CreateObjectResponse.Parser, value).GetAwaiter().GetResult().Object.Id.ToByteArray());
        GenerateKeyPairRequest pair = OperationSeeds.Pair(project);
        Means(OwnKeyId, alice.OkAsync(OperationCode.GenerateKeyPair, pair, GenerateKeyPairResponse.Parser).GetAwaiter().GetResult().PrivateKey.Id.ToByteArray());
    }

    private void PutBack()
    {
        foreach (string file in Directory.GetFiles(Folder))
        {
            File.Delete(file);
        }

        File.WriteAllBytes(_appliance.DatabasePath, _kept);
    }

    private void Means(string word, byte[] meaning) => Means(System.Text.Encoding.UTF8.GetBytes(word), meaning);

    private void Means(byte[] word, byte[] meaning) => _meanings.Add(word.Length == meaning.Length
        ? (word, meaning)
        : throw new InvalidOperationException($"A word of {word.Length} bytes stands for {meaning.Length}: make it as long, and the corpus anew."));
}
