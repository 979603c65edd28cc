using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Validation.AlertInvalidShare;

/// <summary>A rise of the invalid share.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Share">The share when it was raised, or when it ended.</param>
/// <param name="Invalid">Invalid events of the window when it was raised.</param>
/// <param name="Events">All events of that window.</param>
/// <param name="TopRules">The rules that most of the invalid ones broke, as a JSON object of counts.</param>
/// <param name="At">When it was raised, or ended, UTC.</param>
/// <param name="Resolved">Whether this is its end.</param>
internal sealed record ShareAlert(
    long Id,
    double Share,
    long Invalid,
    long Events,
    string TopRules,
    DateTime At,
    bool Resolved
);

/// <summary>The SQL of <c>validation.recent_count</c> and <c>validation.alert</c>.</summary>
internal sealed class AlertTable(NpgsqlDataSource database, TimeProvider time)
{
    private const int MaxRules = 5;

    /// <summary>Alerts that could not be posted for so long are out of date and dropped.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    public Task AddAsync(InvalidShare counts, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            insert into validation.recent_count (at, valid, invalid) values (date_trunc('second', @now::timestamptz), @Valid, @Invalid)
            on conflict (at) do update set valid = recent_count.valid + excluded.valid, invalid = recent_count.invalid + excluded.invalid
            """,
            new
            {
                now = Now,
                counts.Valid,
                counts.Invalid,
            },
            cancellationToken
        );

    /// <summary>The counts of all hosts within the window; deletes older ones.</summary>
    public async Task<InvalidShare> RecentAsync(TimeSpan window, CancellationToken cancellationToken)
    {
        DateTime now = Now;
        (long valid, long invalid) = await database.ReadAsync<(long, long)>(
            """
            delete from validation.recent_count where at < @old;
            select coalesce(sum(valid), 0)::bigint, coalesce(sum(invalid), 0)::bigint from validation.recent_count where at >= @from
            """,
            new { old = now - (2 * window), from = now - window },
            cancellationToken
        );
        return new InvalidShare(valid, invalid);
    }

    public Task<bool> IsRaisedAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<bool>(
            "select exists (select 1 from validation.alert where resolved_at is null)",
            null,
            cancellationToken
        );

    /// <param name="share">The share that raised it.</param>
    /// <param name="window">The window it was counted over; rules are counted by its hours.</param>
    /// <param name="tell">Whether a webhook is configured.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task RaiseAsync(InvalidShare share, TimeSpan window, bool tell, CancellationToken cancellationToken)
    {
        DateTime now = Now;
        return database.ExecuteAsync(
            """
            insert into validation.alert (raised_at, share, invalid, events, top_rules, raised_told_at)
            select @now, @Share, @Invalid, @Events, coalesce((
                select jsonb_object_agg(rule, events) from (
                    select rule, sum(events)::bigint as events from validation.invalid_count
                    where rule <> '' and hour >= date_trunc('hour', @from::timestamptz, 'UTC') group by rule order by 2 desc limit @rules) as rules
                ), jsonb_build_object()),
                case when @tell then null else @now::timestamptz end
            on conflict do nothing
            """,
            new
            {
                now,
                from = now - window,
                rules = MaxRules,
                tell,
                share.Share,
                share.Invalid,
                share.Events,
            },
            cancellationToken
        );
    }

    public Task ResolveAsync(InvalidShare share, bool tell, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            update validation.alert
            set resolved_at = @now, resolved_share = @Share, resolved_told_at = case when @tell then null else @now::timestamptz end
            where resolved_at is null
            """,
            new
            {
                now = Now,
                share.Share,
                tell,
            },
            cancellationToken
        );

    /// <summary>The oldest alert, or end of one, that the webhook does not have yet.</summary>
    public Task<ShareAlert?> NextUnsentAsync(CancellationToken cancellationToken) =>
        database.FindAsync<ShareAlert>(
            """
            select id, share, invalid, events, top_rules::text as TopRules, raised_at as at, false as resolved
            from validation.alert where raised_told_at is null and raised_at > @old
            union all
            select id, resolved_share, invalid, events, top_rules::text, resolved_at, true
            from validation.alert where resolved_at > @old and resolved_told_at is null
            order by id, resolved limit 1
            """,
            new { old = Now - MaxAge },
            cancellationToken
        );

    public Task ToldAsync(ShareAlert alert, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            alert.Resolved
                ? "update validation.alert set resolved_told_at = @now where id = @Id"
                : "update validation.alert set raised_told_at = @now where id = @Id",
            new { alert.Id, now = Now },
            cancellationToken
        );
}
