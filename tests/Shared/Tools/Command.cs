using System.Runtime.CompilerServices;
using System.Text;

namespace CodeSign.Tests;

/// <summary>
/// A command line written as an interpolated string. Spaces in the literal text separate arguments; what stands in a hole never
/// does, so that a URI, a path or a PIN is one argument (or part of one) whatever is in it. No shell is involved.
/// </summary>
[InterpolatedStringHandler]
internal sealed class Command
{
    private readonly List<string> _arguments = [];
    private readonly StringBuilder _current = new();
    private bool _begun;

    public Command(int literalLength, int formattedCount) => _arguments.EnsureCapacity(formattedCount + (literalLength / 8));

    /// <summary>The program and its arguments.</summary>
    public IReadOnlyList<string> Arguments
    {
        get
        {
            Finish();
            return _arguments;
        }
    }

    public void AppendLiteral(string value)
    {
        foreach (char c in value ?? string.Empty)
        {
            if (char.IsWhiteSpace(c))
            {
                Finish();
            }
            else
            {
                _begun = true;
                _current.Append(c);
            }
        }
    }

    public void AppendFormatted(string value)
    {
        _begun = true;
        _current.Append(value);
    }

    public void AppendFormatted(int value) => AppendFormatted(value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Several arguments at once: a part of a command line kept in a variable.</summary>
    public void AppendFormatted(Command part)
    {
        ArgumentNullException.ThrowIfNull(part);
        Finish();
        _arguments.AddRange(part.Arguments);
    }

    public override string ToString() => string.Join(' ', Arguments.Select(a => a.Contains(' ', StringComparison.Ordinal) ? $"'{a}'" : a));

    private void Finish()
    {
        if (_begun)
        {
            _arguments.Add(_current.ToString());
            _current.Clear();
            _begun = false;
        }
    }
}
