using CodeSign.Appliance.Governance;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>An object that an application made, wherever it lives.</summary>
/// <param name="Record">Its attributes.</param>
/// <param name="Session">Its place in the memory of this node, or null: it is a token object.</param>
internal sealed record FoundObject(StoredObject Record, SessionObjects.Entry? Session)
{
    /// <summary>True where it is on a later state what it was when it was found.</summary>
    public bool IsUnchanged(Snapshot latest) => ReferenceEquals(Session?.Record ?? latest.FindObject(Record.Id), Record);

    /// <summary>Refuses what was changed, or has ended, meanwhile.</summary>
    public void RequireUnchanged(Snapshot latest)
    {
        if (!IsUnchanged(latest))
        {
            throw new FaultException(CKR.CKR_FUNCTION_FAILED, "object.changed", "The object was changed meanwhile; try again.");
        }
    }
}
