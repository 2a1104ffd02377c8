using CodeSign.Client;
using CodeSign.Cryptoki;

namespace CodeSign.P11;

/// <summary>
/// Key types that are hidden from this process. libp11 0.4.12 gives up a whole token when it meets a private key of a type it
/// doesn't know, and poppler crashes on one: by default their processes see none of the newer
/// types (Edwards, Montgomery, post-quantum). <c>hide_key_types</c> in the
/// configuration decides otherwise.
/// </summary>
internal sealed class Quirks(ClientSettings? settings, Trace trace)
{
    private readonly HashSet<CKK>? _configured = settings?.HideKeyTypes is { } names ? Parse(names, trace) : null;
    private bool _told;

    /// <summary>True where keys of this type are not shown now; a library may be loaded at any time, so ask for each search.</summary>
    public bool Hides(CKK keyType)
    {
        if (_configured is not null)
        {
            return _configured.Contains(keyType);
        }

        if (keyType is not (CKK.CKK_EC_EDWARDS or CKK.CKK_EC_MONTGOMERY or CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA))
        {
            return false;
        }

        LoadedLibraries loaded = Host.Loaded;
        if (loaded == LoadedLibraries.None)
        {
            return false;
        }

        if (!_told)
        {
            _told = true;
            trace.Write($"Edwards, Montgomery and post-quantum keys (CKK_EC_EDWARDS, CKK_EC_MONTGOMERY, CKK_ML_DSA, CKK_SLH_DSA) are hidden because {loaded} is loaded in this process and fails on them; "
                + "set hide_key_types in the client's configuration to decide otherwise.");
        }

        return true;
    }

    private static HashSet<CKK> Parse(IReadOnlyList<string> names, Trace trace)
    {
        HashSet<CKK> types = [];
        foreach (string name in names)
        {
            string full = name.StartsWith("CKK_", StringComparison.OrdinalIgnoreCase) ? name : "CKK_" + name;
            if (Enum.TryParse(full, ignoreCase: true, out CKK type))
            {
                types.Add(type);
            }
            else
            {
                trace.Write($"hide_key_types names {name}, which is no key type; write EC_EDWARDS, for instance.");
            }
        }

        return types;
    }
}
