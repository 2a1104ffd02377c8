using System.Globalization;
using System.Reflection;
using CodeSign.Cryptoki;
using CodeSign.Tests;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Wire.Tests;

/// <summary>PROTOCOL.md says what the code does.</summary>
[TestClass]
public sealed class ProtocolDocumentTests
{
    private static readonly string[] Lines = File.ReadAllLines(Repository.PathOf("wire-protocol/CodeSign.Wire/PROTOCOL.md"));
    private static readonly string Text = string.Join('\n', Lines);

    [TestMethod]
    public void Every_limit_stands_there_with_its_value()
    {
        foreach (FieldInfo limit in typeof(ProtocolLimits).GetFields().Where(field => field.FieldType == typeof(int)))
        {
            string value = ((int)limit.GetRawConstantValue()!).ToString(CultureInfo.InvariantCulture);

            Assert.Contains($"\n| `{limit.Name}` | {value} |", Text, StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void Every_operation_stands_there_with_its_number()
    {
        foreach (OperationCode operation in Enum.GetValues<OperationCode>().Where(operation => operation != OperationCode.None))
        {
            Assert.Contains($"| {(int)operation} | {operation} |", Text, StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void The_example_asks_for_a_signature()
    {
        byte[] keyId = [.. Enumerable.Range(0x10, 16).Select(i => (byte)i), 3];
        SignRequest request = new()
        {
            ProjectId = "0123456789abcdef",
            KeyId = ByteString.CopyFrom(keyId),
            Mechanism = (ulong)CKM.CKM_ECDSA_SHA256,
            Data = ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData("abc"u8)),
            RequestId = ByteString.CopyFrom([.. Enumerable.Range(0xa0, 16).Select(i => (byte)i)]),
        };
        using RequestFrame frame = RequestFrame.Create(7, OperationCode.Sign, request, ticket: [1, 2, 3, 4, 5, 6, 7, 8]);

        Assert.AreEqual(Example(0), Convert.ToHexStringLower(frame.Bytes.Span));
    }

    [TestMethod]
    public void The_example_gets_its_signature()
    {
        SignResponse response = new() { Signature = ByteString.CopyFrom([.. Enumerable.Range(0, 64).Select(i => (byte)i)]) };
        using ResponseFrame frame = ResponseFrame.Success(7, response);

        Assert.AreEqual(Example(1), Convert.ToHexStringLower(frame.Bytes.Span));
    }

    [TestMethod]
    public void The_example_is_refused()
    {
        WireStatus status = new(CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, "policy.mechanism", "SHA-1 is not allowed here.", "c1");
        using ResponseFrame frame = ResponseFrame.Failure(7, status);

        Assert.AreEqual(Example(2), Convert.ToHexStringLower(frame.Bytes.Span));
    }

    private static string Example(int index)
    {
        int at = -1;
        for (int i = 0; i <= index; i++)
        {
            at = Array.IndexOf(Lines, "```hex", at + 1);
        }

        IEnumerable<string> block = Lines.Skip(at + 1).TakeWhile(line => !line.StartsWith("```", StringComparison.Ordinal));
        return string.Concat(block.Select(line => line.Split('|')[0].Replace(" ", "", StringComparison.Ordinal)));
    }
}
