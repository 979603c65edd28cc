using System.ComponentModel.DataAnnotations;
using Fecom.Contracts;

namespace Fecom.Validation.BrowseInvalidEvents;

/// <summary>Invalid events.</summary>
/// <param name="InvalidEvents">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record InvalidEventList(IReadOnlyList<InvalidEventSummary> InvalidEvents, string? Next);

/// <summary>An invalid event, in short.</summary>
/// <param name="Id">Its number.</param>
/// <param name="EventId">Identifies the event, the same each time it is sent.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="Position">Place in the source, such as a file's line.</param>
/// <param name="ReceivedAt">When Fecom first received it, UTC.</param>
/// <param name="RejectedAt">When validation refused it, UTC.</param>
/// <param name="State"><c>kept</c>, <c>resending</c>, <c>resent</c> (valid now) or <c>returned</c> (still invalid, see <c>returned_as</c>).</param>
/// <param name="Errors">Every check that failed.</param>
/// <param name="Excerpt">The beginning of the original as text.</param>
internal sealed record InvalidEventSummary(
    long Id,
    Guid EventId,
    string Source,
    long Position,
    DateTime ReceivedAt,
    DateTime RejectedAt,
    [property: AllowedValues(
        InvalidEventStates.Kept,
        InvalidEventStates.Resending,
        InvalidEventStates.Resent,
        InvalidEventStates.Returned
    )]
        string State,
    IReadOnlyList<EventError> Errors,
    string Excerpt
);

/// <summary>An invalid event with all that is known of it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="EventId">What names it wherever it is sent again.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="Position">Place in the source, such as a file's line.</param>
/// <param name="ReceivedAt">When Fecom first took it in, UTC.</param>
/// <param name="RejectedAt">When validation refused it, UTC.</param>
/// <param name="State"><c>kept</c>, <c>resending</c>, <c>resent</c> (valid now) or <c>returned</c> (still invalid).</param>
/// <param name="Errors">Every check that failed.</param>
/// <param name="Original">The event as it came.</param>
/// <param name="Mended">The corrected event that was sent instead; null when it was not corrected.</param>
/// <param name="ResendAskedAt">When somebody asked for it to be sent again, UTC.</param>
/// <param name="ResentAt">When every store had what became of it, UTC.</param>
/// <param name="ReturnedAs">The invalid event as which it came back, still invalid.</param>
/// <param name="ResendOf">The invalid event that it was before it was sent again.</param>
/// <param name="IndexError">Why Elasticsearch will not take it; null otherwise.</param>
/// <param name="Cut">Length and SHA-256 of the whole event, when only its first bytes are kept; it can be corrected, but not resent unchanged.</param>
internal sealed record InvalidEventDetail(
    long Id,
    Guid EventId,
    string Source,
    long Position,
    DateTime ReceivedAt,
    DateTime RejectedAt,
    [property: AllowedValues(
        InvalidEventStates.Kept,
        InvalidEventStates.Resending,
        InvalidEventStates.Resent,
        InvalidEventStates.Returned
    )]
        string State,
    IReadOnlyList<EventError> Errors,
    EventBytes Original,
    EventBytes? Mended,
    DateTime? ResendAskedAt,
    DateTime? ResentAt,
    long? ReturnedAs,
    long? ResendOf,
    string? IndexError,
    CutOriginal? Cut
);

/// <summary>Counts of invalid events.</summary>
/// <param name="By"><c>rule</c>, <c>source</c> or <c>hour</c>.</param>
/// <param name="Total">Events, each once.</param>
/// <param name="Counts">The most frequent first; hours in their order.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record InvalidEventCounts(
    [property: AllowedValues("rule", "source", "hour")] string By,
    long Total,
    IReadOnlyList<InvalidEventCount> Counts,
    string? Next
);

/// <summary>One count.</summary>
/// <param name="Key">The rule, the source or the hour's start (RFC 3339).</param>
/// <param name="Events">How many.</param>
internal sealed record InvalidEventCount(string Key, long Events);
