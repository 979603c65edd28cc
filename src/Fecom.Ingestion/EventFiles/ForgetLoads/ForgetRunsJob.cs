using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Ingestion.EventFiles.ForgetLoads;

/// <summary>Deletes the records of requested loads that ended long ago, and of loads of files that were removed or overwritten even longer ago.</summary>
internal sealed class ForgetRunsJob(NpgsqlDataSource database, IOptions<LoadOptions> options, TimeProvider time) : IJob
{
    public const string Name = "forget_load_runs";

    /// <summary>Days for which a run's record is kept.</summary>
    private const int KeepDays = 90;

    /// <summary>Loads that are deleted in one transaction.</summary>
    private const int Piece = 1_000;

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

    /// <summary>
    /// Deletes the loads of files that were removed or overwritten before a time.
    /// The newest load of a file that exists stays, whatever its age.
    /// </summary>
    /// <returns>Loads that were deleted.</returns>
    public async Task<long> ForgetFilesAsync(CancellationToken cancellationToken)
    {
        DateTime before = Before(options.Value.ForgetDays);
        long forgotten = 0;
        int piece;
        do
        {
            piece = await database.ReadAsync<int>(
                """
                with old as (
                    delete from ingestion.file_load
                    where id = any(array(
                        select id from ingestion.file_load l
                        where state not in ('waiting', 'idle', 'loading') and coalesce(finished_at, started_at) < @before
                            and (missing_since < @before or exists (
                                select from ingestion.file_load n where n.file_name = l.file_name and n.started_at > l.started_at and n.started_at < @before))
                        limit @Piece))
                    returning generation
                ), kept as (
                    update ingestion.forgotten_generation f set generation = greatest(f.generation, (select max(generation) from old))
                )
                select count(*)::integer from old
                """,
                new { before, Piece },
                cancellationToken
            );
            forgotten += piece;
        } while (piece == Piece);

        return forgotten;
    }

    private DateTime Before(int days) => time.GetUtcNow().UtcDateTime.AddDays(-days);
}
