using System.Globalization;
using System.Text;

namespace CodeSign.Cryptoki.Tests;

/// <summary>FEATURES.md, written from the tables.</summary>
internal static class FeatureMatrix
{
    public static string Write()
    {
        StringBuilder text = new();
        text.Append("""
            # What works

            Written from the tables in `wire-protocol/CodeSign.Cryptoki` by `tests/CodeSign.Cryptoki.Tests`; a test fails where the two differ.
            Change the table, then `UPDATE_FEATURES=1 dotnet test --project tests/CodeSign.Cryptoki.Tests`.

            The PKCS#11 module answers the interfaces of v2.40, v3.0 and v3.2. Every function is there; those without work answer as the
            standard says.


            """);
        Functions(text);
        Mechanisms(text);
        Derivations(text);
        Keys(text);
        Objects(text);
        Profiles(text);
        Attributes(text);
        ReturnCodes(text);
        return text.ToString();
    }

    private static void Functions(StringBuilder text)
    {
        Heading(text, "Functions", FunctionRow.All.Count(row => row.Supported), FunctionRow.All.Count);
        Line(text, "function", "since", "works", "answers", "why not");
        Line(text, "---", "---", "---", "---", "---");
        foreach (FunctionRow row in FunctionRow.All)
        {
            string since = row.Since switch
            {
                InterfaceVersion.V2_40 => "2.40",
                InterfaceVersion.V3_0 => "3.0",
                InterfaceVersion.V3_2 => "3.2",
            };
            Line(text, row.Name, since, YesOrNo(row.Supported), row.Supported ? "" : row.Answer.ToString(), row.WhyNot ?? "");
        }
    }

    private static void Mechanisms(StringBuilder text)
    {
        text.Append("\n## Mechanisms\n\nWhat isn't listed is answered `CKR_MECHANISM_INVALID`. ")
            .Append("Hashing mechanisms hash where the caller is; only the digest travels.\n\n");
        Line(text, "mechanism", "works", "for", "key bits", "why not, or when");
        Line(text, "---", "---", "---", "---", "---");
        foreach (SignatureMechanism row in SignatureMechanism.All)
        {
            string when = row.Hash == HashKind.Sha1 ? "Only where the environment's policy allows SHA-1."
                : row.Scheme == SignatureScheme.RsaRaw ? "Only where the environment's policy allows raw RSA."
                : "";
            Line(text, row.Mechanism.ToString(), "yes", "sign, verify", $"{row.KeyBitsMin}–{row.KeyBitsMax}{Unit(row.KeyType)}", when);
        }

        foreach (DigestMechanism row in DigestMechanism.All)
        {
            Line(text, row.Mechanism.ToString(), "yes", "digest", "", "");
        }

        foreach (KeyPairMechanism row in KeyPairMechanism.All)
        {
            Line(text, row.Mechanism.ToString(), "yes", "generate", $"{row.KeyBitsMin}–{row.KeyBitsMax}{Unit(row.KeyType)}", "");
        }

        foreach (SecretKeyMechanism row in SecretKeyMechanism.All)
        {
            Line(text, row.Mechanism.ToString(), "yes", "generate", $"{row.KeyBytesMin}–{row.KeyBytesMax} bytes", "");
        }

        foreach (CipherMechanism row in CipherMechanism.All)
        {
            string unit = row.IsAsymmetric ? "" : " bytes";
            string when = row.IsMalleable ? "Only where the project lets keys leave or come in, and by weak mechanisms."
                : row.Scheme == CipherScheme.AesGcm ? "Only where the project lets keys leave or come in; the IV is drawn, unless weak mechanisms are allowed."
                : "Only where the project lets keys leave or come in.";
            Line(text, row.Mechanism.ToString(), "yes", "wrap, unwrap", $"{row.KeySizeMin}–{row.KeySizeMax}{unit}", when);
        }
    }

    private static void Derivations(StringBuilder text)
    {
        foreach (KeyDerivationMechanism row in KeyDerivationMechanism.All)
        {
            string when = "With CKD_NULL, or the X9.63 function over SHA-1, SHA-2 or SHA-3; only where the project takes keys from elsewhere.";
            Line(text, row.Mechanism.ToString(), "yes", "derive", $"{KeyDerivationMechanism.KeyBitsMin}–{KeyDerivationMechanism.KeyBitsMax}", when);
        }
    }

    private static void Keys(StringBuilder text)
    {
        text.Append("\n## Keys\n\n");
        Line(text, "algorithm", "key type", "bits", "curve or algorithm", "signature bytes");
        Line(text, "---", "---", "---", "---", "---");
        foreach (KeyAlgorithm row in KeyAlgorithm.All)
        {
            Line(text, row.Name, row.KeyType.ToString(), $"{row.Bits}{Unit(row.KeyType)}", row.CurveOid ?? row.Parameters?.Oid ?? "", row.Signs ? $"{row.SignatureBytes}" : "");
        }
    }

    private static void Objects(StringBuilder text)
    {
        text.Append("\n## Objects\n\nObjects of other classes are not made (`CKR_ATTRIBUTE_VALUE_INVALID`), and a search for them finds nothing.\n\n");
        Line(text, "class", "made by", "why");
        Line(text, "---", "---", "---");
        foreach (ObjectClassRow row in ObjectClassRow.All)
        {
            string source = row.Source switch
            {
                ObjectSource.Application => "applications",
                ObjectSource.Module => "the module; nobody changes them",
                ObjectSource.Nobody => "nobody",
            };
            Line(text, row.Class.ToString(), source, row.Why);
        }
    }

    private static void Profiles(StringBuilder text)
    {
        text.Append("\n## Profiles\n\nPKCS#11 Profiles v3.2. What the token claims is a `CKO_PROFILE` object.\n\n");
        Line(text, "profile", "claimed", "why");
        Line(text, "---", "---", "---");
        foreach (TokenProfile row in TokenProfile.All)
        {
            Line(text, row.Name, YesOrNo(row.Claimed), row.Why);
        }
    }

    private static void Attributes(StringBuilder text)
    {
        text.Append('\n');
        Heading(text, "Attributes", AttributeRow.All.Count(row => row.Supported), AttributeRow.All.Count);
        Line(text, "attribute", "value", "classes", "works", "why not");
        Line(text, "---", "---", "---", "---", "---");
        foreach (AttributeRow row in AttributeRow.All)
        {
            Line(text, row.Attribute.ToString(), row.Kind.ToString(), row.Classes.ToString(), YesOrNo(row.Supported), row.WhyNot ?? "");
        }
    }

    private static void ReturnCodes(StringBuilder text)
    {
        text.Append("\n## Return codes\n\nEvery code of the standard: the test in `tests/CodeSign.P11.Tests` that provokes it from the built library, or why it ")
            .Append("can't arise. Which call answers what in which state is `state-matrix.txt` there.\n\n");
        Line(text, "code", "provoked by", "why never");
        Line(text, "---", "---", "---");
        foreach (ReturnCodeRow row in ReturnCodeRow.All)
        {
            Line(text, row.Code.ToString(), row.Test ?? "", row.WhyNever ?? "");
        }
    }

    private static void Heading(StringBuilder text, string what, int works, int all) => text.Append(CultureInfo.InvariantCulture, $"## {what}\n\n{works} of {all} work.\n\n");

    // As CK_MECHANISM_INFO counts keys with a parameter set.
    private static string Unit(CKK keyType) => keyType is CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA ? " bytes (public key)" : "";

    private static void Line(StringBuilder text, params string[] cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    private static string YesOrNo(bool value) => value ? "yes" : "no";
}
