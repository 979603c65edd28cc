namespace Fecom.Validation.BrowseLetters;

/// <summary>Which letters are shown; what is said must all hold, and null leaves it open.</summary>
/// <param name="Rule">A check that failed.</param>
/// <param name="Source">Where they came from.</param>
/// <param name="Field">A field with an error, by its wire name, or <c>$</c>.</param>
/// <param name="From">Refused at this time or later, UTC.</param>
/// <param name="To">Refused before this time, UTC.</param>
/// <param name="State">A name of <see cref="LetterStates"/>.</param>
/// <param name="Search">Text that stands in the original, letter by letter.</param>
internal sealed record LetterFilter(string? Rule, string? Source, string? Field, DateTime? From, DateTime? To, string? State, string? Search);

/// <summary>What has become of a letter since.</summary>
internal static class LetterStates
{
    /// <summary>Nothing.</summary>
    public const string Kept = "kept";

    /// <summary>Asked to be sent again, and not through the pipeline yet.</summary>
    public const string Replaying = "replaying";

    /// <summary>Sent again, and valid now.</summary>
    public const string Replayed = "replayed";

    /// <summary>Sent again, and come back as another letter.</summary>
    public const string Returned = "returned";

    public static IReadOnlyList<string> All { get; } = [Kept, Replaying, Replayed, Returned];

    /// <summary>A letter's state as SQL.</summary>
    public const string Sql = """
        case when replay_asked_at is null then 'kept' when returned_as is not null then 'returned'
            when replayed_at is null then 'replaying' else 'replayed' end
        """;
}
