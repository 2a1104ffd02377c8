using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>An object that an application made, wherever it lives.</summary>
/// <param name="Record">Its attributes.</param>
/// <param name="Session">Its place in the memory of this node, or null: it is a token object.</param>
internal sealed record FoundObject(StoredObject Record, SessionObjects.Entry? Session);
