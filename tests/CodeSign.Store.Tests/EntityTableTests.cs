using System.Reflection;
using System.Text;
using System.Text.Json;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store.Schema;

namespace CodeSign.Store.Tests;

[TestClass]
public sealed class EntityTableTests
{
    [TestMethod]
    public void Every_kind_of_entity_has_a_table()
    {
        Type[] kinds = [.. typeof(Entity).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Entity)) && !type.IsAbstract)];
        Assert.AreSequenceEqual(
            kinds.Select(kind => kind.Name).Order(StringComparer.Ordinal),
            EntityTable.All.Select(table => table.Type.Name).Order(StringComparer.Ordinal));
        Assert.AreAllDistinct(EntityTable.All.Select(table => table.Name));
    }

    [TestMethod]
    public void Every_member_of_an_entity_round_trips()
    {
        // With values that are not the default: what is forgotten in writing or reading shows.
        SigningEnvironment environment = new()
        {
            Id = "e1",
            ProjectId = "p1",
            Name = "release",
            Algorithm = "p256",
            Storage = "software",
            Enabled = false,
            Policy = new() { AllowSha1 = true, AllowRawRsa = true },
            Created = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        };
        EntityTable table = EntityTable.For(environment);
        Assert.AreEqual(environment, table.Deserialize(table.Serialize(environment)));

        Project project = new()
        {
            Id = "0011223344556677",
            Name = "demo",
            Pin = PinRule.Required,
            Members = [new("a1", ProjectRole.Owner, ["release"])],
            Epoch = 7,
        };
        table = EntityTable.For(project);
        Project back = (Project)table.Deserialize(table.Serialize(project));
        Assert.AreEqual(Encoding.UTF8.GetString(table.Serialize(project)), Encoding.UTF8.GetString(table.Serialize(back)));
        Assert.AreEqual(PinRule.Required, back.Pin);
        Assert.AreEqual("release", back.Members.Single().Environments.Single());
    }

    [TestMethod]
    public void Members_that_an_older_version_did_not_write_have_their_defaults()
    {
        Identity identity = (Identity)EntityTable.All.Single(table => table.Type == typeof(Identity))
            .Deserialize("""{"id":"a1","name":"alice"}"""u8);
        Assert.IsTrue(identity.Enabled);
        Assert.IsFalse(identity.Roles.IsDefault);
    }

    [TestMethod]
    public void A_member_this_version_does_not_know_is_refused()
    {
        EntityTable table = EntityTable.All.Single(row => row.Type == typeof(Identity));
        Assert.ThrowsExactly<JsonException>(() => table.Deserialize("""{"id":"a1","name":"alice","only_on_sundays":true}"""u8));
    }

    [TestMethod]
    public void No_entity_carries_a_secret_in_its_body() =>
        Assert.IsEmpty(typeof(Entity).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Entity)))
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            .Where(property => property.Name.Contains("Private", StringComparison.Ordinal)));
}
