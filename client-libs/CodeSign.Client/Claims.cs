using System.Globalization;
using CodeSign.Client.Sockets;
using CodeSign.Wire.V1;

namespace CodeSign.Client;

/// <summary>What this process says of itself with each signature.</summary>
public static class Claims
{
    private const string Unknown = "";

    /// <summary>Program path, user, host, process id, and the settings' labels and justification. Never throws.</summary>
    public static Claimed Collect(ClientSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Claimed claimed = new()
        {
            Program = System.Environment.ProcessPath ?? Unknown,
            User = UserName(),
            Host = FirstLineOf("/proc/sys/kernel/hostname"),
            Justification = settings.Justification ?? Unknown,
            Pid = (uint)System.Environment.ProcessId,
        };
        foreach ((string name, string value) in settings.Labels)
        {
            claimed.Labels[name] = value;
        }

        return claimed;
    }

    /// <summary>From /etc/passwd: the C library's look-up would load name services into the host process.</summary>
    private static string UserName()
    {
        string id = Libc.EffectiveUser().ToString(CultureInfo.InvariantCulture);
        try
        {
            foreach (string line in File.ReadLines("/etc/passwd"))
            {
                string[] fields = line.Split(':');
                if (fields.Length > 2 && string.Equals(fields[2], id, StringComparison.Ordinal))
                {
                    return fields[0];
                }
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "uid " + id;
        }

        return "uid " + id;
    }

    private static string FirstLineOf(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Unknown;
        }
    }
}
