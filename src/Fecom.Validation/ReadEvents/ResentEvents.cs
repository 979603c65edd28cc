using Fecom.Contracts;

namespace Fecom.Validation.ReadEvents;

/// <summary>The names of the sources of resent invalid events.</summary>
internal static class ResentEvents
{
    /// <summary>Source of resent invalid events: their resend numbers ascend, so a sink recognises one that comes twice.</summary>
    public const string Source = "resend:invalid-events";

    /// <summary>Source of those that are changes. They go through another topic, so together with the others their numbers would not ascend.</summary>
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
