using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Serving.TryChallengers;

/// <summary>Has challengers answer unseen, one answer at a time beside the requests, and writes what they recommend.</summary>
internal sealed partial class ShadowScorer(
    Supervision supervision,
    ShadowQueue queue,
    ShadowTable table,
    Challengers challengers,
    TimeProvider time,
    ILogger<ShadowScorer> logger
) : SupervisedService(supervision, "the unseen answers of challengers")
{
    private const int MaxBatch = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Given and not yet written: an attempt that failed is made again with the very same.</summary>
    private readonly List<ShadowRecommendation> _batch = new(MaxBatch);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        while (_batch.Count > 0 || await queue.WaitAsync(stoppingToken))
        {
            long start = time.GetTimestamp();
            while (_batch.Count < MaxBatch && time.GetElapsedTime(start) < Interval && queue.Take() is { } work)
            {
                Answer(work);
            }

            if (_batch.Count > 0)
            {
                await table.WriteAsync(_batch, stoppingToken);
                _batch.Clear();
            }
        }
    }

    /// <summary>A challenger that fails is counted, and harms nobody.</summary>
    private void Answer(ShadowWork work)
    {
        try
        {
            if (work.Answer() is { } recommendation)
            {
                _batch.Add(recommendation);
            }

            queue.Answered(work);
            challengers.Answered(work.Version);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            queue.Failed(work);
            challengers.Failed(work.Version, e);
            LogFailed(work.Version.Model, work.Version.Version, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Model} version {Version} failed to answer unseen: {Reason}")]
    private partial void LogFailed(string model, int version, string reason);
}
