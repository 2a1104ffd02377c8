namespace CodeSign.Cryptoki.Tests;

[TestClass]
public sealed class FunctionTableTests
{
    // Places in CK_FUNCTION_LIST, CK_FUNCTION_LIST_3_0 and CK_FUNCTION_LIST_3_2 (pkcs11f.h of PKCS#11 v3.2).
    [TestMethod]
    [DataRow(0, "C_Initialize")]
    [DataRow(3, "C_GetFunctionList")]
    [DataRow(11, "C_SetPIN")]
    [DataRow(18, "C_Login")]
    [DataRow(26, "C_FindObjectsInit")]
    [DataRow(37, "C_DigestInit")]
    [DataRow(42, "C_SignInit")]
    [DataRow(48, "C_VerifyInit")]
    [DataRow(58, "C_GenerateKey")]
    [DataRow(67, "C_WaitForSlotEvent")]
    [DataRow(68, "C_GetInterfaceList")]
    [DataRow(71, "C_SessionCancel")]
    [DataRow(91, "C_MessageVerifyFinal")]
    [DataRow(92, "C_EncapsulateKey")]
    [DataRow(101, "C_AsyncJoin")]
    [DataRow(103, "C_UnwrapKeyAuthenticated")]
    public void Stands_in_its_place(int place, string name) => Assert.AreEqual(name, FunctionRow.All[place].Name);

    [TestMethod]
    public void Every_list_is_whole()
    {
        Assert.HasCount(68, FunctionRow.All.Where(row => row.Since == InterfaceVersion.V2_40));
        Assert.HasCount(92, FunctionRow.All.Where(row => row.Since <= InterfaceVersion.V3_0));
        Assert.HasCount(104, FunctionRow.All);
        Assert.AreSequenceEqual(FunctionRow.All.Select(row => row.Since).Order(), FunctionRow.All.Select(row => row.Since));
    }

    [TestMethod]
    public void Every_row_is_whole()
    {
        Assert.HasCount(FunctionRow.All.Count, FunctionRow.All.Select(row => row.Name).Distinct());
        foreach (FunctionRow row in FunctionRow.All)
        {
            Assert.StartsWith("C_", row.Name, StringComparison.Ordinal);
            Assert.AreEqual(row.Supported, row.Answer == CKR.CKR_OK, row.Name);
            Assert.IsTrue(row.WhyNot is null || row.WhyNot.EndsWith('.'), row.Name);
            Assert.AreSame(row, FunctionRow.Find(row.Name));
        }
    }
}
