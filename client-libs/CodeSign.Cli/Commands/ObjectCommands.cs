using System.Buffers.Binary;
using System.CommandLine;
using System.Text;
using CodeSign.Cli.Output;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;
using Google.Protobuf;
using WireObject = CodeSign.Wire.V1.Object;

namespace CodeSign.Cli.Commands;

/// <summary>The objects of a token with their pkcs11: URIs, as the module would show them.</summary>
internal static class ObjectCommands
{
    private static readonly Option<string?> PinFile = new("--pin-file")
    {
        Description = "Log in with the PIN in this file (- for standard input): private keys are shown, too",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Older = new("--older") { Description = "Show older keys of environments, too" };

    private static readonly IReadOnlyList<Column<(TokenDescription Token, WireObject Object)>> Columns =
    [
        new("uri", "URI", row => Uri(row.Token, row.Object)),
        new("class", "CLASS", row => ClassName(row.Object)),
        new("label", "LABEL", row => Text(row.Object, CKA.CKA_LABEL)),
        new("id", "ID", row => Convert.ToHexStringLower(Bytes(row.Object, CKA.CKA_ID))),
        new("key_type", "KEY TYPE", row => KeyType(row.Object)),
        new("token", "TOKEN", row => row.Token.Label, InTable: false),
        new("object_id", "OBJECT", row => Convert.ToHexStringLower(row.Object.Id.Span), InTable: false),
    ];

    public static Command Build(CommandLine line) => line.Define(
        "objects",
        "Lists keys and certificates with their pkcs11: URIs",
        List,
        ProjectNames.Option,
        PinFile,
        Older);

    /// <summary>All objects that match, over all pages.</summary>
    public static List<WireObject> Find(
        Invocation invocation, TokenDescription token, ReadOnlySpan<byte> ticket, bool older, params (CKA Type, byte[] Value)[] template)
    {
        FindObjectsRequest request = new() { ProjectId = token.ProjectId, IncludeOlderKeys = older };
        request.Template.AddRange(template.Select(attribute =>
            new Wire.V1.Attribute { Type = (ulong)attribute.Type, Value = ByteString.CopyFrom(attribute.Value) }));
        List<WireObject> found = [];
        int pages = 0;
        do
        {
            if (++pages > Pages.PagesMax)
            {
                throw new CommandFault(ExitCode.Untrusted, "The appliance sends a list of objects that never ends; is something else listening there?");
            }

            FindObjectsResponse page = invocation.Client.FindObjects(request, ticket);
            found.AddRange(page.Objects);
            request.Page = page.NextPage;
        }
        while (!request.Page.IsEmpty);
        return found;
    }

    /// <summary>Logs in where the token asks for it, or a PIN was given; the ticket, or empty.</summary>
    public static byte[] Login(Invocation invocation, TokenDescription token, string? pinFile, bool always)
    {
        if (pinFile is null && !(always && token.LoginRequired))
        {
            return [];
        }

        using ClientSecret pin = invocation.Secret(pinFile, $"PIN of {token.Label}");
        return invocation.Client.Login(token.ProjectId, UserType.UserUser, pin.Span);
    }

    public static ReadOnlySpan<byte> Bytes(WireObject item, CKA type)
    {
        foreach (Wire.V1.Attribute attribute in item.Attributes)
        {
            if (attribute.Type == (ulong)type)
            {
                return attribute.Value.Span;
            }
        }

        return default;
    }

    public static ulong? Number(WireObject item, CKA type) =>
        Bytes(item, type) is { Length: sizeof(ulong) } value ? BinaryPrimitives.ReadUInt64BigEndian(value) : null;

    public static byte[] Encode(ulong number)
    {
        byte[] value = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(value, number);
        return value;
    }

    private static void List(Invocation invocation)
    {
        List<(TokenDescription, WireObject)> rows = [];
        bool isOne = invocation.Get(ProjectNames.Option) is not null || invocation.Settings.Project is not null || invocation.Get(PinFile) is not null;
        IEnumerable<TokenDescription> tokens = isOne ? [ProjectNames.Token(invocation)] : invocation.Client.ListTokens();
        foreach (TokenDescription token in tokens)
        {
            byte[] ticket = Login(invocation, token, invocation.Get(PinFile), always: false);
            rows.AddRange(Find(invocation, token, ticket, invocation.Get(Older)).Select(item => (token, item)));
            if (ticket.Length == 0 && token.LoginRequired)
            {
                invocation.Printer.Note($"Token {token.Label} shows private keys after a login only: --pin-file FILE.");
            }
        }

        invocation.Printer.List(rows, Columns, "The token has no objects; 'csctl environment create' makes a key.");
    }

    private static string Uri(TokenDescription token, WireObject item) => PkcsUri.OfObject(
        token.Label, Text(item, CKA.CKA_LABEL), Bytes(item, CKA.CKA_ID), ClassName(item));

    private static string Text(WireObject item, CKA type) => Encoding.UTF8.GetString(Bytes(item, type));

    // RFC 7512 section 2.3: the values of the type attribute.
    private static string ClassName(WireObject item) => (CKO?)Number(item, CKA.CKA_CLASS) switch
    {
        CKO.CKO_PRIVATE_KEY => "private",
        CKO.CKO_PUBLIC_KEY => "public",
        CKO.CKO_CERTIFICATE => "cert",
        CKO.CKO_SECRET_KEY => "secret-key",
        _ => "data",
    };

    private static string KeyType(WireObject item) => Number(item, CKA.CKA_KEY_TYPE) is { } type
        ? ((CKK)type).ToString().Replace("CKK_", "", StringComparison.Ordinal)
        : "";
}
