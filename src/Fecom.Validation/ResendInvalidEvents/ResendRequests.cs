using Dapper;
using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Validation.ResendInvalidEvents;

/// <summary>Which invalid events to resend: all given conditions must hold.</summary>
/// <param name="Ids">Their numbers; null for any.</param>
/// <param name="Rule">A check that failed; null for any.</param>
/// <param name="Source">Where they came from; null for any.</param>
/// <param name="From">Refused at this time or later, UTC; null for any.</param>
/// <param name="To">Refused before this time, UTC; null for any.</param>
internal sealed record ResendSelection(long[]? Ids, string? Rule, string? Source, DateTime? From, DateTime? To);

/// <summary>Stores requests to resend invalid events. An invalid event is resent once: one that was requested before is left out.</summary>
internal sealed class ResendRequests(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Maximum invalid events of one request.</summary>
    public const int MaxEvents = 50_000;

    /// <returns>How many are resent; when <see cref="MaxEvents"/>, there may be more.</returns>
    public Task<int> AskAsync(ResendSelection selection, CancellationToken cancellationToken) =>
        AskAsync(
            """
            update validation.invalid_event target set resend_asked_at = @now, resend_number = numbered.number
            from (
                select id, nextval('validation.resend_number') as number from (
                    select id from validation.invalid_event
                    where resend_asked_at is null and whole_length is null
                        and (@ids::bigint[] is null or id = any(@ids)) and (@Rule::text is null or rules @> array[@Rule])
                        and (@Source::text is null or source = @Source)
                        and (@From::timestamptz is null or rejected_at >= @From) and (@To::timestamptz is null or rejected_at < @To)
                    order by id limit @max) as chosen) as numbered
            where target.id = numbered.id
            """,
            new
            {
                ids = selection.Ids,
                selection.Rule,
                selection.Source,
                selection.From,
                selection.To,
                now = time.GetUtcNow().UtcDateTime,
                max = MaxEvents,
            },
            cancellationToken
        );

    /// <summary>The first of the invalid events of these numbers of which only a part is kept, with its whole length; null when all are whole.</summary>
    public async Task<(long Id, int Length)?> FirstCutAsync(long[] ids, CancellationToken cancellationToken)
    {
        IReadOnlyList<(long Id, int Length)> cut = await database.QueryAsync<(long Id, int Length)>(
            "select id, whole_length from validation.invalid_event where id = any(@ids) and whole_length is not null order by id limit 1",
            new { ids },
            cancellationToken
        );
        return cut.Count == 0 ? null : cut[0];
    }

    /// <summary>Requests that a corrected event is sent in place of an invalid one.</summary>
    /// <returns>False when there is no such invalid event, or it was sent again before.</returns>
    public async Task<bool> AskAsync(long id, byte[] mended, CancellationToken cancellationToken) =>
        await AskAsync(
            """
            update validation.invalid_event
            set mended = @mended, resend_asked_at = @now, resend_number = nextval('validation.resend_number')
            where id = @id and resend_asked_at is null
            """,
            new
            {
                id,
                mended,
                now = time.GetUtcNow().UtcDateTime,
            },
            cancellationToken
        ) == 1;

    /// <summary>Takes a lock first, so that numbers ascend in the order of the commits.</summary>
    private async Task<int> AskAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(
                "select pg_advisory_xact_lock(@key)",
                new { key = ValidationLocks.AskResend },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        int asked = await connection.ExecuteAsync(
            new CommandDefinition(
                sql + Notices.Sql(ResendService.Asked),
                parameters,
                transaction,
                cancellationToken: cancellationToken
            )
        );
        await transaction.CommitAsync(cancellationToken);
        return asked;
    }
}
