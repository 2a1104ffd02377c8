using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Appliance.Requests.Operations.Environments;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Appliance.Requests.Operations.Oversight;
using CodeSign.Appliance.Requests.Operations.People;
using CodeSign.Appliance.Requests.Operations.Projects;
using CodeSign.Appliance.Requests.Operations.Signing;
using CodeSign.Appliance.Requests.Operations.Token;
using CodeSign.Appliance.Store;
using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance.Requests;

/// <summary>Wires the operations to the store and the backends, by hand, innermost first.</summary>
public sealed class ApplianceRequests : IDisposable
{
    private readonly PasswordHasher _hasher;
    private readonly PasswordHasher _doorHasher;
    private readonly PinGate _pins;
    private readonly TicketSeal _tickets;
    private readonly GrantHasher _grants;
    private readonly SessionObjects _session;

    public ApplianceRequests(
        ApplianceStore store, RootKey root, Backends backends, ApplianceFacts facts, TimeProvider time, ILogger<Dispatcher> log)
    {
        ArgumentNullException.ThrowIfNull(facts);
        _hasher = new PasswordHasher(root);
        _doorHasher = new PasswordHasher(root);
        _pins = new PinGate(_hasher);
        _tickets = new TicketSeal(root);
        _grants = new GrantHasher(root);
        TicketGate gate = new(_tickets);
        TokenDescriptions tokens = new();
        KeyMaker maker = new(backends);
        PasswordDoor door = new(_doorHasher, new FailureThrottle(time));
        _session = new SessionObjects(time, gone => backends.Software.Forget(gone.Id));
        ObjectDoor objectDoor = new(gate, _session);
        ObjectMaker objectMaker = new(objectDoor, backends.Software);
        EndedObjects ended = new(backends);
        ObjectOperations objects = new(objectDoor, objectMaker, ended, store);
        RepeatLedger ledger = new(time);
        ledger.Load(store);
        OperationTable table = new(
        [
            .. OperationTable.ForTokens(
                new HelloOperation(_grants, door, tokens, facts),
                new LoginOperations(_pins, _tickets, gate, tokens),
                new FindOperations(gate, objectDoor),
                new SignOperation(backends, gate, _session, ledger, Counters)),
            .. OperationTable.ForRoles(new InitOperations(_pins, gate, _session, ended)),
            .. OperationTable.ForObjects(
                objects, new GenerateOperations(objectDoor, objectMaker, backends), new RevealOperation(objectDoor, objects)),
            .. OperationTable.ForTransport(new WrapOperation(objectDoor, objects), new UnwrapOperation(objectDoor, objects, objectMaker), new DeriveOperation(objectDoor, objects, objectMaker)),
            .. OperationTable.ForPeople(new UserOperations(_doorHasher, door), new GrantOperations(_grants), new ClientCertificateOperations()),
            .. OperationTable.ForProjects(new ProjectOperations(backends), new PinOperations(_pins)),
            .. OperationTable.ForEnvironments(
                new EnvironmentOperations(backends, maker), new KeyOperations(backends, maker), new CertificateOperations(backends)),
            .. OperationTable.ForOversight(new OversightOperations(store, backends, Counters, facts)),
        ]);
        Table = table;
        Dispatcher = new Dispatcher(table, store, time, Counters, log);
    }

    public Dispatcher Dispatcher { get; }

    internal OperationTable Table { get; }

    public RequestCounters Counters { get; } = new();

    public void Dispose()
    {
        _session.Dispose();
        _pins.Dispose();
        _tickets.Dispose();
        _grants.Dispose();
        _hasher.Dispose();
        _doorHasher.Dispose();
    }
}
