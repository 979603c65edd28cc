namespace Fecom.Platform.Messaging;

/// <summary>
/// Names a source together with the raw partition that its messages came through (a lane). Raw partitions are read independently: with another number
/// of partitions in the next topic, several of them mix in one, and a source's positions ascend only within each lane.
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
            // A host reads few sources at a time, but many over the years: the cache is bounded.
            if (names.Count >= 1_000)
            {
                names.Clear();
            }

            names.Add((source, lane), name = $"{source}{Mark}{lane}");
        }

        return name;
    }

    /// <summary>The source in a lane's name; null when it is no lane's name.</summary>
    internal static string? SourceOf(string name) =>
        name.LastIndexOf(Mark, StringComparison.Ordinal) is > 0 and var at ? name[..at] : null;
}
