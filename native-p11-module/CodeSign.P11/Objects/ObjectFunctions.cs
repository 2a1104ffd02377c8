using System.Diagnostics;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.P11.Native;
using CodeSign.P11.Sessions;
using CodeSign.Wire.V1;

namespace CodeSign.P11.Objects;

/// <summary>Objects: searches and attributes (PKCS#11 v3.0 section 5.7).</summary>
internal static unsafe class ObjectFunctions
{
    private const AttributeRules MayChange = AttributeRules.Settable | AttributeRules.StaysTrue | AttributeRules.StaysFalse | AttributeRules.TrueBySecurityOfficerOnly;

    /// <summary>Attributes in one C_GetAttributeValue.</summary>
    public const int AttributesMax = 4096;

    public static CKR FindInit(Module module, ulong sessionHandle, NativeAttribute* template, ulong count)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            if (session.IsBusy(module.Objects))
            {
                return CKR.CKR_OPERATION_ACTIVE;
            }

            CKR rv = TemplateReader.Read(template, count, out List<Wire.V1.Attribute> attributes);
            if (rv == CKR.CKR_OK)
            {
                session.Search = Search.Run(module, session.Token, attributes);
            }

            return rv;
        }
    }

    public static CKR Find(Module module, ulong sessionHandle, ulong* handles, ulong handlesMax, ulong* count)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        if (count is null || (handles is null && handlesMax > 0))
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        lock (session.Gate)
        {
            if (session.Search is not { } search)
            {
                return CKR.CKR_OPERATION_NOT_INITIALIZED;
            }

            *count = (ulong)search.Next(module.Objects, new Span<ulong>(handles, (int)Math.Min(handlesMax, ObjectCache.ObjectsMax)));
            return CKR.CKR_OK;
        }
    }

    public static CKR FindFinal(Module module, ulong sessionHandle)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        lock (session.Gate)
        {
            CKR rv = session.Search is null ? CKR.CKR_OPERATION_NOT_INITIALIZED : CKR.CKR_OK;
            session.Search = null;
            return rv;
        }
    }

    public static CKR GetSize(Module module, ulong sessionHandle, ulong objectHandle, ulong* size)
    {
        CKR rv = Look(module, sessionHandle, objectHandle, out TokenObject? found);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        if (size is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        *size = found!.Size;
        return CKR.CKR_OK;
    }

    /// <summary>
    /// C_GetAttributeValue to the letter: each attribute is served on its own, those that can't be get the length -1, and the
    /// answer tells the gravest of what went wrong. Asks nobody and allocates nothing, but for what others may change, and for secret values.
    /// </summary>
    public static CKR GetAttributes(Module module, ulong sessionHandle, ulong objectHandle, NativeAttribute* template, ulong count)
    {
        CKR rv = Look(module, sessionHandle, objectHandle, out TokenObject? found);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        if ((template is null && count > 0) || count > AttributesMax)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        found = found!.IsStale ? Fresh(module, found, template, count) : found;
        using ClientSecret? revealed = found.IsOpen ? Reveal(module, found, template, count) : null;
        bool isSensitive = false;
        bool isUnknown = false;
        bool isTooSmall = false;
        for (ulong i = 0; i < count; i++)
        {
            switch (GetOne(found, template + i, revealed))
            {
                case CKR.CKR_ATTRIBUTE_SENSITIVE:
                    isSensitive = true;
                    break;
                case CKR.CKR_ATTRIBUTE_TYPE_INVALID:
                    isUnknown = true;
                    break;
                case CKR.CKR_BUFFER_TOO_SMALL:
                    isTooSmall = true;
                    break;
                default:
                    break;
            }
        }

        return isSensitive ? CKR.CKR_ATTRIBUTE_SENSITIVE
            : isUnknown ? CKR.CKR_ATTRIBUTE_TYPE_INVALID
            : isTooSmall ? CKR.CKR_BUFFER_TOO_SMALL
            : CKR.CKR_OK;
    }

    /// <summary>What somebody else may have changed since is asked for again.</summary>
    private static TokenObject Fresh(Module module, TokenObject found, NativeAttribute* template, ulong count)
    {
        bool asks = false;
        for (ulong i = 0; i < count && !asks; i++)
        {
            asks = (AttributeRow.Find(template[i].Type)?.RulesFor(found.Class) & MayChange) is > AttributeRules.None;
        }

        if (!asks)
        {
            return found;
        }

        GetAttributesRequest request = new() { ProjectId = found.Token.ProjectId, ObjectId = found.Id, Application = module.Application };
        long asked = Stopwatch.GetTimestamp();
        return module.Objects.Take(
            found.Token, Ticketed.AskToRead(module, found, ticket => module.Client.GetAttributes(request, ticket)).Object, asked);
    }

    /// <summary>The secret values that are asked for and may be shown; null where there are none. Nothing of them is kept.</summary>
    private static ClientSecret? Reveal(Module module, TokenObject found, NativeAttribute* template, ulong count)
    {
        RevealAttributesRequest? request = null;
        for (ulong i = 0; i < count; i++)
        {
            if (found.IsRevealed(template[i].Type) && request?.Types_.Contains((ulong)template[i].Type) != true)
            {
                request ??= new RevealAttributesRequest { ProjectId = found.Token.ProjectId, ObjectId = found.Id, Application = module.Application };
                request.Types_.Add((ulong)template[i].Type);
            }
        }

        try
        {
            return request is null ? null : Ticketed.AskToRead(module, found, ticket => module.Client.RevealAttributes(request, ticket));
        }
        catch (ApplianceException closed) when (closed.Status is CKR.CKR_ATTRIBUTE_SENSITIVE or CKR.CKR_FUNCTION_REJECTED)
        {
            return null;
        }
    }

    private static CKR GetOne(TokenObject found, NativeAttribute* attribute, ClientSecret? revealed)
    {
        if (revealed is not null && found.IsRevealed(attribute->Type))
        {
            return Write(HostTemplate.Find(revealed.Span, attribute->Type), attribute);
        }

        byte[]? value = found.Value(attribute->Type);
        if (value is null)
        {
            attribute->ValueBytes = CK.CK_UNAVAILABLE_INFORMATION;
            return found.IsSensitive(attribute->Type) || (found.IsOpen && found.IsRevealed(attribute->Type))
                ? CKR.CKR_ATTRIBUTE_SENSITIVE
                : CKR.CKR_ATTRIBUTE_TYPE_INVALID;
        }

        return AttributeRow.Find(attribute->Type)?.Kind == AttributeKind.Template ? WriteTemplate(value, attribute) : Write(value, attribute);
    }

    // Section 5.7.5: an array of attributes is itself filled in, each of its values by the rule for values.
    private static CKR WriteTemplate(byte[] value, NativeAttribute* attribute)
    {
        IReadOnlyList<ObjectAttribute> nested = NestedTemplate.Parse(value) ?? [];
        ulong bytes = (ulong)(nested.Count * sizeof(NativeAttribute));
        ulong room = attribute->ValueBytes;
        attribute->ValueBytes = bytes;
        if (attribute->Value is null)
        {
            return CKR.CKR_OK;
        }

        if (room < bytes)
        {
            attribute->ValueBytes = CK.CK_UNAVAILABLE_INFORMATION;
            return CKR.CKR_BUFFER_TOO_SMALL;
        }

        CKR rv = CKR.CKR_OK;
        NativeAttribute* array = (NativeAttribute*)attribute->Value;
        for (int i = 0; i < nested.Count; i++)
        {
            array[i].Type = nested[i].Type;
            AttributeKind kind = AttributeRow.Find(nested[i].Type)?.Kind ?? AttributeKind.Bytes;
            ReadOnlySpan<byte> inner = nested[i].Value.Span;
            CKR one = Write(kind is AttributeKind.Ulong or AttributeKind.UlongArray ? WireNumber.ToHost(inner) : inner, array + i);
            rv = one == CKR.CKR_OK ? rv : one;
        }

        return rv;
    }

    private static CKR Write(ReadOnlySpan<byte> value, NativeAttribute* attribute)
    {
        if (attribute->Value is not null)
        {
            if (attribute->ValueBytes < (ulong)value.Length)
            {
                attribute->ValueBytes = CK.CK_UNAVAILABLE_INFORMATION;
                return CKR.CKR_BUFFER_TOO_SMALL;
            }

            value.CopyTo(new Span<byte>(attribute->Value, value.Length));
        }

        attribute->ValueBytes = (ulong)value.Length;
        return CKR.CKR_OK;
    }

    /// <summary>The object that a session sees under a handle.</summary>
    public static CKR Look(Module module, ulong sessionHandle, ulong objectHandle, out TokenObject? found) =>
        Look(module, sessionHandle, objectHandle, out found, out _);

    /// <summary>The same, and the session.</summary>
    public static CKR Look(Module module, ulong sessionHandle, ulong objectHandle, out TokenObject? found, out Session? session)
    {
        found = null;
        session = module.Sessions.Find(sessionHandle);
        if (session is null)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        found = module.Objects.Find(objectHandle);
        return found is not null && found.Token == session.Token && found.IsVisible ? CKR.CKR_OK : CKR.CKR_OBJECT_HANDLE_INVALID;
    }
}
