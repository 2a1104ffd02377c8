using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using static CodeSign.Requests.Tests.ObjectRequests;

namespace CodeSign.Requests.Tests;

/// <summary>Names with characters that nobody sees: refused where they are ours to give, shown in the record where they are an application's.</summary>
[TestClass]
public sealed class HiddenNameTests
{
    [TestMethod]
    [DataRow("demo\u202E")]
    [DataRow("de\u200Bmo")]
    [DataRow("\u2066demo\u2069")]
    [DataRow("de\u2028mo")]
    [DataRow("de\u001Bmo")]
    public async Task No_project_is_called_so(string name)
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;
        await SetAsync(alice, set => set.TokenInit = true);

        Assert.AreEqual(
            "project.name",
            (await appliance.Local.CallAsync(
                OperationCode.CreateProject, new CreateProjectRequest { Name = name, Owner = "alice" }, CreateProjectResponse.Parser)).Reason);
        Assert.AreEqual(
            "project.name",
            (await alice.CallAsync(
                OperationCode.InitToken, new InitTokenRequest { ProjectId = appliance.ProjectId("demo"), Label = name }, InitTokenResponse.Parser, "12345678"u8.ToArray())).Reason);
        Assert.AreEqual(
            "description.characters",
            (await alice.CallAsync(OperationCode.SetProject, new SetProjectRequest { Name = "demo", Description = name }, SetProjectResponse.Parser)).Reason);
    }

    [TestMethod]
    public async Task The_record_shows_them_in_a_label()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;

        await CreateDataAsync(appliance, alice, "safe\u202Eexe.\u2028x");

        Assert.Contains("""safe\u202Eexe.\u2028x""", appliance.Leaves()[^1]);
        Assert.IsFalse(HiddenCharacters.AreIn(appliance.Leaves()[^1]));
    }

    [TestMethod]
    public async Task A_label_is_cut_between_characters_or_not_at_all()
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync();
        await using RunningAppliance _ = appliance;

        await CreateDataAsync(appliance, alice, new string('x', 63) + "😀😀");

        Assert.Contains(new string('x', 63) + "'", appliance.Leaves()[^1]);
    }
}
