using CodeSign.Client;
using CodeSign.Cryptoki;

namespace CodeSign.P11;

/// <summary>
/// Where exceptions end: whatever is thrown below an entry becomes a return value and one sentence in the trace. An exception that
/// passed an entry would end the host.
/// </summary>
internal static class Boundary
{
    /// <summary>What a function answers when this was thrown in it.</summary>
    public static CKR Map(Exception exception, string function)
    {
        Module? module = Module.Current;
        if (module is null)
        {
            return CKR.CKR_CRYPTOKI_NOT_INITIALIZED;
        }

        CKR status = StatusOf(exception);
        module.Trace.Write(exception is ApplianceException or FaultException
            ? $"{function} answers {status}: {exception.Message}"
            : $"{function} answers {status} because of a defect of this module ({exception.GetType().Name}: {exception.Message}).");
        return status;
    }

    /// <summary>As <see cref="Map"/>, where there is no module yet.</summary>
    public static CKR MapInitialize(Exception exception, Trace? trace)
    {
        CKR status = StatusOf(exception);
        trace?.Write($"C_Initialize answers {status} ({exception.GetType().Name}: {exception.Message}).");
        return status;
    }

    /// <summary>Writes a refusal that was decided here into the trace, and hands it on.</summary>
    public static CKR Refuse(CKR status, string sentence)
    {
        Module.Current?.Trace.Write($"{status}: {sentence}");
        return status;
    }
    private static CKR StatusOf(Exception exception) => exception switch
    {
        ApplianceException { Status: not CKR.CKR_OK } refused => refused.Status,
        FaultException { Status: not CKR.CKR_OK } refused => refused.Status,
        OutOfMemoryException => CKR.CKR_HOST_MEMORY,
        _ => CKR.CKR_GENERAL_ERROR,
    };
}
