using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
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
        IReadOnlyList<Row> letters = await database.QueryAsync<Row>(
            """
            select id, replay_number as number, replay_asked_at as AskedAt, event, source, message_key as Key
            from (
                select id, replay_number, replay_asked_at, coalesce(mended, original) as event, source, message_key,
                    sum(octet_length(coalesce(mended, original))) over (order by replay_number) - octet_length(coalesce(mended, original)) as before
                from (
                    select * from validation.invalid_event
                    where replay_number is not null and replayed_at is null order by replay_number limit @count) as next
            ) as letter
            where before < @bytes
            order by replay_number
            """,
            new { count = MostLetters, bytes = MostBytes },
            cancellationToken
        );
        return [.. letters.Select(ToReplay)];
    }

    /// <summary>Notes that every sink has them.</summary>
    public Task CompleteAsync(long[] ids, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update validation.invalid_event set replayed_at = @now where id = any(@ids)",
            new { ids, now = time.GetUtcNow().UtcDateTime },
            cancellationToken
        );

    /// <summary>It is received again now: what was learnt meanwhile must not have known it.</summary>
    private static LetterToReplay ToReplay(Row letter)
    {
        bool ofChanges = IsOfChanges(letter.Source);
        MessageOrigin origin = new(ofChanges ? ChangeSource : Source, letter.Number, letter.AskedAt);
        byte[] key = ofChanges && letter.Key is not null ? letter.Key : Key;
        return new(letter.Id, ofChanges ? Topics.PostgresEvents : Topics.RawUserBehavior, new OutgoingMessage(key, letter.Event, origin));
    }

    private sealed record Row(long Id, long Number, DateTime AskedAt, byte[] Event, string Source, byte[]? Key);
}

/// <summary>A letter that is sent again.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Topic">The topic that it goes to.</param>
/// <param name="Message">What is sent.</param>
internal sealed record LetterToReplay(long Id, string Topic, OutgoingMessage Message);
