namespace CodeSign.Client;

/// <summary>Lists that come in pages.</summary>
public static class Pages
{
    /// <summary>Pages of one list; a server that never ends one is left.</summary>
    public const int PagesMax = 10_000;

    /// <summary>The items of all pages, asked for as they are read.</summary>
    /// <param name="ask">Asks for the page behind a key, the first one behind an empty key: its items, and the key to go on after.</param>
    /// <exception cref="ApplianceException">The appliance refuses, or doesn't come to an end.</exception>
    public static IEnumerable<T> Of<T>(Func<string, (IEnumerable<T> Items, string Next)> ask)
    {
        ArgumentNullException.ThrowIfNull(ask);
        string after = "";
        for (int page = 0; page < PagesMax; page++)
        {
            (IEnumerable<T> items, string next) = ask(after);
            foreach (T item in items)
            {
                yield return item;
            }

            if (next.Length == 0)
            {
                yield break;
            }

            after = next;
        }

        throw Fault.EndlessList();
    }
}
