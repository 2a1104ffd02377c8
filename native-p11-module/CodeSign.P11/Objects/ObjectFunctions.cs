using CodeSign.Cryptoki;
using CodeSign.P11.Native;

namespace CodeSign.P11.Objects;

/// <summary>Objects: searches and attributes (PKCS#11 v3.0 section 5.7).</summary>
internal static unsafe class ObjectFunctions
{
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
            if (session.Search is not null)
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

            *count = (ulong)search.Next(new Span<ulong>(handles, (int)Math.Min(handlesMax, ObjectCache.ObjectsMax)));
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
    /// answer tells the gravest of what went wrong. Asks nobody and allocates nothing.
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

        bool isSensitive = false;
        bool isUnknown = false;
        bool isTooSmall = false;
        for (ulong i = 0; i < count; i++)
        {
            switch (GetOne(found!, template + i))
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

    private static CKR GetOne(TokenObject found, NativeAttribute* attribute)
    {
        byte[]? value = found.Value(attribute->Type);
        if (value is null)
        {
            attribute->ValueBytes = CK.CK_UNAVAILABLE_INFORMATION;
            return found.IsSensitive(attribute->Type) ? CKR.CKR_ATTRIBUTE_SENSITIVE : CKR.CKR_ATTRIBUTE_TYPE_INVALID;
        }

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

    private static CKR Look(Module module, ulong sessionHandle, ulong objectHandle, out TokenObject? found)
    {
        found = null;
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        found = module.Objects.Find(objectHandle);
        return found is not null && found.Token == session.Token && found.IsVisible ? CKR.CKR_OK : CKR.CKR_OBJECT_HANDLE_INVALID;
    }
}
