using Fecom.Platform.Storage;
using Fecom.Validation.IndexInvalidEvents;
using Fecom.Validation.KeepInvalidEvents;
using Fecom.Validation.ValidateEvents;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Validation.ForgetInvalidEvents;

/// <summary>Deletes old rows in small transactions, so that nobody waits for their locks.</summary>
internal sealed class Retention(
    NpgsqlDataSource database,
    IOptions<InvalidEventOptions> options,
    IOptions<ValidationRules> rules,
    IOptions<ElasticsearchOptions> index,
    TimeProvider time
)
{
    private const int Piece = 5_000;

    /// <returns>Invalid events that were deleted.</returns>
    public async Task<long> ForgetInvalidEventsAsync(CancellationToken cancellationToken)
    {
        DateTime before = time.GetUtcNow().UtcDateTime.AddDays(-options.Value.KeepDays);
        // One that is being resent, or is not in the index yet, stays.
        string indexed = index.Value.Enabled
            ? "and id <= coalesce((select position from validation.index_position where target = 'elasticsearch'), 0)"
            : "";
        long invalidEvents = await DeleteAsync(
            $"""
            delete from validation.invalid_event where id in (
                select id from validation.invalid_event
                where rejected_at < @before and (resend_asked_at is null or resent_at is not null) {indexed}
                order by rejected_at limit @piece)
            """,
            before,
            cancellationToken
        );
        await DeleteAsync(
            """
            delete from validation.invalid_count where ctid = any(array(
                select ctid from validation.invalid_count where hour < date_trunc('hour', @before::timestamptz, 'UTC') limit @piece))
            """,
            before,
            cancellationToken
        );
        return invalidEvents;
    }

    /// <returns>Event ids that were deleted.</returns>
    public Task<long> ForgetEventIdsAsync(CancellationToken cancellationToken) =>
        DeleteAsync(
            """
            delete from validation.seen_event_id where ctid = any(array(
                select ctid from validation.seen_event_id where seen_at < @before limit @piece))
            """,
            time.GetUtcNow().UtcDateTime.AddDays(-rules.Value.EventIdDays),
            cancellationToken
        );

    private async Task<long> DeleteAsync(string sql, DateTime before, CancellationToken cancellationToken)
    {
        long deleted = 0;
        int piece;
        do
        {
            piece = await database.ExecuteAsync(sql, new { before, piece = Piece }, cancellationToken);
            deleted += piece;
        } while (piece == Piece);

        return deleted;
    }
}
