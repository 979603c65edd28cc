using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Npgsql;
using NpgsqlTypes;

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
        await using NpgsqlCommand command = database.CreateCommand(
            $"""
            select id, event_id, source, position, received_at, rejected_at, {LetterStates.Sql}, errors, substring(original from 1 for {ExcerptBytes})
            from validation.invalid_event
            where id < $1 and ($3::text is null or rules @> array[$3]) and ($4::text is null or source = $4)
                and ($5::jsonb is null or errors @> $5)
                and ($6::timestamptz is null or rejected_at >= $6) and ($7::timestamptz is null or rejected_at < $7)
                and ($8::text is null or $8 = {LetterStates.Sql})
                and ($9::bytea is null or position($9 in original) > 0)
            order by id desc limit $2
            """
        );
        command.CommandTimeout = PatienceSeconds;
        NpgsqlParameter[] parameters =
        [
            new() { Value = before },
            new() { Value = count },
            Optional(filter.Rule, NpgsqlDbType.Text),
            Optional(filter.Source, NpgsqlDbType.Text),
            Optional(filter.Field is null ? null : JsonSerializer.Serialize(new[] { new { field = filter.Field } }), NpgsqlDbType.Jsonb),
            Optional(filter.From, NpgsqlDbType.TimestampTz),
            Optional(filter.To, NpgsqlDbType.TimestampTz),
            Optional(filter.State, NpgsqlDbType.Text),
            Optional(filter.Search is null ? null : Encoding.UTF8.GetBytes(filter.Search), NpgsqlDbType.Bytea),
        ];
        command.Parameters.AddRange(parameters);
        List<InvalidEventSummary> letters = [];
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
                    reader.GetString(6),
                    Errors(reader.GetString(7)),
                    EventBytes.Excerpt(reader.GetFieldValue<byte[]>(8))
                )
            );
        }

        return letters;
    }

    public async Task<InvalidEventDetail?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"""
            select id, event_id, source, position, received_at, rejected_at, {LetterStates.Sql}, errors, original,
                mended, replay_asked_at, replayed_at, returned_as, replay_of, index_error, whole_length, whole_sha256
            from validation.invalid_event where id = $1
            """
        );
        command.Parameters.Add(new() { Value = id });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new InvalidEventDetail(
                reader.GetInt64(0),
                reader.GetGuid(1),
                reader.GetString(2),
                reader.GetInt64(3),
                reader.GetDateTime(4),
                reader.GetDateTime(5),
                reader.GetString(6),
                Errors(reader.GetString(7)),
                EventBytes.Of(reader.GetFieldValue<byte[]>(8)),
                reader.IsDBNull(9) ? null : EventBytes.Of(reader.GetFieldValue<byte[]>(9)),
                Time(reader, 10),
                Time(reader, 11),
                Number(reader, 12),
                Number(reader, 13),
                reader.IsDBNull(14) ? null : reader.GetString(14),
                reader.IsDBNull(15) ? null : new CutOriginal { Length = reader.GetInt32(15), Sha256 = reader.GetString(16) }
            )
            : null;
    }

    private static IReadOnlyList<EventError> Errors(string json) => JsonSerializer.Deserialize<List<EventError>>(json, TopicJson.Options)!;

    private static DateTime? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetDateTime(column);

    private static long? Number(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
