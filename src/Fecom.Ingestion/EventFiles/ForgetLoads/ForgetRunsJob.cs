using Fecom.Ingestion.EventFiles.LoadEventFiles;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Ingestion.EventFiles.ForgetLoads;

/// <summary>Deletes the records of requested loads that ended long ago, and of loads of files that were removed or overwritten even longer ago.</summary>
internal sealed class ForgetRunsJob(
    NpgsqlDataSource database,
    FileLoadTable files,
    IOptions<LoadOptions> options,
    TimeProvider time
) : IJob
{
    public const string Name = "forget_load_runs";

    /// <summary>Days for which a run's record is kept.</summary>
    private const int KeepDays = 90;

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken) =>
        await run.ReportAsync(
            $"forgot {await ForgetAsync(cancellationToken)} load runs, and what was loaded of {await ForgetFilesAsync(cancellationToken)} files that are gone",
            share: 1,
            cancellationToken
        );

    /// <returns>Runs that were deleted.</returns>
    public Task<long> ForgetAsync(CancellationToken cancellationToken) =>
        PiecewiseDelete.RunAsync(
            database,
            "ingestion.load_run",
            "finished_at < @before",
            Before(KeepDays),
            cancellationToken
        );

    /// <returns>Loads of files that were deleted.</returns>
    public Task<long> ForgetFilesAsync(CancellationToken cancellationToken) =>
        files.ForgetAsync(Before(options.Value.ForgetDays), cancellationToken);

    private DateTime Before(int days) => time.GetUtcNow().UtcDateTime.AddDays(-days);
}
