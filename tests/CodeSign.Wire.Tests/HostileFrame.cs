using CodeSign.Tests;

namespace CodeSign.Wire.Tests;

/// <summary>Bytes a liar may send, named after their defect.</summary>
/// <param name="Name">The file in fixtures/wire/hostile, without .bin.</param>
/// <param name="Reader">Who gets them.</param>
/// <param name="Refused">True where the connection ends; false where they are odd but allowed.</param>
/// <param name="Bytes">With the length prefix.</param>
internal sealed record HostileFrame(string Name, Reader Reader, bool Refused, byte[] Bytes)
{
    // A request for operation 1 with correlation 1, and the same number as an answer.
    private static readonly byte[] Request = [0x08, 1, 0x10, 1];
    private static readonly byte[] Answer = [0x08, 1];

    public static IEnumerable<HostileFrame> All { get; } =
    [
        // What the prefix says.
        Bad("zero_length", 0, 0, 0, 0),
        Bad("length_prefix_one_over_the_limit", 0, 0x10, 0, 1),
        Bad("length_prefix_negative", 0xff, 0xff, 0xff, 0xff),

        // Numbers.
        Bad("truncated_varint", Wires.Frame(0x08)),
        Bad("truncated_varint_after_a_whole_request", Wires.Frame([.. Request, 0x30, 0x80])),
        Bad("varint_of_65_bits", Wires.Frame(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02)),
        Bad("varint_of_eleven_bytes", Wires.Frame(0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)),
        Good("varint_of_64_bits", Wires.Frame(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x10, 1)),
        Good("varint_with_idle_zeros", Wires.Frame(0x08, 0x81, 0x80, 0x00, 0x10, 1)),

        // Lengths.
        Bad("body_beyond_the_frame", Wires.Frame([.. Request, 0x1a, 2, 0])),
        Bad("secret_beyond_the_frame", Wires.Frame([.. Request, 0x22, 1])),
        Bad("unknown_field_beyond_the_frame", Wires.Frame([.. Request, 0x7a, 0x7f, 0])),
        Bad("body_of_2_to_the_63_bytes", Wires.Frame([.. Request, 0x1a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01])),
        Bad("body_of_2_to_the_32_bytes", Wires.Frame([.. Request, 0x1a, 0x80, 0x80, 0x80, 0x80, 0x10])),
        Bad("fixed64_beyond_the_frame", Wires.Frame([.. Request, 0x79, 0, 0, 0, 0, 0, 0, 0])),
        Bad("fixed32_beyond_the_frame", Wires.Frame([.. Request, 0x7d, 0, 0, 0])),

        // Tags.
        Bad("group_start", Wires.Frame([.. Request, 0x7b, 0x7c])),
        Bad("group_end", Wires.Frame([.. Request, 0x7c])),
        Bad("wire_type_6", Wires.Frame([.. Request, 0x7e, 0])),
        Bad("wire_type_7", Wires.Frame([.. Request, 0x7f, 0])),
        Bad("field_number_0", Wires.Frame([.. Request, 0x00, 0])),
        Bad("tag_of_33_bits", Wires.Frame([.. Request, 0x80, 0x80, 0x80, 0x80, 0x10, 0])),
        Bad("correlation_as_bytes", Wires.Frame(0x0a, 1, 1, 0x10, 1)),
        Bad("operation_as_bytes", Wires.Frame(0x08, 1, 0x12, 1, 1)),
        Bad("body_as_number", Wires.Frame([.. Request, 0x18, 1])),
        Bad("secret_as_number", Wires.Frame([.. Request, 0x20, 1])),
        Bad("ticket_as_fixed32", Wires.Frame([.. Request, 0x2d, 0, 0, 0, 0])),
        Good("unknown_fields", Wires.Frame([.. Request, 0x30, 5, 0x3a, 1, 0, 0x79, 0, 0, 0, 0, 0, 0, 0, 0, 0x7d, 0, 0, 0, 0])),
        Good("unknown_field_of_the_highest_number", Wires.Frame([.. Request, 0xf8, 0xff, 0xff, 0xff, 0x0f, 0])),

        // What a request must be.
        Bad("correlation_absent", Wires.Frame(0x10, 1)),
        Bad("correlation_0", Wires.Frame(0x08, 0, 0x10, 1)),
        Bad("correlation_twice", Wires.Frame([.. Request, 0x08, 2])),
        Bad("operation_twice", Wires.Frame([.. Request, 0x10, 2])),
        Bad("body_twice", Wires.Frame([.. Request, 0x1a, 0, 0x1a, 0])),
        Bad("ticket_twice", Wires.Frame([.. Request, 0x2a, 0, 0x2a, 0])),
        Good("fields_in_reverse", Wires.Frame([0x2a, 1, 7, 0x22, 1, 6, 0x1a, 0, 0x10, 1, 0x08, 1])),
        Good("operation_of_a_later_version", Wires.Frame(0x08, 1, 0x10, 0xff, 0xff, 0x03)),

        // Secrets and tickets.
        Good("four_secrets", Wires.Frame([.. Request, 0x22, 0, 0x22, 0, 0x22, 0, 0x22, 0])),
        Bad("five_secrets", Wires.Frame([.. Request, 0x22, 0, 0x22, 0, 0x22, 0, 0x22, 0, 0x22, 0])),
        Good("secret_of_the_limit", Wires.Frame([.. Request, .. Wires.Field(4, new byte[ProtocolLimits.SecretBytesMax])])),
        Bad("secret_one_over_the_limit", Wires.Frame([.. Request, .. Wires.Field(4, new byte[ProtocolLimits.SecretBytesMax + 1])])),
        Good("ticket_of_the_limit", Wires.Frame([.. Request, .. Wires.Field(5, new byte[ProtocolLimits.TicketBytesMax])])),
        Bad("ticket_one_over_the_limit", Wires.Frame([.. Request, .. Wires.Field(5, new byte[ProtocolLimits.TicketBytesMax + 1])])),

        // What a server may not answer.
        BadAnswer("answer_correlation_0", Wires.Frame(0x08, 0)),
        BadAnswer("answer_status_twice", Wires.Frame([.. Answer, 0x12, 2, 0x08, 5, 0x12, 0])),
        BadAnswer("answer_status_beyond_the_frame", Wires.Frame([.. Answer, 0x12, 9, 0x08, 5])),
        BadAnswer("answer_text_beyond_its_status", Wires.Frame([.. Answer, 0x12, 4, 0x08, 5, 0x1a, 1, 0x61])),
        BadAnswer("answer_text_not_utf8", Wires.Frame([.. Answer, 0x12, 5, 0x08, 5, 0x1a, 1, 0xff])),
        BadAnswer("answer_text_one_over_the_limit", Wires.Frame(
            [.. Answer, .. Wires.Field(2, [0x08, 5, .. Wires.Field(3, Letters(ProtocolLimits.StatusTextBytesMax + 1))])])),
        GoodAnswer("answer_text_of_the_limit", Wires.Frame(
            [.. Answer, .. Wires.Field(2, [0x08, 5, .. Wires.Field(3, Letters(ProtocolLimits.StatusTextBytesMax))])])),
        BadAnswer("answer_five_secrets", Wires.Frame([.. Answer, 0x22, 0, 0x22, 0, 0x22, 0, 0x22, 0, 0x22, 0])),
        BadAnswer("answer_secret_one_over_the_limit", Wires.Frame([.. Answer, .. Wires.Field(4, new byte[ProtocolLimits.SecretBytesMax + 1])])),
        GoodAnswer("answer_with_unknown_fields", Wires.Frame([.. Answer, 0x12, 4, 0x08, 5, 0x38, 1, 0x30, 5])),
    ];

    public string Path => Repository.PathOf($"fixtures/wire/hostile/{Name}.bin");

    public override string ToString() => Name;

    private static HostileFrame Bad(string name, params byte[] bytes) => new(name, Reader.Server, true, bytes);

    private static HostileFrame Good(string name, byte[] bytes) => new(name, Reader.Server, false, bytes);

    private static HostileFrame BadAnswer(string name, byte[] bytes) => new(name, Reader.Client, true, bytes);

    private static HostileFrame GoodAnswer(string name, byte[] bytes) => new(name, Reader.Client, false, bytes);

    private static byte[] Letters(int count) => [.. Enumerable.Repeat((byte)'a', count)];
}
