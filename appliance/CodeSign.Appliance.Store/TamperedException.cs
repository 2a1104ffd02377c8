namespace CodeSign.Appliance.Store;

/// <summary>The database was changed by something other than the appliance. The message is one sentence for the operator.</summary>
public sealed class TamperedException(string message) : Exception(message);

/// <summary>The database or its folder can't be used. The message is one sentence for the operator: what is wrong and what to do.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
