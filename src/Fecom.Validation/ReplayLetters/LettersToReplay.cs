using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Validation.ReplayLetters;

/// <summary>Letters that somebody asked for and that are not through the pipeline yet, in the order of their numbers.</summary>
internal sealed class LettersToReplay(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>The origin of letters that are sent again: their numbers ascend, so a sink knows one that comes twice.</summary>
    public const string Source = "replay:dead-letters";

    /// <summary>The origin of those that are changes. They go through another topic, and beside the others their numbers would not ascend.</summary>
    public const string ChangeSource = "replay:dead-letters/changes";

    private const int MostLetters = 500;
    private const int MostBytes = 4 * 1024 * 1024;

    public static readonly string[] Sources = [Source, ChangeSource];

    /// <summary>One key, so one partition: whoever is behind the raw topic sees the numbers ascend.</summary>
    private static readonly byte[] Key = "replay:dead-letters"u8.ToArray();

    /// <summary>Whether a source's events came as changes of a captured table: they are read as such again.</summary>
    public static bool IsOfChanges(string source) =>
        source == ChangeSource
        || source.StartsWith("postgres:", StringComparison.Ordinal)
        || (source.StartsWith("kafka:", StringComparison.Ordinal) && source.Contains($"/{Topics.PostgresEvents}/", StringComparison.Ordinal));

    /// <summary>As many as a batch holds; at least one if there is one.</summary>
    public async Task<IReadOnlyList<LetterToReplay>> NextAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select id, replay_number, replay_asked_at, event, source, message_key
            from (
                select id, replay_number, replay_asked_at, coalesce(mended, original) as event, source, message_key,
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
        List<LetterToReplay> letters = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            // It is received again now: what was learnt meanwhile must not have known it.
            bool ofChanges = IsOfChanges(reader.GetString(4));
            MessageOrigin origin = new(ofChanges ? ChangeSource : Source, reader.GetInt64(1), reader.GetDateTime(2));
            byte[] key = ofChanges && !await reader.IsDBNullAsync(5, cancellationToken) ? reader.GetFieldValue<byte[]>(5) : Key;
            letters.Add(
                new(
                    reader.GetInt64(0),
                    ofChanges ? Topics.PostgresEvents : Topics.RawUserBehavior,
                    new OutgoingMessage(key, reader.GetFieldValue<byte[]>(3), origin)
                )
            );
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

/// <summary>A letter that is sent again.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Topic">The topic that it goes to.</param>
/// <param name="Message">What is sent.</param>
internal sealed record LetterToReplay(long Id, string Topic, OutgoingMessage Message);
