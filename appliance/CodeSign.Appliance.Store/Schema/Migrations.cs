using System.Reflection;
using System.Text;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Appliance.Store.Schema;

/// <summary>The numbered SQL files that make a database what this version expects. The database's user_version counts those done.</summary>
internal sealed class Migrations
{
    private readonly IReadOnlyList<string> _scripts;

    internal Migrations(IReadOnlyList<string> scripts) => _scripts = scripts;

    /// <summary>Those built into this version.</summary>
    public static Migrations BuiltIn { get; } = new([.. ReadScripts()]);

    /// <summary>The version a database has after the last one.</summary>
    public int Latest => _scripts.Count;

    /// <summary>Runs those that are missing, within the caller's transaction.</summary>
    public void Apply(Database database, int from)
    {
        for (int version = from + 1; version <= Latest; version++)
        {
            database.Execute(_scripts[version - 1]);
            database.Execute(FormattableString.Invariant($"PRAGMA user_version = {version}"));
        }
    }

    /// <summary>What stands in the schema table of a database that was migrated to this version and not touched otherwise.</summary>
    public string ExpectedSchema(int version)
    {
        using Database pristine = Database.InMemory();
        new Migrations([.. _scripts.Take(version)]).Apply(pristine, from: 0);
        return ReadSchema(pristine);
    }

    /// <summary>Every table, index, trigger and view with its definition.</summary>
    public static string ReadSchema(Database database)
    {
        StringBuilder schema = new();
        using Statement rows = database.Prepare("SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_master ORDER BY type, name");
        while (rows.Step())
        {
            schema.Append(rows.Text(0)).Append(' ').Append(rows.Text(1)).Append(' ').Append(rows.Text(2)).Append(' ')
                .Append(rows.Text(3)).Append('\n');
        }

        return schema.ToString();
    }

    private static IEnumerable<string> ReadScripts()
    {
        Assembly assembly = typeof(Migrations).Assembly;
        for (int version = 1; ; version++)
        {
            using Stream? script = assembly.GetManifestResourceStream(FormattableString.Invariant($"Schema.{version:000}.sql"));
            if (script is null)
            {
                yield break;
            }

            using StreamReader reader = new(script, Encoding.UTF8);
            yield return reader.ReadToEnd();
        }
    }
}
