using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.P11.Tokens;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using WireObject = CodeSign.Wire.V1.Object;

namespace CodeSign.P11.Objects;

/// <summary>A search that was begun: the appliance has answered it whole, C_FindObjects hands it out.</summary>
internal sealed class Search
{
    private readonly List<ulong> _found = [];
    private int _at;

    /// <summary>Asks the appliance for the objects that match.</summary>
    public static Search Run(Module module, Token token, IEnumerable<Wire.V1.Attribute> template)
    {
        FindObjectsRequest request = new()
        {
            ProjectId = token.ProjectId,
            IncludeOlderKeys = module.Settings?.ShowOlderKeys ?? false,
        };
        request.Template.AddRange(template);
        Search search = new();
        Span<byte> ticket = stackalloc byte[ProtocolLimits.TicketBytesMax];
        try
        {
            int ticketBytes = token.Login.CopyTicket(ticket);
            do
            {
                FindObjectsResponse page = module.Client.FindObjects(request, ticket[..ticketBytes]);
                search.Take(module, token, page);
                request.Page = page.NextPage;
            }
            while (!request.Page.IsEmpty);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ticket);
        }

        return search;
    }

    /// <summary>The next handles, as many as there is room for.</summary>
    public int Next(Span<ulong> handles)
    {
        int count = Math.Min(handles.Length, _found.Count - _at);
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_found).Slice(_at, count).CopyTo(handles);
        _at += count;
        return count;
    }

    private void Take(Module module, Token token, FindObjectsResponse page)
    {
        foreach (WireObject told in page.Objects)
        {
            TokenObject found = module.Objects.Take(token, told);
            bool isKey = found.Class is CKO.CKO_PRIVATE_KEY or CKO.CKO_PUBLIC_KEY;
            if (!isKey || found.KeyType is not { } type || !module.Quirks.Hides(type))
            {
                _found.Add(found.Handle);
            }
        }
    }
}
