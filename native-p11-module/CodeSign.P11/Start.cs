using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CodeSign.Cryptoki;
using CodeSign.P11.Entries;
using CodeSign.P11.Native;

namespace CodeSign.P11;

/// <summary>The one function this side exports: the shim calls it when the runtime starts, in this process and in each forked one.</summary>
internal static unsafe class Start
{
    /// <summary>Fills the shim's table; 0 on success.</summary>
    [UnmanagedCallersOnly(EntryPoint = "codesign_p11_start")]
    [SuppressMessage("Design", "CA1031", Justification = "An exception that leaves an entry ends the host.")]
    internal static int Run(ShimServices* services, ManagedRow* rows)
    {
        try
        {
            IReadOnlyList<FunctionRow> functions = FunctionRow.All;
            if (services->Version != ShimServices.ExpectedVersion || services->Rows != (uint)functions.Count)
            {
                return 1;
            }

            for (int i = 0; i < functions.Count; i++)
            {
                rows[i].Function = null;
                rows[i].Answer = functions[i].Answer == CKR.CKR_OK ? CKR.CKR_FUNCTION_NOT_SUPPORTED : functions[i].Answer;
            }

            EntryTable.Fill(rows);
            Host.Services = services;
            return 0;
        }
        catch (Exception)
        {
            return 2;
        }
    }
}
