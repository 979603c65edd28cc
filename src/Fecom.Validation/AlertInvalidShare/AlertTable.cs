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
internal sealed record ShareAlert(long Id, double Share, long Invalid, long Events, string TopRules, DateTime At, bool Resolved);

/// <summary>The SQL of <c>validation.recent_count</c> and <c>validation.alert</c>.</summary>
internal sealed class AlertTable(NpgsqlDataSource database, TimeProvider time)
{
    private const int MostRules = 5;

    /// <summary>News that nobody could be told for so long is none any more.</summary>
    private static readonly TimeSpan OldNews = TimeSpan.FromDays(1);

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    public Task AddAsync(InvalidShare counts, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            insert into validation.recent_count (at, valid, invalid) values (date_trunc('second', $1::timestamptz), $2, $3)
            on conflict (at) do update set valid = recent_count.valid + excluded.valid, invalid = recent_count.invalid + excluded.invalid
            """,
            cancellationToken,
            Now,
            counts.Valid,
            counts.Invalid
        );

    /// <summary>What all hosts have sorted in the last while; what is older is forgotten.</summary>
    public async Task<InvalidShare> RecentAsync(TimeSpan window, CancellationToken cancellationToken)
    {
        await ExecuteAsync("delete from validation.recent_count where at < $1", cancellationToken, Now - (2 * window));
        await using NpgsqlCommand command = database.CreateCommand(
            "select coalesce(sum(valid), 0)::bigint, coalesce(sum(invalid), 0)::bigint from validation.recent_count where at >= $1"
        );
        command.Parameters.Add(new() { Value = Now - window });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new InvalidShare(reader.GetInt64(0), reader.GetInt64(1));
    }

    public async Task<bool> IsRaisedAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand("select exists (select 1 from validation.alert where resolved_at is null)");
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <param name="share">What raised it.</param>
    /// <param name="window">The window it was counted over; rules are counted by its hours.</param>
    /// <param name="tell">Whether there is somebody to tell.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task RaiseAsync(InvalidShare share, TimeSpan window, bool tell, CancellationToken cancellationToken) =>
        ExecuteAsync(
            $"""
            insert into validation.alert (raised_at, share, invalid, events, top_rules, raised_told_at)
            select $1, $2, $3, $4, coalesce((
                select jsonb_object_agg(rule, letters) from (
                    select rule, sum(letters)::bigint as letters from validation.invalid_count
                    where rule <> '' and hour >= date_trunc('hour', $5::timestamptz, 'UTC') group by rule order by 2 desc limit {MostRules}) as rules
                ), jsonb_build_object()),
                case when $6 then null else $1::timestamptz end
            on conflict do nothing
            """,
            cancellationToken,
            Now,
            share.Share,
            share.Invalid,
            share.Events,
            Now - window,
            tell
        );

    public Task ResolveAsync(InvalidShare share, bool tell, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            update validation.alert
            set resolved_at = $1, resolved_share = $2, resolved_told_at = case when $3 then null else $1::timestamptz end
            where resolved_at is null
            """,
            cancellationToken,
            Now,
            share.Share,
            tell
        );

    /// <summary>The oldest rise, or end of one, that the webhook does not have yet.</summary>
    public async Task<ShareAlert?> UntoldAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select id, share, invalid, events, top_rules::text, raised_at as at, false as resolved
            from validation.alert where raised_told_at is null and raised_at > $1
            union all
            select id, resolved_share, invalid, events, top_rules::text, resolved_at, true
            from validation.alert where resolved_at > $1 and resolved_told_at is null
            order by id, resolved limit 1
            """
        );
        command.Parameters.Add(new() { Value = Now - OldNews });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(
                reader.GetInt64(0),
                reader.GetDouble(1),
                reader.GetInt64(2),
                reader.GetInt64(3),
                reader.GetString(4),
                reader.GetDateTime(5),
                reader.GetBoolean(6)
            )
            : null;
    }

    public Task ToldAsync(ShareAlert alert, CancellationToken cancellationToken) =>
        ExecuteAsync(
            alert.Resolved
                ? "update validation.alert set resolved_told_at = $2 where id = $1"
                : "update validation.alert set raised_told_at = $2 where id = $1",
            cancellationToken,
            alert.Id,
            Now
        );

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        foreach (object value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
