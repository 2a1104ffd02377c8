using System.Buffers.Binary;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>C_FindObjects and C_GetAttributeValue: objects with all their attributes, so that the client need not ask twice.</summary>
internal sealed class FindOperations(TicketGate gate)
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
        int skip = request.Page.Length == 4 ? BinaryPrimitives.ReadInt32BigEndian(request.Page.Span) : 0;
        FindObjectsResponse response = new();
        int bytes = 0;
        int index = 0;
        foreach (Object candidate in Visible(context, request.IncludeOlderKeys).Where(o => TokenObjects.Matches(o, request.Template)))
        {
            if (index++ < skip)
            {
                continue;
            }

            bytes += candidate.CalculateSize();
            if (bytes > PageBytesMax && response.Objects.Count > 0)
            {
                byte[] page = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(page, index - 1);
                response.NextPage = ByteString.CopyFrom(page);
                break;
            }

            response.Objects.Add(candidate);
        }

        return new(response);
    }

    public ValueTask<GetAttributesResponse> GetAttributesAsync(RequestContext context, GetAttributesRequest request)
    {
        gate.RequireNoneEnded(context, context.Snapshot);
        Object found = Visible(context, includeOlder: true).FirstOrDefault(candidate => candidate.Id.Equals(request.ObjectId))
            ?? throw new FaultException(CKR.CKR_OBJECT_HANDLE_INVALID, "object.unknown", "There is no such object any more.");
        return new(new GetAttributesResponse { Object = found });
    }

    private IEnumerable<Object> Visible(RequestContext context, bool includeOlder) => TokenObjects.Of(
        context.Snapshot, context.Project, context.Caller.IdentityId, gate.IsUser(context, context.Snapshot), includeOlder);
}
