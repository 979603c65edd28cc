using Fecom.Ingestion.HttpEvents.Shared;
using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Ingestion.HttpEvents.ForgetClientIds;

/// <summary>Deletes old client event ids; a repeat after that counts as a new event.</summary>
internal sealed class ForgetClientIdsJob(NpgsqlDataSource database, IOptions<AcceptOptions> options, TimeProvider time)
    : IJob
{
    public const string Name = "forget_client_event_ids";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken) =>
        await run.ReportAsync(
            $"forgot {await ForgetAsync(cancellationToken)} event ids of clients",
            share: 1,
            cancellationToken
        );

    /// <returns>Ids that were deleted.</returns>
    public Task<long> ForgetAsync(CancellationToken cancellationToken) =>
        PiecewiseDelete.RunAsync(
            database,
            "ingestion.client_event",
            "accepted_at < @before",
            time.GetUtcNow().UtcDateTime.AddDays(-options.Value.ClientIdDays),
            cancellationToken
        );
}
