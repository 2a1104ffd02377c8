using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Operations.Projects;

/// <summary>Setting PINs by an owner: new ones, forgotten ones, locked ones.</summary>
internal sealed class PinOperations(PinGate pins)
{
    public async ValueTask<ResetPinResponse> ResetAsync(RequestContext context, ResetPinRequest request)
    {
        if (request.UserType is not (UserType.UserSo or UserType.UserUser))
        {
            throw new FaultException(CKR.CKR_USER_TYPE_INVALID, "login.user_type", "There is a PIN of the SO and of each user.");
        }

        using SecretBytes pin = context.TakeSecret(0, "PIN");
        PinGate.RequireAcceptable(context.Project, pin);
        PasswordHash hash = await pins.HashAsync(context, pin);
        await context.ChangeAsync(latest =>
        {
            string id = IdOf(context, latest, request);
            Pin before = latest.Pins.GetValueOrDefault(id) ?? new Pin { Id = id };
            return new StoreChange()
                .Put(before.Renew(hash))
                .Record(context.Event() with { Detail = request.UserType == UserType.UserSo ? "SO PIN" : $"PIN of {request.User}" });
        });
        return new ResetPinResponse();
    }

    private static string IdOf(RequestContext context, Snapshot latest, ResetPinRequest request)
    {
        if (request.UserType == UserType.UserSo)
        {
            return Pin.SoId(context.Project.Id);
        }

        string identityId = request.User.Length == 0 ? context.Caller.IdentityId : ProjectOperations.FindUser(latest, request.User).Id;
        return Roles.Has(latest.Projects[context.Project.Id], identityId, ProjectRole.KeyUser)
            ? Pin.UserId(context.Project.Id, identityId)
            : throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD, "member.unknown", $"Only a KeyUser of project {context.Project.Name} has a PIN for it; add the role first.");
    }
}
