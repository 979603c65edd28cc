using System.Diagnostics;
using System.Globalization;
using Fecom.Benchmarks.Load;
using Fecom.Benchmarks.Pipeline;
using Fecom.Learning.Views;
using Fecom.Testing;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Benchmarks.OnlineFeatures;

/// <summary>How long a wiped Redis takes to have the states of so many entities again, and what calls for features meet meanwhile.</summary>
internal static class WipeStage
{
    private const int CallsPerSecond = 200;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxTime = TimeSpan.FromMinutes(20);

    public static async Task RunAsync(BenchmarkRun run, WholeHost host, PrivateRedis redis, int entities)
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(host.Connection);
        long wanted = await FillAsync(database, entities);
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        IServer server = connection.GetServers()[0];
        FeatureCalls calls = FeatureCalls.Of(server, entities: 1, features: null);
        LoadClient client = new(host.Http.BaseAddress!);
        int failed = 0;
        double slowest = 0;

        await redis.FlushAsync();
        long start = Stopwatch.GetTimestamp();
        while (await server.DatabaseSizeAsync() < wanted)
        {
            if (Stopwatch.GetElapsedTime(start) > MaxTime)
            {
                throw new InvalidOperationException(
                    $"After {MaxTime.TotalMinutes:0} minutes Redis has {await server.DatabaseSizeAsync():N0} of {wanted:N0} states."
                );
            }

            LoadFigures figures = await Task.Run(() => client.Open(CallsPerSecond, Look, calls.Online));
            failed += figures.Refused;
            slowest = Math.Max(slowest, figures.P99);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        run.Report(
            "wipe_s",
            seconds,
            string.Create(
                CultureInfo.InvariantCulture,
                $"s   until a wiped Redis has {wanted:N0} states again; {wanted / seconds:N0} a second"
            )
        );
        run.Report(
            "wipe_p99_ms",
            slowest,
            $"ms  calls for one entity, {CallsPerSecond} a second, p99 of the worst second"
        );
        run.Report("wipe_failed", failed, "of them were not answered");
    }

    /// <summary>Copies the sessions that are there until there are so many, as after a life of many ticks: of these only the newest are kept.</summary>
    /// <returns>The states of all views that live online.</returns>
    private static async Task<long> FillAsync(NpgsqlDataSource database, int entities)
    {
        await using NpgsqlCommand fill = database.CreateCommand(
            """
            with known as (select row_number() over () - 1 as n, revision, state from (select * from features.state_session limit 1000) s)
            insert into features.state_session (entity, revision, updated_at, state)
            select 'copy-' || g, known.revision, now(), known.state
            from generate_series(1, $1) g join known on known.n = g % (select count(*) from known)
            """
        );
        fill.CommandTimeout = (int)MaxTime.TotalSeconds;
        fill.Parameters.Add(new() { Value = entities });
        await fill.ExecuteNonQueryAsync();
        await using NpgsqlCommand age = database.CreateCommand(
            "with old as (update platform.sink_partition set version = version + 1000000 where sink = 'features') delete from features.tick"
        );
        await age.ExecuteNonQueryAsync();
        await using NpgsqlCommand count = database.CreateCommand(
            $"select {string.Join(" + ", FeatureViews.All.Select(view => $"(select count(*) from features.state_{view.Name})"))}"
        );
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
