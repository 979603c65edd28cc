using Fecom.Platform.Messaging;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Serving.LogPredictions;

/// <summary>Writes the sampled predictions every second, in batches; while PostgreSQL is away they wait in memory.</summary>
internal sealed partial class PredictionLogWriter(
    Supervision supervision,
    PredictionLog log,
    PredictionTable table,
    TimeProvider time,
    ILogger<PredictionLogWriter> logger
) : SupervisedService(supervision, "the log of predictions")
{
    private const int BatchSize = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Outlives a failure: the same batch is written at the next attempt.</summary>
    private readonly List<LoggedPrediction> _batch = new(BatchSize);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await WriteAsync(cancellationToken);
        }
        catch (Exception e) when (Outage.Is(e))
        {
            log.Take(_batch, int.MaxValue);
            log.Lost(_batch.Count);
            LogLost(_batch.Count, e.Message);
        }
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await WriteAsync(stoppingToken);
            await log.WaitAsync(stoppingToken);
            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (log.Take(_batch, BatchSize))
        {
            await table.WriteAsync(_batch, cancellationToken);
            log.Wrote(_batch.Count);
            _batch.Clear();
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Predictions} sampled predictions were not logged before the host stopped: {Reason}"
    )]
    private partial void LogLost(int predictions, string reason);
}
