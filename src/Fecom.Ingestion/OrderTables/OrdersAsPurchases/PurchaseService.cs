using Fecom.Contracts;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Ingestion.Shared.RunSources;
using Fecom.Platform.Hosts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.OrderTables.OrdersAsPurchases;

/// <summary>
/// Sends each order item that has found its order, its customer and its product as a purchase, on one host at a time. A purchase
/// gets its permanent position before it is sent; after a restart all that some sink may lack is sent again, and the sinks skip duplicates.
/// </summary>
internal sealed partial class PurchaseService(
    Supervision supervision,
    HostLease lease,
    PurchaseTable table,
    PurchaseProgress progress,
    LoadRuns runs,
    ITopicProducer producer,
    IPipelineBarrier barrier,
    IOptions<LoadOptions> options,
    TimeProvider time,
    ILogger<PurchaseService> logger
) : SupervisedService(supervision, "the purchases of the order tables")
{
    private const int BatchesAPass = 10;

    private readonly OutageRetry _sending = new(time, progress.Source.ReportSending);
    private readonly OutageRetry _storing = new(time, progress.Source.ReportStoring);

    protected override Task RunAsync(CancellationToken stoppingToken) =>
        lease.HoldAsync(IngestionLocks.RelayPurchases, Name, FollowAsync, stoppingToken);

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        // Another host may take the tables, so this one also polls.
        Signal changed = runs.Requested(PurchaseProgress.Kind);
        using ITimer timer = changed.SetEvery(TimeSpan.FromSeconds(options.Value.PollSeconds), time);
        long sent = 0;
        while (true)
        {
            await changed.WaitAsync(cancellationToken);
            IReadOnlyList<LoadRun> requested = await runs.TakeAsync(PurchaseProgress.Kind, cancellationToken);
            long purchases = await table.JoinAsync(always: requested.Count > 0, cancellationToken);
            sent = await SendAsync(sent, cancellationToken);
            await AnnounceAsync(cancellationToken);
            foreach (LoadRun run in requested)
            {
                await runs.FinishAsync(run.Id, purchases, error: null, cancellationToken);
            }
        }
    }

    /// <returns>Position of the last purchase that every sink has.</returns>
    private async Task<long> SendAsync(long after, CancellationToken cancellationToken)
    {
        long stored = after;
        progress.Source.Moved(after, 0);
        for (int batches = 1; ; batches++)
        {
            IReadOnlyList<OrderedProduct> purchases = await table.ReadAsync(
                after,
                options.Value.BatchRows,
                cancellationToken
            );
            if (purchases.Count > 0)
            {
                OutgoingMessage[] messages = [.. purchases.Select(purchase => purchase.ToMessage())];
                await _sending.RunAsync(
                    "Kafka, or a consumer downstream that lags",
                    token => producer.SendAsync(Topics.RawUserBehavior, messages, token),
                    cancellationToken
                );
                after = purchases[^1].Position;
                progress.Source.Moved(after, 0);
            }

            if (after > stored && (purchases.Count == 0 || batches % BatchesAPass == 0))
            {
                await _storing.RunAsync(
                    "a consumer downstream that lags",
                    token => barrier.PassAsync(Topics.RawUserBehavior, token),
                    cancellationToken
                );
                await _storing.RunAsync("PostgreSQL", token => table.TakenAsync(after, token), cancellationToken);
                stored = after;
            }

            if (purchases.Count == 0)
            {
                return stored;
            }
        }
    }

    /// <summary>Announces completed purchases; they count as completed only once every reader has the announcement.</summary>
    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        PurchaseState state = await table.StateAsync(cancellationToken);
        if (state.Taken <= state.Announced)
        {
            return;
        }

        LoadCompleted completed = new()
        {
            LoadId = Guid.CreateVersion7(),
            Source = PurchaseProgress.SourceName,
            Rows = state.Taken - state.Announced,
            CompletedAt = time.GetUtcNow().UtcDateTime,
        };
        OutgoingMessage message = new(null, TopicJson.Write(completed));
        await _sending.RunAsync(
            "Kafka",
            token => producer.SendAsync(Topics.LoadCompleted, [message], token),
            cancellationToken
        );
        await _sending.RunAsync(
            "who acts on a completed load",
            token => barrier.PassAsync(Topics.LoadCompleted, token),
            cancellationToken
        );
        await _storing.RunAsync("PostgreSQL", token => table.AnnouncedAsync(state.Taken, token), cancellationToken);
        LogSent(state.Taken - state.Announced);
    }

    [LoggerMessage(LogLevel.Information, "Sent {Purchases} purchases of the order tables")]
    private partial void LogSent(long purchases);
}
