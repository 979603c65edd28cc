namespace Fecom.Platform.Messaging;

/// <summary>
/// Names a source by the raw partition that its messages came through. Each raw partition is read on its own: with another number
/// of partitions behind it, several of them meet in one, and only within each of them do a source's positions ascend.
/// </summary>
public static class SourceLane
{
    private const string Mark = "/lane=";

    [ThreadStatic]
    private static Dictionary<(string Source, int Lane), string>? _names;

    /// <summary>The name of a source's lane.</summary>
    public static string Name(string source, int lane)
    {
        Dictionary<(string, int), string> names = _names ??= [];
        if (!names.TryGetValue((source, lane), out string? name))
        {
            // A host meets few sources at a time, and over the years many.
            if (names.Count >= 1_000)
            {
                names.Clear();
            }

            names.Add((source, lane), name = $"{source}{Mark}{lane}");
        }

        return name;
    }

    /// <summary>The source that a name of a lane speaks of; null when it is the name of a source.</summary>
    internal static string? SourceOf(string name) =>
        name.LastIndexOf(Mark, StringComparison.Ordinal) is > 0 and var at ? name[..at] : null;
}
