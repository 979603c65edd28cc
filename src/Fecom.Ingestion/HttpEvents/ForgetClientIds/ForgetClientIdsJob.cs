using Fecom.Ingestion.HttpEvents.AcceptEvents;
using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Ingestion.HttpEvents.ForgetClientIds;

/// <summary>Forgets the ids that clients gave their events long ago; a repeat after that is taken as a new event.</summary>
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

    /// <returns>Ids that were forgotten.</returns>
    public Task<long> ForgetAsync(CancellationToken cancellationToken) =>
        PiecewiseDelete.RunAsync(
            database,
            "ingestion.client_event",
            "accepted_at < @before",
            time.GetUtcNow().UtcDateTime.AddDays(-options.Value.ClientIdDays),
            cancellationToken
        );
}
