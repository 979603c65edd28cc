using System.Diagnostics;
using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Serving.FollowTrending;

/// <summary>
/// Looks back over the offline store's newest rows at a start, beside the requests: until it is done, trending knows what
/// came since the start. An event that is written while it reads may count twice or not at all.
/// </summary>
internal sealed partial class SeedTrending(
    TrendingIndex trending,
    NpgsqlDataSource database,
    IOptions<ServingOptions> options,
    ILogger<SeedTrending> logger
) : BackgroundService
{
    private const int MostSeconds = 600;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
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

    private async Task<long> SeedAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            with recent as materialized (
                select product_id, category_id, category_code_level1, category_code_level2, event_type, event_time
                from features.session_event
                where ingested > (select max(ingested) from features.session_event) - $1
            )
            select product_id, category_id, category_code_level1, category_code_level2, event_type, max(event_time), count(*)
            from recent
            where event_time > (select max(event_time) from recent) - $2
            group by product_id, category_id, category_code_level1, category_code_level2, event_type, date_trunc('hour', event_time)
            order by date_trunc('hour', event_time)
            """
        );
        command.CommandTimeout = MostSeconds;
        command.Parameters.Add(new() { Value = (long)options.Value.TrendingSeedRows });
        command.Parameters.Add(new() { Value = options.Value.TrendingSeedSpan });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        long events = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            Category category = TrendingCategory.Of(Text(reader, 1), Text(reader, 2), Text(reader, 3));
            if (BehaviorEventTypes.TryParse(reader.GetString(4), out BehaviorEventType type))
            {
                trending.Add(reader.GetString(0), category, type, reader.GetDateTime(5), reader.GetInt64(6));
                events += reader.GetInt64(6);
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
