using System.Text.Json;
using Dapper;
using Fecom.Ingestion.Shared.FollowSources;
using Npgsql;

namespace Fecom.Ingestion.OrderTables.OrdersAsPurchases;

/// <summary>How far the purchases have come.</summary>
internal sealed record PurchaseState
{
    public required long NextPosition { get; init; }

    public required long Taken { get; init; }

    public required long Announced { get; init; }

    /// <summary>Null before any table came that purchases are made of.</summary>
    public string? Joined { get; init; }

    /// <summary><see cref="SourceFinding"/>s in JSON.</summary>
    public string Waiting { get; init; } = "[]";

    public IReadOnlyList<SourceFinding> WaitingItems => JsonSerializer.Deserialize<SourceFinding[]>(Waiting) ?? [];
}

/// <summary>Joins order items to their orders, customers and products, and keeps the purchases until every sink has them.</summary>
internal sealed class PurchaseTable(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Statuses of orders that did not become purchases.</summary>
    private static readonly string[] NotBought = ["canceled", "cancelled", "unavailable"];

    private const string Snapshots = """
        select string_agg(table_name || ' ' || number, ', ' order by table_name)
        from ingestion.table_snapshot where table_name in ('customers', 'order_items', 'orders', 'products')
        """;

    public async Task<PurchaseState> StateAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<PurchaseState>(
            new CommandDefinition(
                """
                select next_position as "NextPosition", taken as "Taken", announced as "Announced", joined as "Joined", waiting as "Waiting"
                from ingestion.purchase_state
                """,
                cancellationToken: cancellationToken
            )
        );
    }

    /// <summary>Gives each item that has found its order, its customer and its product a position, in the order of the purchases' times.</summary>
    /// <param name="always">Also when no table has changed since the last time.</param>
    /// <param name="cancellationToken">Gives up; then nothing is joined.</param>
    /// <returns>New purchases.</returns>
    public async Task<long> JoinAsync(bool always, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        (string? joined, string? snapshots) = await connection.QuerySingleAsync<(string?, string?)>(
            new CommandDefinition(
                $"select joined, ({Snapshots}) from ingestion.purchase_state for update",
                cancellationToken: cancellationToken
            )
        );
        if (joined == snapshots && !always)
        {
            return 0;
        }

        long purchases = await connection.QuerySingleAsync<long>(
            new CommandDefinition(
                """
                with ready as (
                    select i.order_id, i.order_item_id, i.product_id, i.price, o.event_time, c.subscriber_id, p.category,
                        row_number() over (order by o.event_time, i.order_id, i.order_item_id) as place
                    from ingestion.shop_order_item i
                    join ingestion.shop_order o on o.order_id = i.order_id
                    join ingestion.shop_customer c on c.customer_trx_id = o.customer_trx_id
                    join ingestion.shop_product p on p.product_id = i.product_id
                    where not i.purchased and (o.status is null or not o.status = any(@NotBought))
                ), counter as (
                    update ingestion.purchase_state set next_position = next_position + (select count(*) from ready)
                    returning next_position - (select count(*) from ready) as first
                ), kept as (
                    insert into ingestion.purchase (position, event_time, product_id, category, price, user_id, user_session, received_at)
                    select first + place - 1, event_time, product_id, category, price, subscriber_id, order_id, @now from ready, counter
                ), marked as (
                    update ingestion.shop_order_item i set purchased = true
                    from ready where i.order_id = ready.order_id and i.order_item_id = ready.order_item_id
                )
                select count(*) from ready
                """,
                new { now = time.GetUtcNow().UtcDateTime, NotBought },
                cancellationToken: cancellationToken,
                commandTimeout: 0
            )
        );
        string waiting = JsonSerializer.Serialize(await WaitingAsync(connection, cancellationToken));
        await connection.ExecuteAsync(
            new CommandDefinition(
                "update ingestion.purchase_state set joined = @snapshots, waiting = @waiting::jsonb",
                new { snapshots, waiting },
                cancellationToken: cancellationToken
            )
        );
        await transaction.CommitAsync(cancellationToken);
        return purchases;
    }

    /// <summary>The purchases that follow <paramref name="after"/>.</summary>
    public async Task<IReadOnlyList<OrderedProduct>> ReadAsync(
        long after,
        int count,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        IEnumerable<OrderedProduct> purchases = await connection.QueryAsync<OrderedProduct>(
            new CommandDefinition(
                """
                select position as "Position", event_time as "EventTime", product_id as "ProductId", category as "Category", price as "Price",
                    user_id as "UserId", user_session as "UserSession", received_at as "ReceivedAt"
                from ingestion.purchase where position > @after order by position limit @count
                """,
                new { after, count },
                cancellationToken: cancellationToken
            )
        );
        return purchases.AsList();
    }

    /// <summary>Every sink has the purchases up to <paramref name="position"/>: deletes them.</summary>
    public Task TakenAsync(long position, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            delete from ingestion.purchase where position <= @position;
            update ingestion.purchase_state set taken = greatest(taken, @position)
            """,
            position,
            cancellationToken
        );

    /// <summary>Records that the purchases up to <paramref name="position"/> were announced as completed.</summary>
    public Task AnnouncedAsync(long position, CancellationToken cancellationToken) =>
        ExecuteAsync(
            "update ingestion.purchase_state set announced = greatest(announced, @position)",
            position,
            cancellationToken
        );

    private static async Task<IReadOnlyList<SourceFinding>> WaitingAsync(
        NpgsqlConnection connection,
        CancellationToken cancellationToken
    )
    {
        IEnumerable<(string Kind, long Count, string[] Examples)> waiting = await connection.QueryAsync<(
            string,
            long,
            string[]
        )>(
            new CommandDefinition(
                """
                select kind, count(*), array_agg(item order by item) filter (where place <= 5)
                from (
                    select kind, item, row_number() over (partition by kind order by item) as place
                    from (
                        select i.order_id || '/' || i.order_item_id as item,
                            case when o.order_id is null then 'no_order' when o.status = any(@NotBought) then 'not_bought'
                                when c.customer_trx_id is null then 'no_customer' else 'no_product' end as kind
                        from ingestion.shop_order_item i
                        left join ingestion.shop_order o on o.order_id = i.order_id
                        left join ingestion.shop_customer c on c.customer_trx_id = o.customer_trx_id
                        where not i.purchased
                        union all
                        select i.order_id || '/' || i.order_item_id, 'cancelled_later'
                        from ingestion.shop_order o join ingestion.shop_order_item i on i.order_id = o.order_id
                        where o.status = any(@NotBought) and i.purchased
                    ) as waits
                ) as placed
                group by kind order by kind
                """,
                new { NotBought },
                cancellationToken: cancellationToken,
                commandTimeout: 0
            )
        );
        return [.. waiting.Select(kind => new SourceFinding(kind.Kind, kind.Count, kind.Examples))];
    }

    private async Task ExecuteAsync(string sql, long position, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(sql, new { position }, cancellationToken: cancellationToken)
        );
    }
}
