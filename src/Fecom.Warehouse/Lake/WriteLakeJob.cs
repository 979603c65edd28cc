using System.Globalization;
using Fecom.Platform.Jobs;
using Fecom.Platform.ObjectStore;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Warehouse.Lake;

/// <summary>Writes to the lake what is new in bronze, then merges small files. What fails is kept for health, and tried again with the next run.</summary>
internal sealed class WriteLakeJob(
    LakeWriter writer,
    LakeCompactor compactor,
    NpgsqlDataSource database,
    TimeProvider time
) : IJob
{
    public const string Name = "write_lake";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        await using LakeTurn turn = await LakeTurn.TakeAsync(database, cancellationToken);
        try
        {
            (long events, long files) = await writer.RunAsync(
                (done, all) =>
                    run.Report(
                        Text($"{done:N0} of {all:N0} events written"),
                        all == 0 ? null : Math.Min(1, done / (double)all)
                    ),
                cancellationToken
            );
            long merged = await compactor.RunAsync(
                (done, all) =>
                    run.Report(Text($"{events:N0} events written; small files of {done:N0} of {all:N0} hours merged")),
                cancellationToken
            );
            await database.ExecuteAsync(
                "update lake.writer set failure = null, failed_at = null where failure is not null",
                null,
                cancellationToken
            );
            if (files == 0 && merged == 0)
            {
                throw new RunNotNeededException("The lake has all that is to be written now.");
            }

            await run.ReportAsync(
                Text($"{events:N0} events written in {files:N0} files; {merged:N0} small files merged into others"),
                share: 1,
                cancellationToken
            );
        }
        catch (Exception e) when (e is ObjectStoreException or InvalidDataException)
        {
            await database.ExecuteAsync(
                "update lake.writer set failure = @Message, failed_at = @now",
                new { e.Message, now = time.GetUtcNow().UtcDateTime },
                cancellationToken
            );
            throw;
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
