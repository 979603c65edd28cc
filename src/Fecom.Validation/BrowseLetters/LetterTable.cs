using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Validation.BrowseLetters;

/// <summary>Reads the letters.</summary>
internal sealed class LetterTable(NpgsqlDataSource database)
{
    private const int ExcerptBytes = 500;

    /// <summary>A search looks into letter after letter; one that finds too little must not hold the database.</summary>
    public const int PatienceSeconds = 5;

    /// <summary>The newest letters below a number.</summary>
    /// <exception cref="NpgsqlException">With a <see cref="TimeoutException"/>: it took longer than <see cref="PatienceSeconds"/>.</exception>
    public async Task<IReadOnlyList<InvalidEventSummary>> BrowseAsync(LetterFilter filter, long before, int count, CancellationToken cancellationToken)
    {
        IReadOnlyList<SummaryRow> letters = await database.QueryAsync<SummaryRow>(
            $"""
            select id, event_id as EventId, source, position, received_at as ReceivedAt, rejected_at as RejectedAt, {LetterStates.Sql} as state,
                errors::text as errors, substring(original from 1 for {ExcerptBytes}) as excerpt
            from validation.invalid_event
            where id < @before and (@Rule::text is null or rules @> array[@Rule]) and (@Source::text is null or source = @Source)
                and (@field::jsonb is null or errors @> @field::jsonb)
                and (@From::timestamptz is null or rejected_at >= @From) and (@To::timestamptz is null or rejected_at < @To)
                and (@State::text is null or @State = {LetterStates.Sql})
                and (@search::bytea is null or position(@search in original) > 0)
            order by id desc limit @count
            """,
            new
            {
                before,
                count,
                filter.Rule,
                filter.Source,
                field = filter.Field is null ? null : JsonSerializer.Serialize(new[] { new { field = filter.Field } }),
                filter.From,
                filter.To,
                filter.State,
                search = filter.Search is null ? null : Encoding.UTF8.GetBytes(filter.Search),
            },
            cancellationToken,
            TimeSpan.FromSeconds(PatienceSeconds)
        );
        return
        [
            .. letters.Select(letter => new InvalidEventSummary(
                letter.Id,
                letter.EventId,
                letter.Source,
                letter.Position,
                letter.ReceivedAt,
                letter.RejectedAt,
                letter.State,
                Errors(letter.Errors),
                EventBytes.Excerpt(letter.Excerpt)
            )),
        ];
    }

    public async Task<InvalidEventDetail?> FindAsync(long id, CancellationToken cancellationToken)
    {
        DetailRow? letter = await database.FindAsync<DetailRow>(
            $"""
            select id, event_id as EventId, source, position, received_at as ReceivedAt, rejected_at as RejectedAt, {LetterStates.Sql} as state,
                errors::text as errors, original, mended, replay_asked_at as ReplayAskedAt, replayed_at as ReplayedAt, returned_as as ReturnedAs,
                replay_of as ReplayOf, index_error as IndexError, whole_length as WholeLength, whole_sha256 as WholeSha256
            from validation.invalid_event where id = @id
            """,
            new { id },
            cancellationToken
        );
        return letter is null
            ? null
            : new InvalidEventDetail(
                letter.Id,
                letter.EventId,
                letter.Source,
                letter.Position,
                letter.ReceivedAt,
                letter.RejectedAt,
                letter.State,
                Errors(letter.Errors),
                EventBytes.Of(letter.Original),
                letter.Mended is null ? null : EventBytes.Of(letter.Mended),
                letter.ReplayAskedAt,
                letter.ReplayedAt,
                letter.ReturnedAs,
                letter.ReplayOf,
                letter.IndexError,
                letter.WholeLength is { } length ? new CutOriginal { Length = length, Sha256 = letter.WholeSha256! } : null
            );
    }

    private static IReadOnlyList<EventError> Errors(string json) => JsonSerializer.Deserialize<List<EventError>>(json, TopicJson.Options)!;

    private sealed record SummaryRow(
        long Id,
        Guid EventId,
        string Source,
        long Position,
        DateTime ReceivedAt,
        DateTime RejectedAt,
        string State,
        string Errors,
        byte[] Excerpt
    );

    private sealed record DetailRow(
        long Id,
        Guid EventId,
        string Source,
        long Position,
        DateTime ReceivedAt,
        DateTime RejectedAt,
        string State,
        string Errors,
        byte[] Original,
        byte[]? Mended,
        DateTime? ReplayAskedAt,
        DateTime? ReplayedAt,
        long? ReturnedAs,
        long? ReplayOf,
        string? IndexError,
        int? WholeLength,
        string? WholeSha256
    );
}
