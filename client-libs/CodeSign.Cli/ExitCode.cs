using CodeSign.Client;
using CodeSign.Cryptoki;

namespace CodeSign.Cli;

/// <summary>How csctl ends. The numbers are part of its interface: documented in csctl(1), never changed.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>The appliance refused the request.</summary>
    Refused = 1,

    /// <summary>The command line is wrong.</summary>
    Usage = 2,

    /// <summary>The configuration, or a local file, is missing or wrong.</summary>
    Configuration = 3,

    /// <summary>The appliance can't be reached or doesn't answer.</summary>
    Unreachable = 4,

    /// <summary>Not logged in: no grant, one that is no longer good, a wrong password or PIN.</summary>
    NotAuthenticated = 5,

    /// <summary>What the command names doesn't exist.</summary>
    NotFound = 6,

    /// <summary>The server isn't one that this client trusts, or not an appliance.</summary>
    Untrusted = 7,

    /// <summary>The doctor found something wrong.</summary>
    Unhealthy = 8,

    /// <summary>A defect of csctl itself.</summary>
    Internal = 70,
}

/// <summary>Which exit code a failure has.</summary>
internal static class ExitCodes
{
    public static ExitCode Of(ApplianceException fault) => fault.IsRefusal ? OfRefusal(fault) : fault.Reason switch
    {
        ClientReason.Configuration => ExitCode.Configuration,
        ClientReason.NotLoggedIn => ExitCode.NotAuthenticated,
        ClientReason.NameResolution or ClientReason.Unreachable or ClientReason.Timeout or ClientReason.Disconnected => ExitCode.Unreachable,
        ClientReason.Tls or ClientReason.Untrusted or ClientReason.CertificateExpired or ClientReason.WrongHost or ClientReason.Protocol =>
            ExitCode.Untrusted,
        _ => ExitCode.Refused,
    };

    /// <summary>One line per code, for the manual.</summary>
    public static IReadOnlyList<(ExitCode Code, string Meaning)> Documented { get; } =
    [
        (ExitCode.Ok, "Done."),
        (ExitCode.Refused, "The appliance refused the request."),
        (ExitCode.Usage, "The command line is wrong."),
        (ExitCode.Configuration, "The configuration, or a local file, is missing, unreadable or wrong."),
        (ExitCode.Unreachable, "The appliance can't be reached or doesn't answer."),
        (ExitCode.NotAuthenticated, "Not logged in: no grant, one that is no longer good, a wrong password or PIN."),
        (ExitCode.NotFound, "What the command names doesn't exist."),
        (ExitCode.Untrusted, "The server isn't one this client trusts, or it isn't an appliance."),
        (ExitCode.Unhealthy, "'csctl doctor' found something wrong."),
        (ExitCode.Internal, "A defect of csctl itself."),
    ];

    private static ExitCode OfRefusal(ApplianceException fault)
    {
        if (fault.Status is CKR.CKR_USER_NOT_LOGGED_IN or CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_LOCKED or CKR.CKR_PIN_EXPIRED
            or CKR.CKR_USER_PIN_NOT_INITIALIZED)
        {
            return ExitCode.NotAuthenticated;
        }

        return fault.Reason.EndsWith(".unknown", StringComparison.Ordinal) || string.Equals(fault.Reason, "key.none", StringComparison.Ordinal)
            ? ExitCode.NotFound
            : ExitCode.Refused;
    }
}
