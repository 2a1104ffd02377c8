using System.Diagnostics;
using System.Globalization;
using CodeSign.Appliance.Store;

namespace CodeSign.Store.Tests;

[TestClass]
public sealed class DataFolderLockTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("codesign-lock-").FullName;

    [TestMethod]
    public void A_second_one_is_refused_and_told_which_process_has_it()
    {
        using DataFolderLock first = DataFolderLock.Acquire(_folder);
        StoreException e = Assert.ThrowsExactly<StoreException>(() => DataFolderLock.Acquire(_folder));
        Assert.Contains("process " + Environment.ProcessId.ToString(CultureInfo.InvariantCulture), e.Message);
        first.Dispose();
        DataFolderLock.Acquire(_folder).Dispose();
    }

    [TestMethod]
    public void The_lock_is_one_that_other_programs_see_and_children_do_not_inherit()
    {
        using DataFolderLock mine = DataFolderLock.Acquire(_folder);
        Assert.AreEqual(1, Flock());
        mine.Dispose();
        Assert.AreEqual(0, Flock());
    }

    [TestMethod]
    public void A_folder_that_is_missing_is_told()
    {
        StoreException e = Assert.ThrowsExactly<StoreException>(() => DataFolderLock.Acquire("/nowhere/at/all"));
        Assert.Contains("/nowhere/at/all", e.Message);
    }

    [TestMethod]
    public void Only_the_owner_may_read_the_lock_file()
    {
        using DataFolderLock mine = DataFolderLock.Acquire(_folder);
        Assert.AreEqual(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, DataFolderLock.FileName)));
    }

    [TestCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    private int Flock()
    {
        if (!File.Exists("/usr/bin/flock"))
        {
            Assert.Inconclusive("flock is not installed.");
        }

        using Process process = Process.Start("/usr/bin/flock", ["-n", Path.Combine(_folder, DataFolderLock.FileName), "true"]);
        process.WaitForExit();
        return process.ExitCode;
    }
}
