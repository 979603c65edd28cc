using Npgsql;
using NpgsqlTypes;

namespace Fecom.Validation.ReplayLetters;

/// <summary>Which letters are meant; what is said must all hold.</summary>
/// <param name="Ids">Their numbers; null for any.</param>
/// <param name="Rule">A check that failed; null for any.</param>
/// <param name="Source">Where they came from; null for any.</param>
/// <param name="From">Refused at this time or later, UTC; null for any.</param>
/// <param name="To">Refused before this time, UTC; null for any.</param>
internal sealed record ReplaySelection(long[]? Ids, string? Rule, string? Source, DateTime? From, DateTime? To);

/// <summary>Notes which letters are to be sent again. A letter goes once: one that was asked for before is left out.</summary>
internal sealed class ReplayRequests(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Most letters of one request.</summary>
    public const int MostLetters = 50_000;

    /// <summary>The lock is taken first, so that numbers are given in the order of the commits.</summary>
    private static string Lock => $"select pg_advisory_xact_lock({LockKeys.AskReplay})";

    /// <returns>How many go now; when <see cref="MostLetters"/>, there may be more.</returns>
    public async Task<int> AskAsync(ReplaySelection selection, CancellationToken cancellationToken)
    {
        NpgsqlBatchCommand ask = new(
            """
            update validation.invalid_event letter set replay_asked_at = $6, replay_number = numbered.number
            from (
                select id, nextval('validation.replay_number') as number from (
                    select id from validation.invalid_event
                    where replay_asked_at is null and whole_length is null
                        and ($1::bigint[] is null or id = any($1)) and ($2::text is null or rules @> array[$2])
                        and ($3::text is null or source = $3)
                        and ($4::timestamptz is null or rejected_at >= $4) and ($5::timestamptz is null or rejected_at < $5)
                    order by id limit $7) as chosen) as numbered
            where letter.id = numbered.id
            """
        )
        {
            Parameters =
            {
                new() { Value = (object?)selection.Ids ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
                new() { Value = (object?)selection.Rule ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (object?)selection.Source ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (object?)selection.From ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = (object?)selection.To ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = time.GetUtcNow().UtcDateTime },
                new() { Value = MostLetters },
            },
        };
        return await AskAsync(ask, cancellationToken);
    }

    /// <summary>The first of the letters of these numbers of which only a part is kept, with its whole length; null when all are whole.</summary>
    public async Task<(long Id, int Length)?> FirstCutAsync(long[] ids, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            "select id, whole_length from validation.invalid_event where id = any($1) and whole_length is not null order by id limit 1"
        );
        command.Parameters.Add(new() { Value = ids });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt64(0), reader.GetInt32(1)) : null;
    }

    /// <summary>Has an event go in the place of a letter.</summary>
    /// <returns>False when there is no such letter, or it was sent again before.</returns>
    public async Task<bool> AskAsync(long id, byte[] mended, CancellationToken cancellationToken)
    {
        NpgsqlBatchCommand ask = new(
            """
            update validation.invalid_event
            set mended = $2, replay_asked_at = $3, replay_number = nextval('validation.replay_number')
            where id = $1 and replay_asked_at is null
            """
        )
        {
            Parameters = { new() { Value = id }, new() { Value = mended }, new() { Value = time.GetUtcNow().UtcDateTime } },
        };
        return await AskAsync(ask, cancellationToken) == 1;
    }

    /// <summary>Without a transaction around it, the batch is one.</summary>
    private async Task<int> AskAsync(NpgsqlBatchCommand ask, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(new(Lock));
        batch.BatchCommands.Add(ask);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return ask.RecordsAffected;
    }
}
