namespace CodeSign.Appliance.Configuration;

/// <summary>The configuration or the command line can't be followed. The message is one sentence for the operator.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);
