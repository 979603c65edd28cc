using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Npgsql;

namespace Fecom.Ingestion.ForgetRuns;

/// <summary>Forgets requested loads that ended long ago; what was loaded of which file is remembered elsewhere, and stays.</summary>
internal sealed class ForgetRunsJob(NpgsqlDataSource database, TimeProvider time) : IJob
{
    public const string Name = "forget_load_runs";

    /// <summary>Days for which a run can be asked after.</summary>
    private const int KeepDays = 90;

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken) =>
        await run.ReportAsync($"forgot {await ForgetAsync(cancellationToken)} load runs", share: 1, cancellationToken);

    /// <returns>Runs that were forgotten.</returns>
    public Task<long> ForgetAsync(CancellationToken cancellationToken) =>
        PiecewiseDelete.RunAsync(
            database,
            "ingestion.load_run",
            "finished_at < @before",
            time.GetUtcNow().UtcDateTime.AddDays(-KeepDays),
            cancellationToken
        );
}
