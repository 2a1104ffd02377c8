namespace CodeSign.Cryptoki.Tests;

[TestClass]
public sealed class ObjectClassTests
{
    [TestMethod]
    public void Every_class_of_the_standard_has_a_row()
    {
        CKO[] vendors = [CKO.CKO_VENDOR_DEFINED, CKO.CKO_NSS_TRUST, CKO.CKO_NSS_BUILTIN_ROOT_LIST];
        foreach (CKO objectClass in Enum.GetValues<CKO>().Except(vendors))
        {
            ObjectClassRow? row = ObjectClassRow.Find(objectClass);

            Assert.IsNotNull(row, objectClass.ToString());
            Assert.IsTrue(row.Source == ObjectSource.Application || row.Why.Length > 0, objectClass.ToString());
        }

        Assert.IsTrue(vendors.All(vendor => ObjectClassRow.Find(vendor) is null));
    }

    [TestMethod]
    public void Every_profile_is_claimed_or_not_with_its_reason()
    {
        Assert.AreSequenceEqual(Enumerable.Range(1, 6).Select(id => (ulong)id), TokenProfile.All.Select(row => row.Id));
        Assert.IsTrue(TokenProfile.All.All(row => row.Name.StartsWith("CKP_", StringComparison.Ordinal) && row.Why.EndsWith('.')));
    }

    [TestMethod]
    public void Every_function_that_a_claimed_profile_wants_works()
    {
        string[] wanted =
        [
            "C_GetFunctionList", "C_GetInterfaceList", "C_GetInterface", "C_Initialize", "C_Finalize", "C_GetInfo", "C_GetSlotList",
            "C_GetSlotInfo", "C_GetTokenInfo", "C_OpenSession", "C_CloseSession", "C_GetSessionInfo", "C_FindObjectsInit", "C_FindObjects",
            "C_FindObjectsFinal", "C_GetAttributeValue", "C_GetMechanismList", "C_GetMechanismInfo", "C_Login", "C_LoginUser", "C_Logout",
            "C_SignInit", "C_Sign", "C_SignUpdate", "C_SignFinal",
        ];

        Assert.IsEmpty(wanted.Except(FunctionRow.All.Where(row => row.Supported).Select(row => row.Name)));
    }

    [TestMethod]
    public void Keys_that_sign_have_signatures_and_others_have_none()
    {
        foreach (KeyAlgorithm row in KeyAlgorithm.All)
        {
            Assert.AreEqual(row.Signs, row.SignatureBytes > 0, row.Name);
            Assert.AreEqual(row.CurveOid is not null, row.PointBytes > 0, row.Name);
        }

        Assert.AreEqual("0 65 97 133 65 65 97 129 32 57 32 56", string.Join(' ', KeyAlgorithm.All.Skip(2).Where(row => row.Parameters is null).Select(row => row.PointBytes)));
    }
}
