using Fecom.Platform.Hosts;
using Fecom.Platform.Services;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>Sends the invalid events to Elasticsearch in the order of their ids, on one host at a time, and stores its position.</summary>
internal sealed class IndexService(
    Supervision supervision,
    HostLease lease,
    IndexTable table,
    InvalidEventIndexer indexer,
    IOptions<ElasticsearchOptions> options,
    TimeProvider time
) : SupervisedService(supervision, "sending invalid events to Elasticsearch")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task RunAsync(CancellationToken stoppingToken) =>
        lease.HoldAsync(ValidationLocks.Index, Name, IndexAsync, stoppingToken);

    private async Task IndexAsync(CancellationToken cancellationToken)
    {
        long position = await table.PositionAsync(cancellationToken);
        using PeriodicTimer timer = new(Interval, time);
        do
        {
            while (await NextAsync(position, cancellationToken) is { Count: > 0 } invalidEvents)
            {
                IReadOnlyDictionary<long, string> lost = await indexer.IndexAsync(invalidEvents, cancellationToken);
                position = invalidEvents[^1].Id;
                await table.AdvanceAsync(position, lost, cancellationToken);
            }
            while (
                await table.NextToReindexAsync(options.Value.BulkEvents, options.Value.BulkBytes, cancellationToken)
                    is { Count: > 0 } again
            )
            {
                await table.ReindexedAsync(
                    again,
                    await indexer.IndexAsync(again, cancellationToken),
                    cancellationToken
                );
            }
        } while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private Task<IReadOnlyList<InvalidEventToIndex>> NextAsync(long position, CancellationToken cancellationToken) =>
        table.NextAsync(position, options.Value.BulkEvents, options.Value.BulkBytes, cancellationToken);
}
