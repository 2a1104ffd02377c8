using System.Diagnostics;
using System.Runtime.InteropServices;
using CodeSign.Appliance.Custody;

namespace CodeSign.Custody.Tests;

[TestClass]
public sealed class ProcessHardeningTests
{
    [TestMethod]
    public void Core_dumps_are_off_afterwards()
    {
        ProcessHardening.Apply();

        string limits = File.ReadAllText("/proc/self/limits");
        string core = limits.Split('\n').Single(line => line.StartsWith("Max core file size", StringComparison.Ordinal));
        string[] words = core.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.AreEqual("0", words[4]);
        Assert.AreEqual("0", words[5]);
    }

    [TestMethod]
    public void Secrets_lie_in_memory_that_is_neither_dumped_nor_swapped()
    {
        using SecretBytes secret = new(100);
        ref byte first = ref MemoryMarshal.GetReference(secret.Span);
        ulong address;
        unsafe
        {
            address = (ulong)(nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref first);
        }

        string flags = FlagsOf(address);
        Assert.Contains("dd", flags, "not kept out of dumps");
        if (ProcessHardening.Apply().Any(sentence => sentence.Contains("locked", StringComparison.Ordinal)))
        {
            Assert.Inconclusive("The limit of locked memory is too low here (ulimit -l).");
        }

        Assert.Contains("lo", flags, "not locked");
    }

    private static string FlagsOf(ulong address)
    {
        bool within = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] range = line.Split(' ')[0].Split('-');
            if (range.Length == 2 && ulong.TryParse(range[0], System.Globalization.NumberStyles.HexNumber, null, out ulong from))
            {
                within = from <= address && address < Convert.ToUInt64(range[1], 16);
            }
            else if (within && line.StartsWith("VmFlags:", StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new UnreachableException();
    }
}
