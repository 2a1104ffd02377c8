using Google.Protobuf;
using Google.Protobuf.Collections;

namespace CodeSign.Appliance.Requests.Operations;

/// <summary>One page of a list: as many items as fit a frame with room to spare, at least one.</summary>
internal static class Page
{
    /// <summary>Bytes of a page's items; the last one may reach beyond.</summary>
    public const int BytesMax = 256 * 1024;

    /// <summary>Fills a page with what comes behind <paramref name="after"/> in ordinal order of the keys.</summary>
    /// <param name="page">Receives the items.</param>
    /// <param name="all">Everything, in any order.</param>
    /// <param name="keyOf">What an item is found again by; unique.</param>
    /// <param name="after">The key of the last item the caller has; empty for the first page.</param>
    /// <param name="show">Makes the item that is sent.</param>
    /// <returns>The key to go on after, or empty when this was the last page.</returns>
    public static string Fill<T, TItem>(
        RepeatedField<TItem> page, IEnumerable<T> all, Func<T, string> keyOf, string after, Func<T, TItem> show)
        where TItem : IMessage
    {
        int bytes = 0;
        string last = "";
        foreach ((string key, T item) in all.Select(item => (Key: keyOf(item), item))
            .Where(entry => string.CompareOrdinal(entry.Key, after) > 0).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (bytes >= BytesMax)
            {
                return last;
            }

            TItem shown = show(item);
            page.Add(shown);
            bytes += shown.CalculateSize();
            last = key;
        }

        return "";
    }
}
