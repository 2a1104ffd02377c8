using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf.Collections;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>C_FindObjects and C_GetAttributeValue: objects with all their attributes, so that the client need not ask twice.</summary>
internal sealed class FindOperations(TicketGate gate, ObjectDoor door)
{
    // Pages stay well below a frame: one object more never breaks the limit, since an object's attributes are bounded by its certificate.
    private const int PageBytesMax = ProtocolLimits.FrameBytesMax / 2;

    public ValueTask<FindObjectsResponse> FindAsync(RequestContext context, FindObjectsRequest request)
    {
        if (request.Template.Count > ProtocolLimits.TemplateAttributesMax)
        {
            throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD, "template.too_long", $"A template has at most {ProtocolLimits.TemplateAttributesMax} attributes.");
        }

        gate.RequireNoneEnded(context, context.Snapshot);
        FindCursor last = FindCursor.Read(request.Page);
        FindObjectsResponse response = new();
        int bytes = 0;
        foreach ((FindCursor at, Object candidate) in Candidates(context, request, last))
        {
            if (!TokenObjects.Matches(candidate, request.Template))
            {
                continue;
            }

            bytes += candidate.CalculateSize();
            if (bytes > PageBytesMax && response.Objects.Count > 0)
            {
                response.NextPage = last.ToPage();
                break;
            }

            response.Objects.Add(candidate);
            last = at;
        }

        return new(response);
    }

    public ValueTask<GetAttributesResponse> GetAttributesAsync(RequestContext context, GetAttributesRequest request)
    {
        gate.RequireNoneEnded(context, context.Snapshot);
        return new(new GetAttributesResponse { Object = Find(context, request) });
    }

    private Object Find(RequestContext context, GetAttributesRequest request)
    {
        string? recordId = ObjectIds.RecordIdOf(request.ObjectId.Span);
        if (recordId is not null && !context.Snapshot.Keys.ContainsKey(recordId))
        {
            return StoredObjects.ToWire(door.Find(context, context.Snapshot, request.ObjectId, SessionObjects.ApplicationOf(request.Application)).Record);
        }

        return Governed(context, includeOlder: true, FindCursor.Start).Select(found => found.Object).FirstOrDefault(candidate => candidate.Id.Equals(request.ObjectId))
            ?? throw ObjectDoor.Unknown();
    }

    // Those of environments, those that applications made, those of the application's own sessions. Whoever searches by label or id is not
    // shown the ten thousand others.
    private IEnumerable<(FindCursor At, Object Object)> Candidates(RequestContext context, FindObjectsRequest request, FindCursor after)
    {
        string? application = SessionObjects.ApplicationOf(request.Application);
        (bool open, bool whenLoggedIn) = door.Sight(context, context.Snapshot);
        bool IsSeen(StoredObject made) => made.IsAliveIn(context.Project) && (made.WantsLogin ? whenLoggedIn : open);
        IEnumerable<StoredObject> stored = after.Stage > FindStage.Token ? [] : Narrow(context, request.Template, after.AfterIn(FindStage.Token));
        IEnumerable<StoredObject> own = door.Session.Of(context.Caller.IdentityId, application, context.Project.Id)
            .Where(made => string.CompareOrdinal(made.Id, after.AfterIn(FindStage.Session)) > 0)
            .OrderBy(made => made.Id, StringComparer.Ordinal);
        return Governed(context, request.IncludeOlderKeys, after)
            .Concat(stored.Where(IsSeen).Select(made => (new FindCursor(FindStage.Token, made.Id), StoredObjects.ToWire(made))))
            .Concat(own.Where(IsSeen).Select(made => (new FindCursor(FindStage.Session, made.Id), StoredObjects.ToWire(made))));
    }

    private static IEnumerable<StoredObject> Narrow(RequestContext context, RepeatedField<CodeSign.Wire.V1.Attribute> template, string after)
    {
        foreach (CodeSign.Wire.V1.Attribute wanted in template)
        {
            if ((CKA)wanted.Type is CKA.CKA_ID or CKA.CKA_LABEL)
            {
                return context.Snapshot.ObjectsWith(context.Project.Id, (CKA)wanted.Type, wanted.Value.Memory, after);
            }
        }

        return context.Snapshot.ObjectsOf(context.Project.Id, after);
    }

    private IEnumerable<(FindCursor At, Object Object)> Governed(RequestContext context, bool includeOlder, FindCursor after) => TokenObjects.Of(
        context.Snapshot, context.Project, context.Caller.IdentityId, gate.IsUser(context, context.Snapshot), includeOlder, after);
}
