namespace Fecom.Validation.BrowseInvalidEvents;

/// <summary>Which invalid events are shown: all given conditions must hold; null is no condition.</summary>
/// <param name="Rule">A check that failed.</param>
/// <param name="Source">Where they came from.</param>
/// <param name="Field">A field with an error, by its wire name, or <c>$</c>.</param>
/// <param name="From">Refused at this time or later, UTC.</param>
/// <param name="To">Refused before this time, UTC.</param>
/// <param name="State">A name of <see cref="InvalidEventStates"/>.</param>
/// <param name="Search">Text that the original contains, byte by byte.</param>
internal sealed record InvalidEventFilter(
    string? Rule,
    string? Source,
    string? Field,
    DateTime? From,
    DateTime? To,
    string? State,
    string? Search
);

/// <summary>The states of an invalid event.</summary>
internal static class InvalidEventStates
{
    /// <summary>Kept, and not resent.</summary>
    public const string Kept = "kept";

    /// <summary>A resend was requested, and has not reached every sink yet.</summary>
    public const string Resending = "resending";

    /// <summary>Resent, and valid now.</summary>
    public const string Resent = "resent";

    /// <summary>Resent, and returned as another invalid event.</summary>
    public const string Returned = "returned";

    public static IReadOnlyList<string> All { get; } = [Kept, Resending, Resent, Returned];

    /// <summary>An invalid event's state as SQL.</summary>
    public const string Sql = """
        case when resend_asked_at is null then 'kept' when returned_as is not null then 'returned'
            when resent_at is null then 'resending' else 'resent' end
        """;
}
