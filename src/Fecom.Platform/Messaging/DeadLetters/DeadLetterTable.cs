using Confluent.Kafka;
using Fecom.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Platform.Messaging;

/// <summary>The SQL of <c>platform.dead_letter</c>.</summary>
internal sealed class DeadLetterTable(NpgsqlDataSource database, TimeProvider time)
{
    private const string Matches = "($1::bigint[] is null or id = any($1)) and ($2::text is null or endpoint = $2) and ($3::text is null or topic = $3)";
    private const string Columns =
        "id, endpoint, topic, partition, message_offset, reason, key, original, failed_at, replay_asked_at, replayed_at, whole_length, whole_sha256";

    /// <summary>Keeps letters. One that is there already stays as it is, unless its message failed again after it was replayed: then it is open again.</summary>
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
    public async Task<IReadOnlyList<KeptLetter>> BrowseAsync(LetterFilter filter, long before, int count, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"select {Columns} from platform.dead_letter where {Matches} and id < $4 order by id desc limit $5"
        );
        Add(command, filter);
        command.Parameters.Add(new() { Value = before });
        command.Parameters.Add(new() { Value = count });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>How many letters each endpoint has left over: kept, and not taken again yet.</summary>
    public async Task<IReadOnlyDictionary<string, long>> OpenAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, long> open = new(StringComparer.Ordinal);
        await using NpgsqlCommand command = database.CreateCommand(
            "select endpoint, count(*) from platform.dead_letter where replayed_at is null group by endpoint"
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            open.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return open;
    }

    /// <summary>Places, at or after where partitions are read from, of messages that an endpoint has given up and whose letters are open.</summary>
    public async Task<IReadOnlyList<TopicPartitionOffset>> FromAsync(
        string cluster,
        string endpoint,
        IReadOnlyList<TopicPartitionOffset> starts,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select letter.topic, letter.partition, letter.message_offset
            from unnest($3, $4, $5) as start (topic, partition, next_offset)
            join platform.dead_letter letter
                on letter.cluster = $1 and letter.endpoint = $2 and letter.topic = start.topic and letter.partition = start.partition
                    and letter.message_offset >= start.next_offset
            where letter.replayed_at is null
            """
        );
        command.Parameters.Add(new() { Value = cluster });
        command.Parameters.Add(new() { Value = endpoint });
        command.Parameters.Add(new() { Value = starts.Select(start => start.Topic).ToArray() });
        command.Parameters.Add(new() { Value = starts.Select(start => start.Partition.Value).ToArray() });
        command.Parameters.Add(new() { Value = starts.Select(start => start.Offset.Value).ToArray() });
        List<TopicPartitionOffset> places = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            places.Add(new TopicPartitionOffset(reader.GetString(0), reader.GetInt32(1), reader.GetInt64(2)));
        }

        return places;
    }

    /// <summary>The first of the letters of these numbers of which only a part is kept; null when all are whole.</summary>
    public async Task<KeptLetter?> FirstCutAsync(long[] ids, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"select {Columns} from platform.dead_letter where id = any($1) and whole_length is not null order by id limit 1"
        );
        command.Parameters.Add(new() { Value = ids });
        return (await ReadAsync(command, cancellationToken)).FirstOrDefault();
    }

    /// <summary>Notes that letters are to be processed again; those that were, are about to be, or are cut, are left out.</summary>
    /// <returns>How many.</returns>
    public async Task<int> AskAsync(LetterFilter filter, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"update platform.dead_letter set replay_asked_at = $4 where {Matches} and replay_asked_at is null and whole_length is null"
        );
        Add(command, filter);
        command.Parameters.Add(new() { Value = time.GetUtcNow().UtcDateTime });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Letters of these endpoints that wait to be sent, with their places in the replay: each keeps its place until it has been taken.</summary>
    public async Task<IReadOnlyList<(long Number, KeptLetter Letter)>> NumberAsync(
        string[] endpoints,
        int count,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand number = database.CreateCommand(
            """
            update platform.dead_letter d set replay_number = n.number
            from (
                select id, nextval('platform.replay_number') as number from (
                    select id from platform.dead_letter
                    where replay_asked_at is not null and replayed_at is null and replay_number is null
                        and endpoint = any($2)
                    order by id limit $1) as waiting) as n
            where d.id = n.id
            """
        );
        number.Parameters.Add(new() { Value = count });
        number.Parameters.Add(new() { Value = endpoints });
        await number.ExecuteNonQueryAsync(cancellationToken);
        await using NpgsqlCommand select = database.CreateCommand(
            $"""
            select {Columns}, replay_number from platform.dead_letter
            where replay_asked_at is not null and replayed_at is null and replay_number is not null
                and endpoint = any($2)
            order by replay_number limit $1
            """
        );
        select.Parameters.Add(new() { Value = count });
        select.Parameters.Add(new() { Value = endpoints });
        List<(long, KeptLetter)> letters = [];
        await using NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            letters.Add((reader.GetInt64(13), Letter(reader)));
        }

        return letters;
    }

    /// <summary>Notes that the endpoints have taken the letters.</summary>
    public async Task CompleteAsync(long[] ids, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand("update platform.dead_letter set replayed_at = $2 where id = any($1)");
        command.Parameters.Add(new() { Value = ids });
        command.Parameters.Add(new() { Value = time.GetUtcNow().UtcDateTime });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void Add(NpgsqlCommand command, LetterFilter filter)
    {
        command.Parameters.Add(new() { Value = (object?)filter.Ids ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = (object?)filter.Endpoint ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)filter.Topic ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
    }

    private static async Task<IReadOnlyList<KeptLetter>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        List<KeptLetter> letters = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            letters.Add(Letter(reader));
        }

        return letters;
    }

    private static KeptLetter Letter(NpgsqlDataReader reader) =>
        new(
            reader.GetInt64(0),
            reader.GetString(1),
            reader.GetString(2),
            reader.GetInt32(3),
            reader.GetInt64(4),
            reader.GetString(5),
            reader.GetFieldValue<byte[]>(6),
            reader.GetFieldValue<byte[]>(7),
            reader.GetDateTime(8),
            reader.IsDBNull(9) ? null : reader.GetDateTime(9),
            reader.IsDBNull(10) ? null : reader.GetDateTime(10),
            reader.IsDBNull(11) ? null : new CutOriginal { Length = reader.GetInt32(11), Sha256 = reader.GetString(12) }
        );

    private static NpgsqlBatchCommand Insert(DeadLetter letter) =>
        new(
            """
            insert into platform.dead_letter (
                cluster, endpoint, topic, partition, message_offset, reason, key, original, failed_at, whole_length, whole_sha256)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            on conflict (cluster, endpoint, topic, partition, message_offset) do update
            set reason = excluded.reason, failed_at = excluded.failed_at, replay_asked_at = null, replay_number = null, replayed_at = null
            where dead_letter.replayed_at < excluded.failed_at
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
}
