using System.Security.Cryptography;

namespace CodeSign.Interop.Tests.Harness;

/// <summary>
/// Tests of a tool that fills tokens. `scratch` takes everything and is shared; what a tool does to a whole token (C_InitToken, PINs,
/// a policy of its own) it does to one that no other test knows.
/// </summary>
public abstract class OwnTokenTests : ToolTests
{
    private protected const string Scratch = "scratch";

    /// <summary>CKA_ID and label of what one test makes.</summary>
    private protected string Id { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    [TestInitialize]
    public void OnlyOurs()
    {
        if (!Subject.Current.IsOurs)
        {
            Assert.Inconclusive("SoftHSM2 has no tokens to fill here.");
        }
    }

    /// <summary>A token by its label, with its place among the slots.</summary>
    private protected static Token Another(string label) => ((ApplianceSubject)Subject.Current).Another(label);

    /// <summary>`id` as a pkcs11: URI writes it.</summary>
    private protected static string Percent(string hex) => string.Concat(hex.Chunk(2).Select(pair => $"%{new string(pair)}"));
}
