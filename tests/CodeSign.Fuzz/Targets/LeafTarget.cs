using CodeSign.Appliance.Store.Audit;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Fuzz.Targets;

/// <summary>Rows of the audit log, as a disk may hand them out.</summary>
internal sealed class LeafTarget : Target
{
    private readonly Database _database = Database.InMemory();

    public LeafTarget() => _database.Execute("CREATE TABLE audit (seq INTEGER PRIMARY KEY, leaf BLOB)");

    public override string Name => "leaves";

    public override IReadOnlyList<string> Scope => ["appliance/CodeSign.Appliance.Store/Audit/LeafReader.cs"];

    public override int BytesMax => LeafWriter.LeafBytesMax + 64;

    public override IEnumerable<byte[]> Seeds => [[2, 1, (byte)'{', (byte)'}'], [0, 0], [8, 3, .. new byte[LeafWriter.LeafBytesMax + 1]]];

    public override void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
        {
            return;
        }

        _database.Execute("DELETE FROM audit");
        using (Statement insert = _database.Prepare("INSERT OR REPLACE INTO audit VALUES (?1, ?2)"))
        {
            insert.Bind(1, (long)(input[1] % 4)).Bind(2, input[2..]).Step();
        }

        LeafReader reader = new(_database);
        ulong to = (ulong)(input[0] % 16);
        byte[]? hashes = reader.Hashes((ulong)(input[1] % 3), Math.Max(to, (ulong)(input[1] % 3)));
        ulong appended = reader.Append(new MerkleTree(), 0, to);
        if (appended > to || (hashes is not null && hashes.Length % MerkleTree.HashBytes != 0))
        {
            throw new InvalidOperationException("More leaves than there are.");
        }

        _ = reader.Read(to);
    }

    public override bool IsRefusal(Exception thrown) => false;

    public override void Dispose()
    {
        _database.Dispose();
        base.Dispose();
    }
}
