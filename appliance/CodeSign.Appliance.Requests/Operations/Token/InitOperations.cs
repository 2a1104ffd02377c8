using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Operations.Token;

/// <summary>
/// C_InitToken and C_InitPIN: what a token's SO does with the token, as far as the project lets applications do it.
/// </summary>
internal sealed class InitOperations(
    PinGate pins, TicketGate gate, SessionObjects session, EndedObjects endedObjects)
{
    /// <summary>Empties the token: objects that applications made and user PINs end, all logins end; what csctl made stays.</summary>
    public async ValueTask<InitTokenResponse> InitTokenAsync(RequestContext context, InitTokenRequest request)
    {
        RequireAllowed(context.Project);
        string label = request.Label.TrimEnd(' ');
        Names.RequireProject(label);
        using SecretBytes pin = context.TakeSecret(0, "SO PIN");
        string soId = Pin.SoId(context.Project.Id);
        PasswordHash? first = context.Snapshot.Pins.GetValueOrDefault(soId)?.Hash is null ? await HashFirstAsync(context, pin) : null;
        long generation = first is null ? await pins.VerifyAsync(context, UserType.UserSo, pin) : 0;

        // All ends in this one commit, however much there is: what was made before belongs to an earlier life. Clearing it away takes its time.
        await context.ChangeAsync(latest =>
        {
            Project project = latest.Projects[context.Project.Id];
            RequireAllowed(project);
            if (latest.FindProject(label) is { } other && !string.Equals(other.Id, project.Id, StringComparison.Ordinal))
            {
                throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "project.exists", $"There is a project {label} already; take another label.");
            }

            StoreChange change = new StoreChange().Put(project with { Name = label, Epoch = project.Epoch + 1, TokenLife = project.TokenLife + 1 });
            int ended = latest.CountObjectsOf(project.Id);

            foreach (Pin user in latest.Pins.Values.Where(user => user.Id.StartsWith(project.Id + ":", StringComparison.Ordinal)))
            {
                if (!string.Equals(user.Id, soId, StringComparison.Ordinal))
                {
                    // Its generation goes on: a PIN that was accepted before must not be remembered for the next one.
                    change.Put(user.Renew(hash: null));
                }
            }

            Pin so = latest.Pins.GetValueOrDefault(soId) ?? new Pin { Id = soId };
            if (first is null ? so.Generation != generation : so.Hash is not null)
            {
                throw new FaultException(CKR.CKR_PIN_INCORRECT, "pin.changed", "The SO PIN was set meanwhile; try again with that.");
            }

            if (first is not null)
            {
                change.Put(so.Renew(first));
            }

            return change.Record(context.Event() with { Detail = $"{ended} objects, now {label}" });
        });
        session.EndProject(context.Project.Id);
        int remaining = await endedObjects.ClearAsync(context);
        if (remaining > 0)
        {
            await context.RecordAsync(context.Event() with { Detail = $"{remaining} keys are still on their devices" });
        }

        Snapshot after = context.StoreSnapshot();
        return new InitTokenResponse { Token = TokenDescriptions.Describe(after, context.Caller, context.Session.Network, after.Projects[context.Project.Id]) };
    }

    /// <summary>Sets the caller's own user PIN, by the power of the SO's login.</summary>
    public async ValueTask<InitPinResponse> InitPinAsync(RequestContext context, InitPinRequest request)
    {
        _ = request;
        RequireOfficer(context, context.Snapshot);
        if (context.Project.Pin != PinRule.Required)
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "pin.none", "This token has no user PIN: the grant or certificate is the credential.");
        }

        using SecretBytes pin = context.TakeSecret(0, "PIN");
        PinGate.RequireAcceptable(context.Project, pin);
        PasswordHash hash = await pins.HashAsync(context, pin);
        string id = Pin.UserId(context.Project.Id, context.Caller.IdentityId);
        await context.ChangeAsync(latest =>
        {
            RequireOfficer(context, latest);
            if (!Roles.Has(latest.Projects[context.Project.Id], context.Caller.IdentityId, ProjectRole.KeyUser))
            {
                throw new FaultException(
                    CKR.CKR_FUNCTION_REJECTED, "role.missing", $"Only a KeyUser of project {context.Project.Name} has a PIN for it; add the role first.");
            }

            Pin before = latest.Pins.GetValueOrDefault(id) ?? new Pin { Id = id };
            return new StoreChange()
                .Put(before.Renew(hash))
                .Record(context.Event());
        });
        return new InitPinResponse();
    }

    // C_InitToken has one code for a PIN that won't do (PKCS#11 v3.2 section 5.5.7).
    private async ValueTask<PasswordHash> HashFirstAsync(RequestContext context, SecretBytes pin)
    {
        try
        {
            PinGate.RequireAcceptable(context.Project, pin);
        }
        catch (FaultException unfit)
        {
            throw new FaultException(CKR.CKR_PIN_INCORRECT, unfit.Reason, unfit.Message);
        }

        return await pins.HashAsync(context, pin);
    }

    private static void RequireAllowed(Project project)
    {
        if (!project.Objects.AllowInit)
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED,
                "policy.init",
                $"Applications don't initialise the token of project {project.Name}; its owner allows it with 'csctl project set {project.Name} --token-init true'.");
        }
    }

    private void RequireOfficer(RequestContext context, Snapshot snapshot)
    {
        if (gate.Find(context, snapshot)?.UserType != UserType.UserSo)
        {
            throw new FaultException(CKR.CKR_USER_NOT_LOGGED_IN, "login.missing", "The SO must be logged in to set a user's PIN.");
        }
    }
}
