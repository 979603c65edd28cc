using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>The SQL for the index's position, and for the invalid events that are to be sent to it.</summary>
internal sealed class IndexTable(NpgsqlDataSource database, TimeProvider time)
{
    private const string Target = "elasticsearch";
    private const int MaxCounted = 100_000;

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    public Task<long> PositionAsync(CancellationToken cancellationToken) =>
        database.FindAsync<long>(
            "select position from validation.index_position where target = @Target",
            new { Target },
            cancellationToken
        );

    /// <summary>The invalid events that follow, as many as fit; at least one if there is one.</summary>
    public Task<IReadOnlyList<InvalidEventToIndex>> NextAsync(
        long after,
        int count,
        int bytes,
        CancellationToken cancellationToken
    ) => ReadAsync("id > @after", after, count, bytes, cancellationToken);

    /// <summary>Invalid events that the index refused and for which a reindex was requested, as many as fit.</summary>
    public Task<IReadOnlyList<InvalidEventToIndex>> NextToReindexAsync(
        int count,
        int bytes,
        CancellationToken cancellationToken
    ) => ReadAsync("index_asked and id > @after", 0, count, bytes, cancellationToken);

    /// <summary>Requests that the invalid events which the index refused are sent again.</summary>
    /// <returns>How many.</returns>
    public Task<int> RequestReindexAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update validation.invalid_event set index_asked = true where index_error is not null and not index_asked",
            null,
            cancellationToken
        );

    /// <summary>Stores the outcome of invalid events that were sent again.</summary>
    public Task ReindexedAsync(
        IReadOnlyList<InvalidEventToIndex> invalidEvents,
        IReadOnlyDictionary<long, string> lost,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            update validation.invalid_event e set index_asked = false, index_error = l.reason
            from unnest(@ids, @reasons::text[]) as l (id, reason) where e.id = l.id
            """,
            new
            {
                ids = invalidEvents.Select(invalidEvent => invalidEvent.Id).ToArray(),
                reasons = invalidEvents.Select(invalidEvent => lost.GetValueOrDefault(invalidEvent.Id)).ToArray(),
            },
            cancellationToken
        );

    private Task<IReadOnlyList<InvalidEventToIndex>> ReadAsync(
        string which,
        long after,
        int count,
        int bytes,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<InvalidEventToIndex>(
            $"""
            select id, event_id as EventId, source, position, received_at as ReceivedAt, rejected_at as RejectedAt, rules, errors::text as errors, original
            from (
                select *, sum(octet_length(original)) over (order by id) - octet_length(original) as before
                from (select * from validation.invalid_event where {which} order by id limit @count) as next
            ) as invalid
            where before < @bytes
            order by id
            """,
            new
            {
                after,
                count,
                bytes,
            },
            cancellationToken
        );

    /// <summary>Stores that the index has the invalid events up to this one, except those that it will never take.</summary>
    public Task AdvanceAsync(
        long position,
        IReadOnlyDictionary<long, string> lost,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            update validation.invalid_event e set index_error = l.reason from unnest(@ids, @reasons) as l (id, reason) where e.id = l.id;
            insert into validation.index_position (target, position, error, changed_at) values (@Target, @position, null, @Now)
            on conflict (target) do update set position = excluded.position, error = null, changed_at = excluded.changed_at
            """,
            new
            {
                ids = lost.Keys.ToArray(),
                reasons = lost.Values.ToArray(),
                Target,
                position,
                Now,
            },
            cancellationToken
        );

    /// <summary>Stores why the index waits, for every host to show.</summary>
    public Task ReportAsync(string error, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            insert into validation.index_position (target, position, error, changed_at) values (@Target, 0, @error, @Now)
            on conflict (target) do update set error = excluded.error, changed_at = excluded.changed_at
            """,
            new
            {
                Target,
                error,
                Now,
            },
            cancellationToken
        );

    /// <summary>Why the index waits, if it does; how many invalid events it does not have yet, and how many it refused; at most <c>100,000</c> are counted.</summary>
    public Task<(string? Error, long Behind, long Refused)> StateAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<(string? Error, long Behind, long Refused)>(
            """
            select error, (
                select count(*) from (
                    select 1 from validation.invalid_event where id > coalesce(index_position.position, 0) limit @MaxCounted) as behind), (
                select count(*) from (select 1 from validation.invalid_event where index_error is not null limit @MaxCounted) as refused)
            from (select @Target::text as name) as wanted left join validation.index_position on target = wanted.name
            """,
            new { Target, MaxCounted },
            cancellationToken
        );
}
