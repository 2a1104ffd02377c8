using System.Globalization;
using System.Text;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests;
using CodeSign.Wire;

namespace CodeSign.Requests.Tests;

[TestClass]
public sealed class OperationTableTests
{
    private const string ProjectId = "00000000000000aa";
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly (string Name, Caller? Caller)[] Callers =
    [
        ("nobody", null),
        ("stranger", Someone("stranger")),
        ("keyuser", Someone("keyuser")),
        ("owner", Someone("owner")),
        ("auditor", Someone("auditor")),
        ("administrator", Someone("administrator")),
        ("local", Caller.Local),
        ("narrowed", new Caller("owner", "owner", CredentialKind.Grant, "elsewhere")),
        ("expired", new Caller("owner", "owner", CredentialKind.Grant, "expired")),
        ("disabled", Someone("disabled")),
    ];

    public required TestContext TestContext { get; set; }

    [TestMethod]
    public async Task Every_operation_code_has_a_row()
    {
        await using RunningAppliance appliance = RunningAppliance.Create();
        foreach (OperationCode code in Enum.GetValues<OperationCode>().Where(code => code != OperationCode.None))
        {
            Assert.IsNotNull(appliance.Table.Find(code), $"{code} has no row in OperationTable.");
        }
    }

    [TestMethod]
    public async Task Every_row_has_a_name_of_its_own()
    {
        await using RunningAppliance appliance = RunningAppliance.Create();
        string[] names = [.. appliance.Table.Rows.Select(row => row.EventName)];
        Assert.HasCount(names.Length, names.Distinct(StringComparer.Ordinal));
    }

    [TestMethod]
    public async Task Who_may_ask_for_what_is_as_the_matrix_says()
    {
        await using RunningAppliance appliance = RunningAppliance.Create();
        StringBuilder matrix = new();
        matrix.AppendLine(CultureInfo.InvariantCulture, $"{"operation",-26}{string.Concat(Callers.Select(c => $"{c.Name,-15}")).TrimEnd()}");
        foreach (Operation row in appliance.Table.Rows.OrderBy(row => row.Code))
        {
            IEnumerable<string> cells = Callers.Select(c =>
                $"{(Admission.Decide(row.Permission, c.Caller, Everything(), ProjectId, Now).IsAllowed ? "yes" : "-"),-15}");
            matrix.AppendLine(CultureInfo.InvariantCulture, $"{row.Code,-26}{string.Concat(cells).TrimEnd()}");
        }

        string path = Path.Combine(AppContext.BaseDirectory, "gate-matrix.txt");
        if (Environment.GetEnvironmentVariable("CODESIGN_UPDATE_GATE_MATRIX") is { Length: > 0 } update)
        {
            await File.WriteAllTextAsync(update, matrix.ToString(), TestContext.CancellationToken);
        }

        string expected = await File.ReadAllTextAsync(path, TestContext.CancellationToken);
        Assert.AreEqual(
            expected,
            matrix.ToString(),
            "A right has changed. If that is meant, write the new matrix with CODESIGN_UPDATE_GATE_MATRIX=path/to/gate-matrix.txt and have it reviewed.");
    }

    private static Caller Someone(string name) => new(name, name, CredentialKind.Grant, "grant-" + name);

    private static Snapshot Everything()
    {
        Snapshot snapshot = Snapshot.Empty.With(new Project
        {
            Id = ProjectId,
            Name = "demo",
            Members = [new Membership("owner", ProjectRole.Owner, []), new Membership("keyuser", ProjectRole.KeyUser, [])],
        });
        foreach ((string name, Caller? _) in Callers.Where(c => c.Caller is { Credential: CredentialKind.Grant }))
        {
            snapshot = snapshot
                .With(new Identity
                {
                    Id = name,
                    Name = name,
                    Enabled = name is not "disabled",
                    Roles = name switch { "administrator" => [ApplianceRole.Administrator], "auditor" => [ApplianceRole.Auditor], _ => [] },
                })
                .With(GrantOf("grant-" + name, name));
        }

        return snapshot
            .With(GrantOf("elsewhere", "owner") with { Projects = ["00000000000000bb"] })
            .With(GrantOf("expired", "owner") with { Expires = Now });
    }

    private static Grant GrantOf(string id, string identity) =>
        new() { Id = id, IdentityId = identity, TokenHash = id, Scope = "user", Expires = Now.AddDays(1) };
}
