using System.Diagnostics;
using Dapper;
using Fecom.Contracts;
using Fecom.Learning;
using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;
using Fecom.Platform.Services;
using Fecom.Serving.KnowProducts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Serving.FollowTrending;

/// <summary>
/// Looks back over the newest events of bronze and the warehouse's products at a start, beside the requests: until it is done, trending and the catalogue know what
/// since the start. An event that comes during the seeding may count twice or not at all.
/// </summary>
internal sealed partial class SeedTrending(
    Supervision supervision,
    TrendingFeed trending,
    ProductCatalogue catalogue,
    NpgsqlDataSource database,
    IOptions<ServingOptions> options,
    ILogger<SeedTrending> logger
) : SupervisedService(supervision, "the look back for trending")
{
    private const int MaxSeconds = 600;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            long start = Stopwatch.GetTimestamp();
            await SeedCatalogueAsync(stoppingToken);
            long events = await SeedAsync(stoppingToken);
            trending.Publish();
            LogSeeded(events, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        catch (NpgsqlException e) when (!stoppingToken.IsCancellationRequested)
        {
            LogNotSeeded(e.Message);
        }
    }

    /// <summary>Reads each product's visits, summed with their decayed weights in PostgreSQL, so that few rows come; without the sample's once there are enough others.</summary>
    private async Task<long> SeedAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        // Not buffered: there can be as many rows as products.
        IAsyncEnumerable<VisitRow> rows = connection.QueryUnbufferedAsync<VisitRow>(
            """
            with own as (
                select count(*) >= @enough as are_enough from (select from bronze.validated_event where not sample limit @enough) e
            ), newest as (
                select max(event_time) filter (where not sample or not are_enough) as event_time from bronze.validated_event, own
            ), recent as (
                select e.product_id, e.category_id, e.category_code, e.event_type, e.sample, e.event_time,
                    e.brand, e.price
                from bronze.validated_event e, own
                where (not sample or not are_enough) and e.event_time > (select event_time from newest) - @span::interval
                order by e.event_time desc limit @rows
            )
            select product_id as ProductId, category_id as CategoryId, category_code as CategoryCode, event_type as EventType,
                newest.event_time as NewestTime, count(*) as Count,
                sum(power(2::float8, greatest(-1000, date_part('epoch', recent.event_time - newest.event_time) / @halfLife))) as Weight, sample, max(brand) as Brand,
                (max(array[date_part('epoch', recent.event_time)::numeric, price::numeric]))[2] as Price
            from recent, newest
            group by product_id, category_id, category_code, event_type, sample, newest.event_time
            order by max(recent.event_time)
            """,
            new
            {
                rows = (long)options.Value.TrendingSeedRows,
                span = options.Value.TrendingSeedSpan,
                halfLife = options.Value.TrendingHalfLife.TotalSeconds,
                enough = (long)SampleShare.EnoughOwnEvents,
            },
            commandTimeout: MaxSeconds
        );
        long events = 0;
        await foreach (VisitRow row in rows.WithCancellation(cancellationToken))
        {
            Category category = Category.OfCode(row.CategoryId, row.CategoryCode);
            if (BehaviorEventTypes.TryParse(row.EventType, out BehaviorEventType type))
            {
                trending.Add(
                    new(row.ProductId, null, null, type, row.NewestTime, row.Sample),
                    category,
                    row.Count,
                    row.Weight
                );
                events += row.Count;
            }

            catalogue.Add(row.ProductId, new ProductFacts(category, row.Brand, row.Price));
        }

        return events;
    }

    /// <summary>What the warehouse says of products that nobody visited lately.</summary>
    private async Task SeedCatalogueAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        IAsyncEnumerable<ProductRow> rows = connection.QueryUnbufferedAsync<ProductRow>(
            """
            select product_id as ProductId, category_id as CategoryId, category_code as CategoryCode, brand
            from gold.dim_product where is_current limit @max
            """,
            new { max = options.Value.CatalogueProducts },
            commandTimeout: MaxSeconds
        );
        await foreach (ProductRow row in rows.WithCancellation(cancellationToken))
        {
            Category category = Category.OfCode(row.CategoryId, row.CategoryCode);
            catalogue.Add(row.ProductId, new ProductFacts(category, row.Brand, Price: null));
        }
    }

    [LoggerMessage(LogLevel.Information, "Trending looked back over {Events} events in {Seconds:0.0} s")]
    private partial void LogSeeded(long events, double seconds);

    [LoggerMessage(LogLevel.Warning, "Trending knows only what comes from now on: {Reason}")]
    private partial void LogNotSeeded(string reason);

    private sealed record VisitRow(
        string ProductId,
        string? CategoryId,
        string? CategoryCode,
        string EventType,
        DateTime NewestTime,
        long Count,
        double Weight,
        bool Sample,
        string? Brand,
        decimal? Price
    );

    private sealed record ProductRow(string ProductId, string? CategoryId, string? CategoryCode, string? Brand);
}
