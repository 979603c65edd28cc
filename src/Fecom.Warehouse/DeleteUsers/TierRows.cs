using System.Text.Json;
using Fecom.Platform.Retention;
using Fecom.Warehouse.BuildGold;
using Fecom.Warehouse.LoadBronze;
using Fecom.Warehouse.Slices;
using Npgsql;

namespace Fecom.Warehouse.DeleteUsers;

/// <summary>
/// A user's rows in bronze, silver and gold. Hourly figures name nobody and stay; so do the counts against which the tiers are
/// held, which say what was promoted.
/// </summary>
/// <remarks>
/// A session goes with its cart lines when it began up to the request. Of one that went on after the request, the earlier events go
/// and the later ones stay; session and cart lines are made anew of those later events that gold has. Where gold has none of them yet,
/// the first one that comes begins a new session, which the hour's figures count in addition. All that is left began after the
/// request, so that another attempt deletes nothing of it when the user has come back meanwhile.
/// </remarks>
internal sealed class TierRows(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>From now on bronze takes nothing any more that the user did before. Then their sessions are written down, once.</summary>
    /// <returns>Their sessions.</returns>
    public async Task<IReadOnlyCollection<string>> BeginAsync(
        OpenDeletion deletion,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using (NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken))
        {
            await ForgottenKeys.AddAsync(
                connection,
                EventBatches.ForgottenTable,
                deletion.UserId,
                deletion.RequestedAt,
                cancellationToken
            );
            await transaction.CommitAsync(cancellationToken);
        }

        await UsersOrders.BeginAsync(connection, deletion, cancellationToken);
        await using NpgsqlCommand begin = Command(
            connection,
            """
            update bronze.user_deletion d
            set started_at = coalesce(started_at, @now), failure = null, sessions = coalesce(sessions, array(
                select user_session from bronze.event where user_id = @user and event_time <= @until
                union select user_session from gold.fact_session where user_id = @user and started_at <= @until
                union select user_session from silver.cart_line
                    where user_id = @user and least(first_cart_at, last_removal_at, last_purchase_at) <= @until))
            where id = @id
            returning sessions
            """,
            deletion
        );
        begin.Parameters.Add(new("now", time.GetUtcNow().UtcDateTime));
        return (string[])(await begin.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Deletes them from all tiers in one transaction, which also notes how many they were. No slice is on its way meanwhile.</summary>
    public async Task DeleteAsync(OpenDeletion deletion, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await SliceTransaction.HoldUpAsync(connection, cancellationToken);
        await using (NpgsqlCommand list = Command(connection, ListSessions, deletion))
        {
            await list.ExecuteNonQueryAsync(cancellationToken);
        }

        Dictionary<string, long> deleted = [];
        foreach ((string table, string sql) in (IEnumerable<(string, string)>)[.. Tables, .. UsersOrders.Tables])
        {
            await using NpgsqlCommand delete = Command(connection, sql, deletion);
            deleted[table] = (long)(await delete.ExecuteScalarAsync(cancellationToken))!;
        }

        await using (
            NpgsqlCommand rest = Command(connection, $"{UsersOrders.NoLongerWaiting}; {KeepWhatCameLater}", deletion)
        )
        {
            await rest.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (NpgsqlCommand note = Command(connection, UserDeletions.AddSql, deletion))
        {
            note.Parameters.Add(new("deleted", JsonSerializer.Serialize(deleted)));
            await note.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    internal static NpgsqlCommand Command(NpgsqlConnection connection, string sql, OpenDeletion deletion) =>
        new(sql, connection)
        {
            CommandTimeout = 0,
            Parameters = { new("id", deletion.Id), new("user", deletion.UserId), new("until", deletion.RequestedAt) },
        };

    /// <summary>A session in which others occur too is still the same visit, and goes.</summary>
    private const string ListSessions = """
        create temporary table gone_session on commit drop as
        select user_session from gold.fact_session
        where started_at <= @until
            and (user_id = @user or user_session in (select unnest(sessions) from bronze.user_deletion where id = @id))
        """;

    private const string OfSessions = "user_session in (select user_session from gone_session)";

    private static readonly (string Table, string Sql)[] Tables =
    [
        (
            "bronze.event",
            """
            with gone as (
                delete from bronze.event where user_id = @user and event_time <= @until
                returning batch, (event_time at time zone 'UTC')::date as day
            ), days as (
                select batch, day, count(*) as events from gone group by 1, 2
            ), silver as (
                update bronze.event_batch b set events = b.events - d.events from days d where b.batch = d.batch and b.day = d.day
            ), lake as (
                update lake.pending_batch b set events = b.events - d.events from days d where b.batch = d.batch and b.day = d.day
            )
            select coalesce(sum(events), 0)::bigint from days
            """
        ),
        (
            "silver.event",
            """
            with gone as (
                delete from silver.event where user_id = @user and event_time <= @until returning slice, event_type, price
            ), sums as (
                select slice, count(*) as events, count(*) filter (where event_type = 'view') as views,
                    count(*) filter (where event_type = 'cart') as carts,
                    count(*) filter (where event_type = 'remove_from_cart') as removals,
                    count(*) filter (where event_type = 'purchase') as purchases,
                    coalesce(sum(price) filter (where event_type = 'purchase'), 0) as revenue
                from gone group by slice
            ), slices as (
                update silver.slice s
                set events = s.events - n.events, views = s.views - n.views, carts = s.carts - n.carts,
                    removals = s.removals - n.removals, purchases = s.purchases - n.purchases, revenue = s.revenue - n.revenue
                from sums n where s.slice = n.slice and s.state = 'silver'
            )
            select coalesce(sum(events), 0)::bigint from sums
            """
        ),
        (
            "silver.cart_line",
            $"with gone as (delete from silver.cart_line where {OfSessions} returning 1) select count(*) from gone"
        ),
        (
            "gold.fact_event",
            """
            with gone as (delete from gold.fact_event where user_id = @user and event_time <= @until returning 1)
            select count(*) from gone
            """
        ),
        (
            "gold.fact_session",
            $"with gone as (delete from gold.fact_session where {OfSessions} returning 1) select count(*) from gone"
        ),
        (
            "gold.fact_cart",
            $"with gone as (delete from gold.fact_cart where {OfSessions} returning 1) select count(*) from gone"
        ),
        (
            "gold.dim_user",
            """
            with gone as (delete from gold.dim_user where user_id = @user and first_seen_at <= @until returning 1)
            select count(*) from gone
            """
        ),
    ];

    private const string LaterEvents = $"gold.fact_event where event_time > @until and {OfSessions}";

    /// <summary>
    /// A visitor who has come again since is a new one, and what is left of a session is one that began then. The hours' figures count
    /// it already.
    /// </summary>
    private static readonly string KeepWhatCameLater = $"""
        insert into gold.dim_user (user_id, first_seen_at, last_seen_at, events, purchases, revenue)
        select user_id, min(event_time), max(event_time), count(*), count(*) filter (where event_type = 'purchase'),
            coalesce(sum(price) filter (where event_type = 'purchase'), 0)
        from gold.fact_event where user_id = @user and event_time > @until group by user_id
        on conflict (user_id) do nothing;

        {Sessions.Cells(LaterEvents)}
        {Sessions.Group}
        {Carts.Group(LaterEvents)}
        {Sessions.Write}
        {Carts.Write}
        """;
}
