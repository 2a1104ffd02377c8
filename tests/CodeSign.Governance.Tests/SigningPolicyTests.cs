using CodeSign.Appliance.Governance;
using CodeSign.Cryptoki;

namespace CodeSign.Governance.Tests;

[TestClass]
public sealed class SigningPolicyTests
{
    private const string Alice = "a11ce000000000000000000000000000";
    private const string Mallory = "ba110000000000000000000000000000";
    private const string EnvironmentId = "e0000000000000000000000000000000";
    private const string KeyId = "c0000000000000000000000000000000";

    private static readonly Project Demo = new()
    {
        Id = "00000000000000aa",
        Name = "demo",
        Members = [new Membership(Alice, ProjectRole.KeyUser, [])],
    };

    private static readonly SigningEnvironment Release = new()
    {
        Id = EnvironmentId,
        ProjectId = Demo.Id,
        Name = "release",
        Algorithm = "rsa3072",
        Storage = "software",
    };

    private static readonly KeyRecord Key = new()
    {
        Id = KeyId,
        EnvironmentId = EnvironmentId,
        Generation = 1,
        Algorithm = "rsa3072",
        PublicKey = "",
        CkaId = "",
    };

    private static readonly Snapshot Whole = Snapshot.Empty.With(Demo).With(Release).With(Key);

    [TestMethod]
    public void A_key_user_signs_with_an_active_key() => Assert.IsTrue(Decide(Whole, Alice).IsAllowed);

    [TestMethod]
    public void A_stranger_learns_nothing_but_that_there_is_no_such_key()
    {
        Decision stranger = Decide(Whole, Mallory);
        Decision nothing = Decide(Snapshot.Empty.With(Demo), Alice);

        Assert.AreEqual("key.unknown", stranger.Reason);
        Assert.AreEqual(nothing, stranger);
    }

    [TestMethod]
    public void An_owner_without_the_key_users_role_may_not_sign()
    {
        Project owned = Demo with { Members = [new Membership(Alice, ProjectRole.Owner, [])] };
        Assert.AreEqual("key.unknown", Decide(Whole.With(owned), Alice, project: owned).Reason);
    }

    [TestMethod]
    public void A_role_narrowed_to_another_environment_does_not_reach_this_one()
    {
        Project narrowed = Demo with { Members = [new Membership(Alice, ProjectRole.KeyUser, ["test"])] };
        Assert.AreEqual("key.unknown", Decide(Whole.With(narrowed), Alice, project: narrowed).Reason);
    }

    [TestMethod]
    public void A_key_of_another_project_is_unknown_here()
    {
        Project other = Demo with { Id = "00000000000000bb", Name = "other" };
        Assert.AreEqual("key.unknown", Decide(Whole.With(other), Alice, project: other).Reason);
    }

    [TestMethod]
    public void A_disabled_project_signs_nothing() =>
        Assert.AreEqual("project.disabled", Decide(Whole.With(Demo with { Enabled = false }), Alice).Reason);

    [TestMethod]
    public void A_disabled_environment_signs_nothing() =>
        Assert.AreEqual("environment.disabled", Decide(Whole.With(Release with { Enabled = false }), Alice).Reason);

    [TestMethod]
    [DataRow(KeyState.PreActive)]
    [DataRow(KeyState.Deactivated)]
    [DataRow(KeyState.Compromised)]
    [DataRow(KeyState.Destroyed)]
    [DataRow(KeyState.DestroyedCompromised)]
    public void Only_an_active_key_signs(KeyState state) =>
        Assert.AreEqual("key.not_active", Decide(Whole.With(Key with { State = state }), Alice).Reason);

    [TestMethod]
    public void Sha1_signs_only_where_it_was_allowed()
    {
        Snapshot allowing = Whole.With(Release with { Policy = new EnvironmentPolicy { AllowSha1 = true } });

        Assert.AreEqual("policy.hash", Decide(Whole, Alice, CKM.CKM_SHA1_RSA_PKCS, HashKind.Sha1).Reason);
        Assert.IsTrue(Decide(allowing, Alice, CKM.CKM_SHA1_RSA_PKCS, HashKind.Sha1).IsAllowed);
    }

    [TestMethod]
    public void Sha1_in_a_digest_info_is_sha1_too() =>
        Assert.AreEqual("policy.hash", Decide(Whole, Alice, CKM.CKM_RSA_PKCS, HashKind.Sha1).Reason);

    [TestMethod]
    public void Raw_rsa_signs_only_where_it_was_allowed()
    {
        Snapshot allowing = Whole.With(Release with { Policy = new EnvironmentPolicy { AllowRawRsa = true } });

        Assert.AreEqual("policy.mechanism", Decide(Whole, Alice, CKM.CKM_RSA_X_509, HashKind.None).Reason);
        Assert.IsTrue(Decide(allowing, Alice, CKM.CKM_RSA_X_509, HashKind.None).IsAllowed);
    }

    [TestMethod]
    public void A_mechanism_of_another_key_type_is_refused() =>
        Assert.AreEqual("mechanism.key_type", Decide(Whole, Alice, CKM.CKM_ECDSA, HashKind.None).Reason);

    private static Decision Decide(
        Snapshot snapshot, string identity, CKM mechanism = CKM.CKM_RSA_PKCS, HashKind hash = HashKind.Sha256, Project? project = null)
    {
        SignatureMechanism row = SignatureMechanism.Find(mechanism) ?? throw new ArgumentOutOfRangeException(nameof(mechanism));
        return SigningPolicy.Decide(snapshot, new KeyUse(identity, project ?? Demo, KeyId, row, hash, DateTimeOffset.UnixEpoch));
    }
}
