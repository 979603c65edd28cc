using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Validation.ReadEvents;
using Npgsql;

namespace Fecom.Validation.ResendInvalidEvents;

/// <summary>Invalid events that somebody asked for and that are not through the pipeline yet, in the order of their numbers.</summary>
internal sealed class InvalidEventsToResend(NpgsqlDataSource database, TimeProvider time)
{
    private const int MaxEvents = 500;
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>One key, so one partition: whoever is behind the raw topic sees the numbers ascend.</summary>
    private static readonly byte[] Key = "resend:invalid-events"u8.ToArray();

    /// <summary>As many as a batch holds; at least one if there is one.</summary>
    public async Task<IReadOnlyList<InvalidEventToResend>> NextAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Row> invalidEvents = await database.QueryAsync<Row>(
            """
            select id, resend_number as number, resend_asked_at as AskedAt, event, source, message_key as Key
            from (
                select id, resend_number, resend_asked_at, coalesce(mended, original) as event, source, message_key,
                    sum(octet_length(coalesce(mended, original))) over (order by resend_number) - octet_length(coalesce(mended, original)) as before
                from (
                    select * from validation.invalid_event
                    where resend_number is not null and resent_at is null order by resend_number limit @count) as next
            ) as invalid
            where before < @bytes
            order by resend_number
            """,
            new { count = MaxEvents, bytes = MaxBytes },
            cancellationToken
        );
        return [.. invalidEvents.Select(ToResend)];
    }

    /// <summary>Notes that every sink has them.</summary>
    public Task CompleteAsync(long[] ids, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update validation.invalid_event set resent_at = @now where id = any(@ids)",
            new { ids, now = time.GetUtcNow().UtcDateTime },
            cancellationToken
        );

    /// <summary>It is received again now: what was learnt meanwhile must not have known it.</summary>
    private static InvalidEventToResend ToResend(Row invalidEvent)
    {
        bool ofChanges = ResentEvents.IsOfChanges(invalidEvent.Source);
        MessageOrigin origin = new(
            ofChanges ? ResentEvents.ChangeSource : ResentEvents.Source,
            invalidEvent.Number,
            invalidEvent.AskedAt
        );
        byte[] key = ofChanges && invalidEvent.Key is not null ? invalidEvent.Key : Key;
        return new(
            invalidEvent.Id,
            ofChanges ? Topics.PostgresEvents : Topics.RawUserBehavior,
            new OutgoingMessage(key, invalidEvent.Event, origin)
        );
    }

    private sealed record Row(long Id, long Number, DateTime AskedAt, byte[] Event, string Source, byte[]? Key);
}

/// <summary>An invalid event that is sent again.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Topic">The topic that it goes to.</param>
/// <param name="Message">What is sent.</param>
internal sealed record InvalidEventToResend(long Id, string Topic, OutgoingMessage Message);
