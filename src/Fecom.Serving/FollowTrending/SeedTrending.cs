using System.Diagnostics;
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
    private const int MostSeconds = 600;

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
        await using NpgsqlCommand command = database.CreateCommand(
            """
            with own as (
                select count(*) >= $4 as are_enough from (select from features.session_event where not sample limit $4) e
            ), newest as (
                select max(ingested) - $1 as after, max(event_time) filter (where not sample or not are_enough) as event_time
                from features.session_event, own
            )
            select product_id, category_id, category_code_level1, category_code_level2, category_code_rest, event_type, newest.event_time, count(*),
                sum(power(2::float8, greatest(-1000, date_part('epoch', e.event_time - newest.event_time) / $3))), sample
            from features.session_event e, newest, own
            where (not sample or not are_enough) and ingested > newest.after and e.event_time > newest.event_time - $2
            group by product_id, category_id, category_code_level1, category_code_level2, category_code_rest, event_type, sample, newest.event_time
            order by max(e.event_time)
            """
        );
        command.CommandTimeout = MostSeconds;
        command.Parameters.Add(new() { Value = (long)options.Value.TrendingSeedRows });
        command.Parameters.Add(new() { Value = options.Value.TrendingSeedSpan });
        command.Parameters.Add(new() { Value = options.Value.TrendingHalfLife.TotalSeconds });
        command.Parameters.Add(new() { Value = (long)SampleShare.EnoughOwnEvents });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        long events = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            Category category = Category.Of(Text(reader, 1), Text(reader, 2), Text(reader, 3), Text(reader, 4));
            if (BehaviorEventTypes.TryParse(reader.GetString(5), out BehaviorEventType type))
            {
                long count = reader.GetInt64(7);
                trending.Add(new(reader.GetString(0), null, null, type, reader.GetDateTime(6), reader.GetBoolean(9)), category, count, reader.GetDouble(8));
                events += count;
            }
        }

        return events;
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    [LoggerMessage(LogLevel.Information, "Trending looked back over {Events} events in {Seconds:0.0} s")]
    private partial void LogSeeded(long events, double seconds);

    [LoggerMessage(LogLevel.Warning, "Trending knows only what comes from now on: {Reason}")]
    private partial void LogNotSeeded(string reason);
}
