using System.Diagnostics;
using System.Security.Cryptography;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.P11.Tokens;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using WireObject = CodeSign.Wire.V1.Object;

namespace CodeSign.P11.Objects;

/// <summary>A search that was begun: the appliance has answered it whole, C_FindObjects hands it out.</summary>
internal sealed class Search
{
    private readonly List<ulong> _found = [];
    private int _at;

    /// <summary>Finds the objects that match: asks the appliance, unless it can have none.</summary>
    public static Search Run(Module module, Token token, IReadOnlyList<Wire.V1.Attribute> template)
    {
        CKO? objectClass = BuiltInObjects.ClassIn(template);
        IEnumerable<ulong> builtIn = BuiltInObjects.Find(module, token, template, objectClass).Select(made => made.Handle);
        if (objectClass is { } wanted && ObjectClassRow.Find(wanted) is { Source: not ObjectSource.Application })
        {
            Search here = new();
            here._found.AddRange(builtIn);
            return here;
        }

        FindObjectsRequest request = new()
        {
            ProjectId = token.ProjectId,
            IncludeOlderKeys = module.Settings?.ShowOlderKeys ?? false,
            Application = module.HasSessionSecrets ? module.Application : ByteString.Empty,
        };
        request.Template.AddRange(template);
        Search found = Run(module, token, request);
        found._found.AddRange(module.Objects.FindLocal(token, request.Template));
        found._found.AddRange(builtIn);
        return found;
    }

    private static Search Run(Module module, Token token, FindObjectsRequest request)
    {
        Span<byte> ticket = stackalloc byte[ProtocolLimits.TicketBytesMax];
        int ticketBytes = token.Login.CopyTicket(ticket);
        try
        {
            Search found = Run(module, token, request, ticket[..ticketBytes]);
            token.Login.Confirm(ticket[..ticketBytes]);
            return found;
        }
        catch (ApplianceException ended) when (ticketBytes > 0 && ended.Status == CKR.CKR_USER_NOT_LOGGED_IN)
        {
            // Nobody is logged in any more: what is found is what everybody sees, and C_Login works again.
            module.Trace.Write($"The login to {token.Description.Label} has ended: {ended.Message}");
            token.Login.ForgetIf(ticket[..ticketBytes]);
            request.Page = ByteString.Empty;
            return Run(module, token, request, default);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ticket);
        }
    }

    private static Search Run(Module module, Token token, FindObjectsRequest request, ReadOnlySpan<byte> ticket)
    {
        Search search = new();
        int pages = 0;
        do
        {
            if (++pages > Pages.PagesMax)
            {
                throw new ApplianceException(CKR.CKR_DEVICE_ERROR, ClientReason.Protocol, "The appliance sends a list of objects that never ends.");
            }

            long asked = Stopwatch.GetTimestamp();
            FindObjectsResponse page = module.Client.FindObjects(request, ticket);
            search.Take(module, token, page, asked);
            request.Page = page.NextPage;
        }
        while (!request.Page.IsEmpty);
        return search;
    }

    /// <summary>The next handles, as many as there is room for; of objects that are gone meanwhile, none.</summary>
    public int Next(ObjectCache objects, Span<ulong> handles)
    {
        int count = 0;
        for (; count < handles.Length && _at < _found.Count; _at++)
        {
            if (objects.Find(_found[_at]) is { IsVisible: true })
            {
                handles[count++] = _found[_at];
            }
        }

        return count;
    }

    private void Take(Module module, Token token, FindObjectsResponse page, long asked)
    {
        foreach (WireObject told in page.Objects)
        {
            if (module.Objects.TakeFound(token, told, asked) is not { IsVisible: true } found)
            {
                continue;
            }

            bool isKey = found.Class is CKO.CKO_PRIVATE_KEY or CKO.CKO_PUBLIC_KEY;
            if (!isKey || found.KeyType is not { } type || !module.Quirks.Hides(type))
            {
                _found.Add(found.Handle);
            }
        }
    }
}
