using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Validation.ReplayLetters;

/// <summary>Letters that somebody asked for and that are not through the pipeline yet, in the order of their numbers.</summary>
internal sealed class LettersToReplay(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>The origin of all letters that are sent again: their numbers ascend, so a sink knows one that comes twice.</summary>
    public const string Source = "replay:dead-letters";

    private const int MostLetters = 500;
    private const int MostBytes = 4 * 1024 * 1024;

    /// <summary>One key, so one partition: whoever is behind the raw topic sees the numbers ascend.</summary>
    private static readonly byte[] Key = "replay:dead-letters"u8.ToArray();

    /// <summary>As many as a batch holds; at least one if there is one.</summary>
    public async Task<IReadOnlyList<(long Id, OutgoingMessage Message)>> NextAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select id, replay_number, replay_asked_at, event
            from (
                select id, replay_number, replay_asked_at, coalesce(mended, original) as event,
                    sum(octet_length(coalesce(mended, original))) over (order by replay_number) - octet_length(coalesce(mended, original)) as before
                from (
                    select * from validation.invalid_event
                    where replay_number is not null and replayed_at is null order by replay_number limit $1) as next
            ) as letter
            where before < $2
            order by replay_number
            """
        );
        command.Parameters.Add(new() { Value = MostLetters });
        command.Parameters.Add(new() { Value = MostBytes });
        List<(long, OutgoingMessage)> letters = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            // It is received again now: what was learnt meanwhile must not have known it.
            MessageOrigin origin = new(Source, reader.GetInt64(1), reader.GetDateTime(2));
            letters.Add((reader.GetInt64(0), new OutgoingMessage(Key, reader.GetFieldValue<byte[]>(3), origin)));
        }

        return letters;
    }

    /// <summary>Notes that every sink has them.</summary>
    public async Task CompleteAsync(long[] ids, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand("update validation.invalid_event set replayed_at = $2 where id = any($1)");
        command.Parameters.Add(new() { Value = ids });
        command.Parameters.Add(new() { Value = time.GetUtcNow().UtcDateTime });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
