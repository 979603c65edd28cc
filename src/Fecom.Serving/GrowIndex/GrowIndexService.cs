using System.Diagnostics;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.Platform.Services;
using Fecom.Serving.LoadModels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.GrowIndex;

/// <summary>Has the index of sessions grow every second, and merges what came anew into it beside that.</summary>
internal sealed partial class GrowIndexService(
    Supervision supervision,
    ModelSlot<Recommender> models,
    IndexGrowth growth,
    OpenSessionsSeed seed,
    IOptions<ServingOptions> options,
    TimeProvider time,
    ILogger<GrowIndexService> logger
) : SupervisedService(supervision, "the index of live sessions")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private Task _merge = Task.CompletedTask;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        await seed.ReadAsync(stoppingToken);
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            growth.Grow(models.Current?.Model);
            if (_merge.IsCompleted)
            {
                Task merged = _merge;
                _merge = Task.CompletedTask;
                await merged;
                _merge = models.Current?.Model.Live is { IsMergeDue: true } live
                    ? Task.Run(() => Merge(live, stoppingToken), stoppingToken)
                    : Task.CompletedTask;
            }
        }
    }

    /// <summary>One thread: the others answer.</summary>
    private void Merge(LiveIndex live, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        live.Merge(options.Value.IndexSessions, threads: 1, cancellationToken);
        LogMerged(live.Current.SessionCount, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    [LoggerMessage(LogLevel.Information, "The index of sessions was merged: {Sessions} sessions, {Seconds:0.0} s")]
    private partial void LogMerged(int sessions, double seconds);
}
