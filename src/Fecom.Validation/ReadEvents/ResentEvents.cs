using Fecom.Contracts;

namespace Fecom.Validation.ReadEvents;

/// <summary>How invalid events that are sent again are called as sources.</summary>
internal static class ResentEvents
{
    /// <summary>The origin of invalid events that are sent again: their numbers ascend, so a sink knows one that comes twice.</summary>
    public const string Source = "resend:invalid-events";

    /// <summary>The origin of those that are changes. They go through another topic, and beside the others their numbers would not ascend.</summary>
    public const string ChangeSource = "resend:invalid-events/changes";

    public static readonly string[] Sources = [Source, ChangeSource];

    /// <summary>Whether a source's events came as changes of a captured table: they are read as such again.</summary>
    public static bool IsOfChanges(string source) =>
        source == ChangeSource
        || source.StartsWith("postgres:", StringComparison.Ordinal)
        || (
            source.StartsWith("kafka:", StringComparison.Ordinal)
            && source.Contains($"/{Topics.PostgresEvents}/", StringComparison.Ordinal)
        );
}
