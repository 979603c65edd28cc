using Npgsql;
using NpgsqlTypes;

namespace Fecom.Validation.IndexLetters;

/// <summary>How far the index has come, and what comes next.</summary>
internal sealed class IndexTable(NpgsqlDataSource database, TimeProvider time)
{
    private const string Target = "elasticsearch";
    private const int MostCounted = 100_000;

    public async Task<long> PositionAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand("select position from validation.index_position where target = $1");
        command.Parameters.Add(new() { Value = Target });
        return await command.ExecuteScalarAsync(cancellationToken) is long position ? position : 0;
    }

    /// <summary>The letters that follow, as many as fit; at least one if there is one.</summary>
    public Task<IReadOnlyList<LetterToIndex>> NextAsync(long after, int count, int bytes, CancellationToken cancellationToken) =>
        ReadAsync("id > $1", after, count, bytes, cancellationToken);

    /// <summary>Letters that the index refused and that somebody wants to be sent again, as many as fit.</summary>
    public Task<IReadOnlyList<LetterToIndex>> AgainAsync(int count, int bytes, CancellationToken cancellationToken) =>
        ReadAsync("index_asked and id > $1", 0, count, bytes, cancellationToken);

    /// <summary>Has the letters that the index refused sent again.</summary>
    /// <returns>How many.</returns>
    public async Task<int> AskAgainAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand("update validation.invalid_event set index_asked = true where index_error is not null and not index_asked");
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Notes what became of letters that were sent again.</summary>
    public async Task SentAgainAsync(IReadOnlyList<LetterToIndex> letters, IReadOnlyDictionary<long, string> lost, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            "update validation.invalid_event e set index_asked = false, index_error = l.reason from unnest($1, $2) as l (id, reason) where e.id = l.id"
        );
        command.Parameters.Add(new() { Value = letters.Select(letter => letter.Id).ToArray() });
        command.Parameters.Add(new() { Value = letters.Select(letter => lost.GetValueOrDefault(letter.Id)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<LetterToIndex>> ReadAsync(string which, long after, int count, int bytes, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"""
            select id, event_id, source, position, received_at, rejected_at, rules, errors, original
            from (
                select *, sum(octet_length(original)) over (order by id) - octet_length(original) as before
                from (select * from validation.invalid_event where {which} order by id limit $2) as next
            ) as letter
            where before < $3
            order by id
            """
        );
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = count });
        command.Parameters.Add(new() { Value = bytes });
        List<LetterToIndex> letters = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            letters.Add(
                new(
                    reader.GetInt64(0),
                    reader.GetGuid(1),
                    reader.GetString(2),
                    reader.GetInt64(3),
                    reader.GetDateTime(4),
                    reader.GetDateTime(5),
                    reader.GetFieldValue<string[]>(6),
                    reader.GetString(7),
                    reader.GetFieldValue<byte[]>(8)
                )
            );
        }

        return letters;
    }

    /// <summary>Notes that the index has the letters up to this one, except those that it will never take.</summary>
    public async Task AdvanceAsync(long position, IReadOnlyDictionary<long, string> lost, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = database.CreateBatch();
        if (lost.Count > 0)
        {
            batch.BatchCommands.Add(
                new("update validation.invalid_event e set index_error = l.reason from unnest($1, $2) as l (id, reason) where e.id = l.id")
                {
                    Parameters = { new() { Value = lost.Keys.ToArray() }, new() { Value = lost.Values.ToArray() } },
                }
            );
        }

        batch.BatchCommands.Add(
            new(
                """
                insert into validation.index_position (target, position, error, changed_at) values ($1, $2, null, $3)
                on conflict (target) do update set position = excluded.position, error = null, changed_at = excluded.changed_at
                """
            )
            {
                Parameters = { new() { Value = Target }, new() { Value = position }, new() { Value = time.GetUtcNow().UtcDateTime } },
            }
        );
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Says what it waits for, to every host.</summary>
    public async Task ReportAsync(string error, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            insert into validation.index_position (target, position, error, changed_at) values ($1, 0, $2, $3)
            on conflict (target) do update set error = excluded.error, changed_at = excluded.changed_at
            """
        );
        command.Parameters.Add(new() { Value = Target });
        command.Parameters.Add(new() { Value = error });
        command.Parameters.Add(new() { Value = time.GetUtcNow().UtcDateTime });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What it waits for, if it does, how many letters it does not have yet, and how many it refused; at most <c>100,000</c> are counted.</summary>
    public async Task<(string? Error, long Behind, long Refused)> StateAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select error, (
                select count(*) from (
                    select 1 from validation.invalid_event where id > coalesce(index_position.position, 0) limit $2) as behind), (
                select count(*) from (select 1 from validation.invalid_event where index_error is not null limit $2) as refused)
            from (select $1 as name) as wanted left join validation.index_position on target = wanted.name
            """
        );
        command.Parameters.Add(new() { Value = Target });
        command.Parameters.Add(new() { Value = MostCounted });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.IsDBNull(0) ? null : reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2));
    }
}
