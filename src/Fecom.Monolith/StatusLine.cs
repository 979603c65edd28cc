namespace Fecom.Monolith;

/// <summary>One line of progress: rewritten on a terminal; elsewhere printed when it differs and ten seconds have passed.</summary>
internal sealed class StatusLine(TextWriter output, TimeProvider time, int? columns)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private string _shown = "";
    private long? _shownAt;

    /// <summary>On the standard output.</summary>
    public static StatusLine OfConsole() =>
        new(Console.Out, TimeProvider.System, Console.IsOutputRedirected ? null : Math.Max(20, Console.WindowWidth));

    /// <summary>Shows it in place of the line before.</summary>
    public void Show(string text)
    {
        if (columns is { } width)
        {
            output.Write($"\r\e[K{text[..Math.Min(text.Length, width - 1)]}");
        }
        else if (text != _shown && (_shownAt is not { } at || time.GetElapsedTime(at) >= Interval))
        {
            output.WriteLine(text);
            (_shown, _shownAt) = (text, time.GetTimestamp());
        }
    }

    /// <summary>Removes the line and prints final ones.</summary>
    public void End(params IReadOnlyList<string> lines)
    {
        if (columns is not null)
        {
            output.Write("\r\e[K");
        }

        foreach (string text in lines)
        {
            output.WriteLine(text);
        }
    }
}
