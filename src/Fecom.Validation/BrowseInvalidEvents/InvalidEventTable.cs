using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Validation.BrowseInvalidEvents;

/// <summary>Reads the invalid events.</summary>
internal sealed class InvalidEventTable(NpgsqlDataSource database)
{
    private const int ExcerptBytes = 500;

    /// <summary>Timeout, in seconds: a text search reads one original after the other, and must not occupy the database for long.</summary>
    public const int TimeoutSeconds = 5;

    /// <summary>The newest invalid events below a number.</summary>
    /// <exception cref="TimeoutException">The search took longer than <see cref="TimeoutSeconds"/>.</exception>
    public async Task<IReadOnlyList<InvalidEventSummary>> BrowseAsync(
        InvalidEventFilter filter,
        long before,
        int count,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await ReadAsync(filter, before, count, cancellationToken);
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException && filter.Search is not null)
        {
            throw new TimeoutException($"The search found too little within {TimeoutSeconds} s.", e);
        }
    }

    private async Task<IReadOnlyList<InvalidEventSummary>> ReadAsync(
        InvalidEventFilter filter,
        long before,
        int count,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<SummaryRow> invalidEvents = await database.QueryAsync<SummaryRow>(
            $"""
            select id, event_id as EventId, source, position, received_at as ReceivedAt, rejected_at as RejectedAt, {InvalidEventStates.Sql} as state,
                errors::text as errors, substring(original from 1 for {ExcerptBytes}) as excerpt
            from validation.invalid_event
            where id < @before and (@Rule::text is null or rules @> array[@Rule]) and (@Source::text is null or source = @Source)
                and (@field::jsonb is null or errors @> @field::jsonb)
                and (@From::timestamptz is null or rejected_at >= @From) and (@To::timestamptz is null or rejected_at < @To)
                and (@State::text is null or @State = {InvalidEventStates.Sql})
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
            TimeSpan.FromSeconds(TimeoutSeconds)
        );
        return
        [
            .. invalidEvents.Select(invalidEvent => new InvalidEventSummary(
                invalidEvent.Id,
                invalidEvent.EventId,
                invalidEvent.Source,
                invalidEvent.Position,
                invalidEvent.ReceivedAt,
                invalidEvent.RejectedAt,
                invalidEvent.State,
                Errors(invalidEvent.Errors),
                EventBytes.Excerpt(invalidEvent.Excerpt)
            )),
        ];
    }

    /// <summary>The newest invalid event's number; null when there is none.</summary>
    public Task<long?> FindNewestAsync(CancellationToken cancellationToken) =>
        database.FindAsync<long?>("select max(id) from validation.invalid_event", null, cancellationToken);

    /// <summary>The first of these numbers that no invalid event has; null when each has its own.</summary>
    public Task<long?> FirstMissingAsync(long[] ids, CancellationToken cancellationToken) =>
        database.FindAsync<long?>(
            """
            select id from unnest(@ids) as asked (id)
            where not exists (select from validation.invalid_event e where e.id = asked.id) order by id limit 1
            """,
            new { ids },
            cancellationToken
        );

    public async Task<InvalidEventDetail?> FindAsync(long id, CancellationToken cancellationToken)
    {
        DetailRow? invalidEvent = await database.FindAsync<DetailRow>(
            $"""
            select id, event_id as EventId, source, position, received_at as ReceivedAt, rejected_at as RejectedAt, {InvalidEventStates.Sql} as state,
                errors::text as errors, original, mended, resend_asked_at as ResendAskedAt, resent_at as ResentAt, returned_as as ReturnedAs,
                resend_of as ResendOf, index_error as IndexError, whole_length as WholeLength, whole_sha256 as WholeSha256
            from validation.invalid_event where id = @id
            """,
            new { id },
            cancellationToken
        );
        return invalidEvent is null
            ? null
            : new InvalidEventDetail(
                invalidEvent.Id,
                invalidEvent.EventId,
                invalidEvent.Source,
                invalidEvent.Position,
                invalidEvent.ReceivedAt,
                invalidEvent.RejectedAt,
                invalidEvent.State,
                Errors(invalidEvent.Errors),
                EventBytes.Of(invalidEvent.Original),
                invalidEvent.Mended is null ? null : EventBytes.Of(invalidEvent.Mended),
                invalidEvent.ResendAskedAt,
                invalidEvent.ResentAt,
                invalidEvent.ReturnedAs,
                invalidEvent.ResendOf,
                invalidEvent.IndexError,
                invalidEvent.WholeLength is { } length
                    ? new CutOriginal { Length = length, Sha256 = invalidEvent.WholeSha256! }
                    : null
            );
    }

    private static IReadOnlyList<EventError> Errors(string json) =>
        JsonSerializer.Deserialize<List<EventError>>(json, TopicJson.Options)!;

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
        DateTime? ResendAskedAt,
        DateTime? ResentAt,
        long? ReturnedAs,
        long? ResendOf,
        string? IndexError,
        int? WholeLength,
        string? WholeSha256
    );
}
