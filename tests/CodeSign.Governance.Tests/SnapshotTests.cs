using CodeSign.Appliance.Governance;

namespace CodeSign.Governance.Tests;

[TestClass]
public sealed class SnapshotTests
{
    [TestMethod]
    public void A_renamed_identity_is_found_by_its_new_name_alone()
    {
        Identity before = new() { Id = "1", Name = "alice" };
        Snapshot snapshot = Snapshot.Empty.With(before).With(before with { Name = "alicia" });

        Assert.IsNull(snapshot.FindIdentity("alice"));
        Assert.AreEqual("1", snapshot.FindIdentity("alicia")?.Id);
    }

    [TestMethod]
    public void What_was_removed_is_not_found()
    {
        Project project = new() { Id = "00000000000000aa", Name = "demo" };
        SigningEnvironment environment = new() { Id = "e", ProjectId = project.Id, Name = "p256", Algorithm = "p256", Storage = "software" };
        Snapshot snapshot = Snapshot.Empty.With(project).With(environment).Without(environment).Without(project);

        Assert.IsNull(snapshot.FindProject("demo"));
        Assert.IsNull(snapshot.FindEnvironment(project.Id, "p256"));
    }

    [TestMethod]
    public void The_current_key_is_the_newest_active_one()
    {
        KeyRecord first = new() { Id = "1", EnvironmentId = "e", Generation = 1, Algorithm = "p256", PublicKey = "", CkaId = "" };
        Snapshot snapshot = Snapshot.Empty.With(first).With(first with { Id = "2", Generation = 2 });

        Assert.AreEqual("2", snapshot.CurrentKey("e")?.Id);
        Assert.AreEqual("1", snapshot.With(first with { Id = "2", Generation = 2, State = KeyState.Destroyed }).CurrentKey("e")?.Id);
    }

    [TestMethod]
    public void A_slot_number_fits_a_java_int()
    {
        Project project = new() { Id = "ffffffffffffffff", Name = "demo" };
        Assert.AreEqual((uint)int.MaxValue, project.SlotId);
    }
}
