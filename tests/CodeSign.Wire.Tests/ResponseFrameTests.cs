using CodeSign.Cryptoki;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Wire.Tests;

[TestClass]
public sealed class ResponseFrameTests
{
    [TestMethod]
    public void Success_round_trips()
    {
        using ResponseFrame sent = ResponseFrame.Success(9, new SignResponse { Signature = ByteString.CopyFrom(1, 2) }, [3, 4]);
        using ResponseFrame received = Wires.ReceiveResponse(sent.Bytes.Span);

        Assert.AreEqual(9UL, received.Correlation);
        Assert.IsNull(received.Status);
        Assert.AreEqual("0102", Convert.ToHexString(SignResponse.Parser.ParseFrom(received.Body.Span).Signature.Span));
        Assert.AreEqual("0304", Convert.ToHexString(received.Secrets.Single().Span));
    }

    [TestMethod]
    public void Failure_round_trips()
    {
        WireStatus status = new(CKR.CKR_PIN_INCORRECT, "pin.incorrect", "The PIN is wrong: äöü.", "c0ffee");
        using ResponseFrame sent = ResponseFrame.Failure(9, status);
        using ResponseFrame received = Wires.ReceiveResponse(sent.Bytes.Span);

        Assert.AreEqual(status, received.Status);
        Assert.AreEqual(9UL, received.Correlation);
        Assert.IsTrue(received.Body.IsEmpty);
    }

    [TestMethod]
    public void A_text_of_the_limit_is_kept_and_a_longer_one_is_cut_between_characters()
    {
        string longest = new('x', ProtocolLimits.StatusTextBytesMax);
        string odd = new string('x', ProtocolLimits.StatusTextBytesMax - 1) + "ä";
        using ResponseFrame sent = ResponseFrame.Failure(1, new WireStatus(CKR.CKR_GENERAL_ERROR, longest, longest + "y", odd));
        using ResponseFrame received = Wires.ReceiveResponse(sent.Bytes.Span);

        Assert.AreEqual(longest, received.Status!.Reason);
        Assert.AreEqual(longest, received.Status.Message);
        Assert.AreEqual(longest[1..], received.Status.CorrelationId);
    }

    [TestMethod]
    public void Takes_an_answer_of_the_limit_and_calls_one_byte_more_our_own_fault()
    {
        using ResponseFrame small = ResponseFrame.Success(1, new SignResponse { Signature = ByteString.CopyFrom(new byte[1 << 19]) });
        int data = ProtocolLimits.FrameBytesMax - (small.Bytes.Length - ProtocolLimits.LengthPrefixBytes - (1 << 19));
        using ResponseFrame sent = ResponseFrame.Success(1, new SignResponse { Signature = ByteString.CopyFrom(new byte[data]) });
        using ResponseFrame received = Wires.ReceiveResponse(sent.Bytes.Span);

        Assert.AreEqual(ProtocolLimits.FrameBytesMax, FrameBuffer.ReadLength(sent.Bytes.Span));
        Assert.ThrowsExactly<InvalidOperationException>(
            () => ResponseFrame.Success(1, new SignResponse { Signature = ByteString.CopyFrom(new byte[data + 1]) }).Dispose());
    }

    [TestMethod]
    public void Takes_a_secret_of_the_limit_and_calls_one_byte_more_our_own_fault()
    {
        using ResponseFrame sent = ResponseFrame.Success(1, new LoginResponse(), new byte[ProtocolLimits.SecretBytesMax]);
        using ResponseFrame received = Wires.ReceiveResponse(sent.Bytes.Span);

        Assert.IsTrue(received.Secrets[0].Span.SequenceEqual(new byte[ProtocolLimits.SecretBytesMax]));
        Assert.ThrowsExactly<InvalidOperationException>(
            () => ResponseFrame.Success(1, new LoginResponse(), new byte[ProtocolLimits.SecretBytesMax + 1]).Dispose());
    }

    [TestMethod]
    public void Never_writes_a_failure_that_reads_as_success() => Assert.ThrowsExactly<ArgumentException>(
        () => ResponseFrame.Failure(1, new WireStatus(CKR.CKR_OK, "", "", "")).Dispose());
}
