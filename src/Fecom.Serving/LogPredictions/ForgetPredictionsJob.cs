using Fecom.Platform.Jobs;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.LogPredictions;

/// <summary>Drops the days of the log of predictions that are old.</summary>
internal sealed class ForgetPredictionsJob(
    PredictionTable table,
    IOptions<PredictionLogOptions> options,
    TimeProvider time
) : IJob
{
    public const string Name = "forget_predictions";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        DateTime before = time.GetUtcNow().UtcDateTime.AddDays(-options.Value.KeepDays);
        int days = await table.ForgetAsync(before, cancellationToken);
        await run.ReportAsync($"forgot {days} days of logged predictions", share: 1, cancellationToken);
    }
}
