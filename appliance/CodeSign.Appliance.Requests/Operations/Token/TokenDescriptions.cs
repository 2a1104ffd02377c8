using CodeSign.Appliance.Governance;
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
    public string Fill(RepeatedField<TokenDescription> page, Snapshot snapshot, Caller caller, string network, string after) => Page.Fill(
        page,
        snapshot.Projects.Values
            .Where(project => project.Enabled && Roles.IsMember(project, caller.IdentityId) && caller.Reaches(snapshot, project.Id)),
        project => project.Name,
        after,
        project => Describe(snapshot, caller, network, project));

    /// <summary>One of them, as it is for this caller from this network.</summary>
    public static TokenDescription Describe(Snapshot snapshot, Caller caller, string network, Project project)
    {
        Pin? user = snapshot.Pins.GetValueOrDefault(Pin.UserId(project.Id, caller.IdentityId));
        Pin? so = snapshot.Pins.GetValueOrDefault(Pin.SoId(project.Id));
        int userWrong = user?.WrongFrom(caller.IdentityId, network) ?? 0;
        int soWrong = so?.WrongFrom(caller.IdentityId, network) ?? 0;
        TokenDescription token = new()
        {
            ProjectId = project.Id,
            Label = project.Name,
            SlotId = project.SlotId,
            LoginRequired = project.Pin == PinRule.Required,
            AnyPin = project.Pin == PinRule.Any,
            UserPinInitialized = project.Pin != PinRule.Required || user?.Hash is not null,
            TokenInitialized = true,
            UserPinCountLow = userWrong > 0,
            UserPinFinalTry = userWrong == project.PinTries - 1,
            UserPinLocked = user?.IsLockedFor(caller.IdentityId, network, project.PinTries) == true,
            SoPinInitialized = so?.Hash is not null,
            SoPinCountLow = soWrong > 0,
            SoPinFinalTry = soWrong == project.PinTries - 1,
            SoPinLocked = so?.IsLockedFor(caller.IdentityId, network, project.PinTries) == true,
            PinLengthMin = (uint)project.PinLengthMin,
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
