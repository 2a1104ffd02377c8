using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf.Collections;

namespace CodeSign.Appliance.Requests.Operations.Token;

/// <summary>A caller's projects as tokens.</summary>
internal sealed class TokenDescriptions
{
    /// <summary>
    /// The tokens a caller sees: enabled projects it is a member of and its grant reaches, in the order of their names. A page of them;
    /// returns what to go on after.
    /// </summary>
    public string Fill(RepeatedField<TokenDescription> page, Snapshot snapshot, Caller caller, string after) => Page.Fill(
        page,
        snapshot.Projects.Values
            .Where(project => project.Enabled && Roles.IsMember(project, caller.IdentityId) && caller.Reaches(snapshot, project.Id)),
        project => project.Name,
        after,
        project => Describe(snapshot, caller, project));

    /// <summary>One of them.</summary>
    public static TokenDescription Describe(Snapshot snapshot, Caller caller, Project project)
    {
        Pin? user = snapshot.Pins.GetValueOrDefault(Pin.UserId(project.Id, caller.IdentityId));
        Pin? so = snapshot.Pins.GetValueOrDefault(Pin.SoId(project.Id));
        TokenDescription token = new()
        {
            ProjectId = project.Id,
            Label = project.Name,
            SlotId = project.SlotId,
            LoginRequired = project.Pin == PinRule.Required,
            AnyPin = project.Pin == PinRule.Any,
            UserPinInitialized = project.Pin != PinRule.Required || user?.Hash is not null,
            TokenInitialized = true,
            UserPinCountLow = user is { Failures: > 0 },
            UserPinFinalTry = user is { Failures: PinGate.FailuresMax - 1 },
            UserPinLocked = user is { Locked: true },
            SoPinInitialized = so?.Hash is not null,
            SoPinCountLow = so is { Failures: > 0 },
            SoPinFinalTry = so is { Failures: PinGate.FailuresMax - 1 },
            SoPinLocked = so is { Locked: true },
            PinLengthMin = PinGate.LengthMin,
            PinLengthMax = ProtocolLimits.PinBytesMax,
            Epoch = (ulong)project.Epoch,
        };
        foreach (ProjectRole role in Enum.GetValues<ProjectRole>().Where(role => Roles.Has(project, caller.IdentityId, role)))
        {
            token.Roles.Add(role.ToString());
        }

        return token;
    }
}
