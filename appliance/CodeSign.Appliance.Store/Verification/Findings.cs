namespace CodeSign.Appliance.Store.Verification;

/// <summary>Where what is wrong goes: opening stops at the first thing, a check collects all.</summary>
internal sealed class Findings(bool stopAtFirst)
{
    /// <summary>More than this are not worth reading.</summary>
    private const int FindingsMax = 100;

    private readonly List<string> _sentences = [];

    public IReadOnlyList<string> Sentences => _sentences;

    /// <exception cref="TamperedException">When it is to stop.</exception>
    public void Add(string sentence)
    {
        if (stopAtFirst)
        {
            throw new TamperedException(
                $"The database was changed by something other than the appliance: {sentence} Restore a backup, and find out who did it.");
        }

        if (_sentences.Count < FindingsMax)
        {
            _sentences.Add(sentence);
        }
    }
}
