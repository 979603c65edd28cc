using System.Diagnostics;
using Dapper;
using Fecom.Contracts;
using Fecom.Learning;
using Fecom.Learning.Recommend;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Serving.FollowTrending;

/// <summary>
/// Looks back over the offline store's newest rows at a start, beside the requests: until it is done, trending knows what
/// came since the start. An event that comes in between may count twice or not at all.
/// </summary>
internal sealed partial class SeedTrending(
    Supervision supervision,
    TrendingFeed trending,
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
            long events = await SeedAsync(stoppingToken);
            trending.Publish();
            LogSeeded(events, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        catch (NpgsqlException e) when (!stoppingToken.IsCancellationRequested)
        {
            LogNotSeeded(e.Message);
        }
    }

    /// <summary>Each product's visits, without the sample's once there are enough others; faded to the newest event's time: few rows come, and no visit loses its place in time.</summary>
    private async Task<long> SeedAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        // One row after the other: they can be as many as the products.
        IAsyncEnumerable<VisitRow> rows = connection.QueryUnbufferedAsync<VisitRow>(
            """
            with own as (
                select count(*) >= @enough as are_enough from (select from features.session_event where not sample limit @enough) e
            ), newest as (
                select max(ingested) - @rows as after, max(event_time) filter (where not sample or not are_enough) as event_time
                from features.session_event, own
            )
            select product_id as ProductId, category_id as CategoryId, category_code_level1 as Level1, category_code_level2 as Level2,
                category_code_rest as Rest, event_type as EventType, newest.event_time as NewestTime, count(*) as Count,
                sum(power(2::float8, greatest(-1000, date_part('epoch', e.event_time - newest.event_time) / @halfLife))) as Weight, sample
            from features.session_event e, newest, own
            where (not sample or not are_enough) and ingested > newest.after and e.event_time > newest.event_time - @span::interval
            group by product_id, category_id, category_code_level1, category_code_level2, category_code_rest, event_type, sample, newest.event_time
            order by max(e.event_time)
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
            Category category = Category.Of(row.CategoryId, row.Level1, row.Level2, row.Rest);
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
        }

        return events;
    }

    [LoggerMessage(LogLevel.Information, "Trending looked back over {Events} events in {Seconds:0.0} s")]
    private partial void LogSeeded(long events, double seconds);

    [LoggerMessage(LogLevel.Warning, "Trending knows only what comes from now on: {Reason}")]
    private partial void LogNotSeeded(string reason);

    private sealed record VisitRow(
        string ProductId,
        string? CategoryId,
        string? Level1,
        string? Level2,
        string? Rest,
        string EventType,
        DateTime NewestTime,
        long Count,
        double Weight,
        bool Sample
    );
}
