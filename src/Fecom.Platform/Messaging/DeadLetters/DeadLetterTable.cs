using Confluent.Kafka;
using Fecom.Contracts;
using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Platform.Messaging;

/// <summary>The SQL of <c>platform.dead_letter</c>.</summary>
internal sealed class DeadLetterTable(NpgsqlDataSource database, TimeProvider time)
{
    private const string Matches =
        "(@Ids::bigint[] is null or id = any(@Ids)) and (@Endpoint::text is null or endpoint = @Endpoint) and (@Topic::text is null or topic = @Topic)";

    private const string Columns = """
        id, endpoint, topic, partition, message_offset as "Offset", reason, key, original, failed_at as FailedAt, resend_asked_at as ResendAskedAt,
        resent_at as ResentAt, whole_length as WholeLength, whole_sha256 as WholeSha256, resend_number as ResendNumber
        """;

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>Keeps letters. One that is there already stays as it is, unless its message failed again after it was resent: then it is open again.</summary>
    /// <remarks>Called for each batch of them: one round trip, whole or not at all.</remarks>
    public async Task KeepAsync(IEnumerable<DeadLetter> letters, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = database.CreateBatch();
        foreach (DeadLetter letter in letters)
        {
            batch.BatchCommands.Add(Insert(letter));
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The newest letters below a number.</summary>
    public async Task<IReadOnlyList<KeptDeadLetter>> BrowseAsync(
        DeadLetterFilter filter,
        long before,
        int count,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<DeadLetterRow> letters = await database.QueryAsync<DeadLetterRow>(
            $"select {Columns} from platform.dead_letter where {Matches} and id < @before order by id desc limit @count",
            new
            {
                filter.Ids,
                filter.Endpoint,
                filter.Topic,
                before,
                count,
            },
            cancellationToken
        );
        return [.. letters.Select(row => row.Letter)];
    }

    /// <summary>Whether there is a letter of the kind.</summary>
    public async Task<bool> AnyAsync(DeadLetterFilter filter, CancellationToken cancellationToken) =>
        (await BrowseAsync(filter, long.MaxValue, 1, cancellationToken)).Count > 0;

    /// <summary>The first of these numbers that no letter has; null when each has its letter.</summary>
    public Task<long?> FirstMissingAsync(long[] ids, CancellationToken cancellationToken) =>
        database.FindAsync<long?>(
            """
            select id from unnest(@ids) as asked (id)
            where not exists (select from platform.dead_letter letter where letter.id = asked.id) order by id limit 1
            """,
            new { ids },
            cancellationToken
        );

    /// <summary>How many open letters each endpoint has: kept, and not yet processed after a resend.</summary>
    public async Task<IReadOnlyDictionary<string, long>> OpenAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<(string Endpoint, long Letters)> open = await database.QueryAsync<(string, long)>(
            "select endpoint, count(*) from platform.dead_letter where resent_at is null group by endpoint",
            null,
            cancellationToken
        );
        return open.ToDictionary(row => row.Endpoint, row => row.Letters, StringComparer.Ordinal);
    }

    /// <summary>The offsets, at or after those that partitions are read from, of messages that have become dead letters and are still open.</summary>
    public async Task<IReadOnlyList<TopicPartitionOffset>> FromAsync(
        string cluster,
        string endpoint,
        IReadOnlyList<TopicPartitionOffset> starts,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<(string Topic, int Partition, long Offset)> places = await database.QueryAsync<(
            string,
            int,
            long
        )>(
            """
            select letter.topic, letter.partition, letter.message_offset
            from unnest(@topics, @partitions, @offsets) as start (topic, partition, next_offset)
            join platform.dead_letter letter
                on letter.cluster = @cluster and letter.endpoint = @endpoint and letter.topic = start.topic and letter.partition = start.partition
                    and letter.message_offset >= start.next_offset
            where letter.resent_at is null
            """,
            new
            {
                cluster,
                endpoint,
                topics = starts.Select(start => start.Topic).ToArray(),
                partitions = starts.Select(start => start.Partition.Value).ToArray(),
                offsets = starts.Select(start => start.Offset.Value).ToArray(),
            },
            cancellationToken
        );
        return [.. places.Select(place => new TopicPartitionOffset(place.Topic, place.Partition, place.Offset))];
    }

    /// <summary>The first of these letters whose original was truncated; null when all are whole.</summary>
    public async Task<KeptDeadLetter?> FirstCutAsync(long[] ids, CancellationToken cancellationToken)
    {
        DeadLetterRow? letter = await database.FindAsync<DeadLetterRow>(
            $"select {Columns} from platform.dead_letter where id = any(@ids) and whole_length is not null order by id limit 1",
            new { ids },
            cancellationToken
        );
        return letter?.Letter;
    }

    /// <summary>Notes that letters are to be processed again; those that were, are about to be, or are cut, are left out.</summary>
    /// <returns>How many.</returns>
    public Task<int> AskAsync(DeadLetterFilter filter, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            $"update platform.dead_letter set resend_asked_at = @now where {Matches} and resend_asked_at is null and whole_length is null{Notices.Sql(ResendDeadLetters.Asked)}",
            new
            {
                filter.Ids,
                filter.Endpoint,
                filter.Topic,
                now = Now,
            },
            cancellationToken
        );

    /// <summary>Letters of these endpoints that wait to be resent, each with its resend number, which it keeps until the endpoint has processed it.</summary>
    public async Task<IReadOnlyList<(long Number, KeptDeadLetter Letter)>> NumberAsync(
        string[] endpoints,
        int count,
        CancellationToken cancellationToken
    )
    {
        await database.ExecuteAsync(
            """
            update platform.dead_letter d set resend_number = n.number
            from (
                select id, nextval('platform.resend_number') as number from (
                    select id from platform.dead_letter
                    where resend_asked_at is not null and resent_at is null and resend_number is null
                        and endpoint = any(@endpoints)
                    order by id limit @count) as waiting) as n
            where d.id = n.id
            """,
            new { endpoints, count },
            cancellationToken
        );
        IReadOnlyList<DeadLetterRow> letters = await database.QueryAsync<DeadLetterRow>(
            $"""
            select {Columns} from platform.dead_letter
            where resend_asked_at is not null and resent_at is null and resend_number is not null
                and endpoint = any(@endpoints)
            order by resend_number limit @count
            """,
            new { endpoints, count },
            cancellationToken
        );
        return [.. letters.Select(row => (row.ResendNumber!.Value, row.Letter))];
    }

    /// <summary>Notes that the endpoints have taken the letters.</summary>
    public Task CompleteAsync(long[] ids, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update platform.dead_letter set resent_at = @now where id = any(@ids)",
            new { ids, now = Now },
            cancellationToken
        );

    private static NpgsqlBatchCommand Insert(DeadLetter letter) =>
        new(
            """
            insert into platform.dead_letter (
                cluster, endpoint, topic, partition, message_offset, reason, key, original, failed_at, whole_length, whole_sha256)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            on conflict (cluster, endpoint, topic, partition, message_offset) do update
            set reason = excluded.reason, failed_at = excluded.failed_at, resend_asked_at = null, resend_number = null, resent_at = null
            where dead_letter.resent_at < excluded.failed_at
            """
        )
        {
            Parameters =
            {
                new() { Value = letter.Cluster },
                new() { Value = letter.Endpoint },
                new() { Value = letter.Topic },
                new() { Value = letter.Partition },
                new() { Value = letter.Offset },
                new() { Value = letter.Reason },
                new() { Value = letter.Key },
                new() { Value = letter.Original },
                new() { Value = letter.FailedAt },
                new() { Value = (object?)letter.Cut?.Length ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
                new() { Value = (object?)letter.Cut?.Sha256 ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };

    /// <summary>Withdraws the request to resend letters: they cannot be sent now.</summary>
    public Task<int> KeepBackAsync(long[] ids, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update platform.dead_letter set resend_asked_at = null, resend_number = null where id = any(@ids)",
            new { ids },
            cancellationToken
        );

    private sealed record DeadLetterRow(
        long Id,
        string Endpoint,
        string Topic,
        int Partition,
        long Offset,
        string Reason,
        byte[] Key,
        byte[] Original,
        DateTime FailedAt,
        DateTime? ResendAskedAt,
        DateTime? ResentAt,
        int? WholeLength,
        string? WholeSha256,
        long? ResendNumber
    )
    {
        public KeptDeadLetter Letter =>
            new(
                Id,
                Endpoint,
                Topic,
                Partition,
                Offset,
                Reason,
                Key,
                Original,
                FailedAt,
                ResendAskedAt,
                ResentAt,
                WholeLength is { } length ? new CutOriginal { Length = length, Sha256 = WholeSha256! } : null
            );
    }
}
