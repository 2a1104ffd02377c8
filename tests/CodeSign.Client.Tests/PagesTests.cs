namespace CodeSign.Client.Tests;

[TestClass]
public sealed class PagesTests
{
    [TestMethod]
    public void Pages_are_asked_for_until_the_last()
    {
        List<string> asked = [];
        IEnumerable<int> all = Pages.Of<int>(after =>
        {
            asked.Add(after);
            return after switch { "" => ([1, 2], "b"), "b" => ([], "c"), _ => ([3], "") };
        });

        Assert.AreSequenceEqual([1, 2, 3], all);
        Assert.AreSequenceEqual(["", "b", "c"], asked);
    }

    [TestMethod]
    public void A_list_that_never_ends_is_left()
    {
        int asked = 0;
        ApplianceException e = Assert.ThrowsExactly<ApplianceException>(() => Pages.Of<int>(_ => ([asked++], "again")).Count());

        Assert.AreEqual(ClientReason.Protocol, e.Reason);
        Assert.AreEqual(Pages.PagesMax, asked);
    }
}
