using CodeSign.Appliance.Requests.Operations.Projects;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Requests.Tests;

/// <summary>A project with as much in it as can be is still shown.</summary>
[TestClass]
public sealed class MemberLimitTests
{
    [TestMethod]
    public async Task Members_narrowed_to_as_many_environments_as_allowed_are_shown_and_one_more_is_refused()
    {
        const int Environments = 200;
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync("none");
        await using RunningAppliance _ = appliance;
        string[] names = [.. Enumerable.Range(0, Environments).Select(i => $"{i:D64}")];
        await Task.WhenAll(names.Select(name => alice.OkAsync(
            OperationCode.CreateEnvironment,
            new CreateEnvironmentRequest { Project = "demo", Name = name, Algorithm = "p256" },
            CreateEnvironmentResponse.Parser)));
        for (int i = 0; i < ProjectOperations.NarrowedMax / Environments; i++)
        {
            Assert.AreEqual("ok", await AddAsync(appliance, alice, $"user{i}", names));
        }

        Assert.AreEqual("project.narrowed", await AddAsync(appliance, alice, "straw", names[..1]));
        Assert.AreEqual("ok", await AddAsync(appliance, alice, "wide", []));
        ListProjectsResponse shown = await appliance.Local.OkAsync(OperationCode.ListProjects, new ListProjectsRequest(), ListProjectsResponse.Parser);
        Assert.HasCount((ProjectOperations.NarrowedMax / Environments) + 3, shown.Projects.Single().Members);
    }

    private static async Task<string> AddAsync(RunningAppliance appliance, Client owner, string user, string[] environments)
    {
        await appliance.Local.OkAsync(OperationCode.CreateUser, new CreateUserRequest { Name = user }, CreateUserResponse.Parser);
        Member member = new() { User = user, Role = "KeyUser" };
        member.Environments.AddRange(environments);
        return (await owner.CallAsync(OperationCode.AddMember, new AddMemberRequest { Project = "demo", Member = member }, AddMemberResponse.Parser)).Reason;
    }
}
