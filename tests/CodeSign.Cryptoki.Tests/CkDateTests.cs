namespace CodeSign.Cryptoki.Tests;

[TestClass]
public sealed class CkDateTests
{
    [TestMethod]
    public void Is_eight_digits() => Assert.AreEqual("20260304", System.Text.Encoding.ASCII.GetString(CkDate.Encode(new DateOnly(2026, 3, 4))));

    [TestMethod]
    public void No_date_is_no_bytes()
    {
        Assert.IsEmpty(CkDate.Encode(null));
        Assert.IsTrue(CkDate.TryParse([], out DateOnly? date));
        Assert.IsNull(date);
    }

    [TestMethod]
    [DataRow("19000101")]
    [DataRow("99991231")]
    [DataRow("20240229")]
    public void Reads(string text)
    {
        Assert.IsTrue(CkDate.TryParse(System.Text.Encoding.ASCII.GetBytes(text), out DateOnly? date));
        Assert.AreEqual(text, System.Text.Encoding.ASCII.GetString(CkDate.Encode(date)));
    }

    [TestMethod]
    [DataRow("18991231")]
    [DataRow("20230229")]
    [DataRow("20231301")]
    [DataRow("2023010")]
    [DataRow("202301011")]
    [DataRow("2023 101")]
    [DataRow("00000000")]
    public void Refuses(string text)
    {
        Assert.IsFalse(CkDate.TryParse(System.Text.Encoding.ASCII.GetBytes(text), out DateOnly? date));
        Assert.IsNull(date);
    }

    [TestMethod]
    public void A_year_before_1900_is_no_date() => Assert.IsEmpty(CkDate.Encode(new DateOnly(1899, 12, 31)));
}
