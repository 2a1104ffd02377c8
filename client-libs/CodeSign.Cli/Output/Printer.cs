using System.Globalization;
using System.Text.Json;
using CodeSign.Cryptoki;
using Spectre.Console;

namespace CodeSign.Cli.Output;

/// <summary>Prints rows as a table for people or as JSON for programs, from the same columns.</summary>
internal sealed class Printer(Terminal terminal, bool asJson, bool quiet)
{
    // The output is no web page: letters stay letters.
    private static readonly JsonWriterOptions JsonOptions = new() { Indented = true, Encoder = HiddenCharacters.JsonEncoder };

    public bool IsJson => asJson;

    /// <summary>Several rows. Quiet: the first column of each.</summary>
    public void List<T>(IEnumerable<T> rows, IReadOnlyList<Column<T>> columns, string nothing)
    {
        // The last page may be refused: nothing is printed before all is there.
        T[] all = [.. rows];
        if (asJson)
        {
            WriteJson(json =>
            {
                json.WriteStartArray();
                foreach (T row in all)
                {
                    WriteObject(json, row, columns);
                }

                json.WriteEndArray();
            });
            return;
        }

        if (quiet)
        {
            Array.ForEach(all, row => terminal.Output.WriteLine(Show(columns[0].Value(row))));
        }
        else if (all.Length == 0)
        {
            terminal.Error.WriteLine(nothing);
        }
        else
        {
            WriteTable(all, columns);
        }
    }

    /// <summary>One row with all its columns, for people without those that say nothing. Quiet: the first column.</summary>
    public void One<T>(T row, IReadOnlyList<Column<T>> columns)
    {
        if (asJson)
        {
            WriteJson(json => WriteObject(json, row, columns));
            return;
        }

        if (quiet)
        {
            terminal.Output.WriteLine(Show(columns[0].Value(row)));
            return;
        }

        (string Title, string Value)[] lines =
            [.. columns.Select(column => (column.Title, Show(column.Value(row)))).Where(line => line.Item2.Length > 0)];
        int width = lines.Max(line => line.Title.Length);
        foreach ((string title, string value) in lines)
        {
            terminal.Output.WriteLine($"{title.PadRight(width)}  {value}");
        }
    }

    /// <summary>A sentence that says what was done. Quiet: nothing.</summary>
    public void Done(string sentence)
    {
        if (asJson)
        {
            WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("message", sentence);
                json.WriteEndObject();
            });
        }
        else if (!quiet)
        {
            terminal.Output.WriteLine(Printable(sentence));
        }
    }

    /// <summary>Something beside the result, for people only: to standard error.</summary>
    public void Note(string sentence)
    {
        if (!quiet && !asJson)
        {
            terminal.Error.WriteLine(Printable(sentence));
        }
    }

    /// <summary>A failure, to standard error.</summary>
    public void Failure(string reason, string sentence, string correlationId, ExitCode code)
    {
        if (!asJson)
        {
            string log = correlationId.Length > 0 ? $" (appliance log: {correlationId})" : "";
            terminal.Error.WriteLine("csctl: " + Printable(sentence + log));
            return;
        }

        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("error", sentence);
            json.WriteString("reason", reason);
            json.WriteString("correlation_id", correlationId);
            json.WriteNumber("exit_code", (int)code);
            json.WriteEndObject();
        }

        terminal.Error.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }

    /// <summary>Text from elsewhere without what could steer a terminal, or make it show something else.</summary>
    internal static string Printable(string text) => HiddenCharacters.AreIn(text)
        ? string.Concat(text.EnumerateRunes().Select(rune => HiddenCharacters.IsHidden(rune) && rune.Value != '\n' ? "\uFFFD" : rune.ToString()))
        : text;

    internal static string Show(object? value) => value switch
    {
        null => "",
        bool yes => yes ? "yes" : "no",
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        IEnumerable<string> many => Line(string.Join(", ", many)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Line(value.ToString() ?? ""),
    };

    /// <summary>As <see cref="Printable"/>, and in one line: a name must not look like two.</summary>
    internal static string Line(string text) => Printable(text).Replace('\n', '\uFFFD');

    private static void WriteObject<T>(Utf8JsonWriter json, T row, IReadOnlyList<Column<T>> columns)
    {
        json.WriteStartObject();
        foreach (Column<T> column in columns)
        {
            json.WritePropertyName(column.Name);
            WriteValue(json, column.Value(row));
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool yes:
                json.WriteBooleanValue(yes);
                break;
            case int or uint or long:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                json.WriteNumberValue(number);
                break;
            case DateTimeOffset time:
                json.WriteStringValue(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
                break;
            case IEnumerable<string> many:
                json.WriteStartArray();
                foreach (string text in many)
                {
                    json.WriteStringValue(text);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(value.ToString());
                break;
        }
    }

    private void WriteTable<T>(T[] rows, IReadOnlyList<Column<T>> columns)
    {
        Column<T>[] shown = [.. columns.Where(column => column.InTable)];
        Table table = new() { Border = TableBorder.None };
        foreach (Column<T> column in shown)
        {
            table.AddColumn(new TableColumn(new Text(column.Title, new Style(decoration: Decoration.Bold))) { NoWrap = true });
        }

        foreach (T row in rows)
        {
            table.AddRow(shown.Select(column => new Text(Show(column.Value(row)))));
        }

        using StringWriter drawn = new(CultureInfo.InvariantCulture);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(drawn),
            Ansi = terminal.HasColours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = terminal.HasColours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = terminal.Width;
        console.Write(table);
        foreach (string line in drawn.ToString().TrimEnd().Split('\n'))
        {
            terminal.Output.WriteLine(line.TrimEnd());
        }
    }

    private void WriteJson(Action<Utf8JsonWriter> write)
    {
        using MemoryStream whole = new();
        using (Utf8JsonWriter json = new(whole, JsonOptions))
        {
            write(json);
        }

        whole.WriteByte((byte)'\n');
        terminal.OutputStream.Write(whole.GetBuffer().AsSpan(0, (int)whole.Length));
        terminal.OutputStream.Flush();
    }
}
