using System.Diagnostics;
using System.Threading.Channels;
using Fecom.Contracts;
using Fecom.Ingestion.HttpEvents.Shared;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Platform.Hosts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Services;

namespace Fecom.Ingestion.HttpEvents.RelayEvents;

/// <summary>
/// Sends the outbox's events to the raw topic in the order of their numbers, on one host at a time. A chunk is deleted once
/// every sink has it; after a restart all that is left is sent again, and the sinks skip what they have.
/// </summary>
internal sealed class RelayService(
    Supervision supervision,
    HostLease lease,
    OutboxChunks chunks,
    OutboxState outbox,
    ITopicProducer producer,
    IPipelineBarrier barrier,
    Notices notices,
    RelayProgress progress,
    TimeProvider time
) : SupervisedService(supervision, "the relay of the API's events")
{
    /// <summary>How often to poll, while other hosts accept events, for those; this host's own are handed over at once.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan DeleteInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Another host has said that it has written, and says no more for a while, since it counts on being polled: its chunk may lie behind one
    /// that was handed over.
    /// </summary>
    private volatile bool _isAsked;

    protected override Task RunAsync(CancellationToken stoppingToken) =>
        lease.HoldAsync(IngestionLocks.RelayOutbox, Name, RelayAsync, stoppingToken);

    private async Task RelayAsync(CancellationToken cancellationToken)
    {
        Channel<long> acknowledged = Channel.CreateBounded<long>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest }
        );
        outbox.RelaysHere = true;
        try
        {
            await ConcurrentWork.UntilFirstEndsAsync(
                cancellationToken,
                token => SendAsync(acknowledged.Writer, token),
                token => DeleteAsync(acknowledged.Reader, token),
                HearAsync
            );
        }
        finally
        {
            outbox.RelaysHere = false;
        }
    }

    /// <summary>Wakes the relay for events of other hosts.</summary>
    private async Task HearAsync(CancellationToken cancellationToken)
    {
        using Notice asked = notices.Follow(OutboxState.Asked);
        while (true)
        {
            await asked.WaitAsync(cancellationToken);
            _isAsked = true;
            outbox.Written.Set();
        }
    }

    private async Task SendAsync(ChannelWriter<long> acknowledged, CancellationToken cancellationToken)
    {
        OutageRetry retry = new(time, progress.ReportSending);
        using ITimer timer = outbox.Written.SetEvery(PollInterval, time);
        long last = time.GetTimestamp();
        OutboxBatch batch = new([], 0, Next: null, new TraceContexts());
        while (true)
        {
            bool isAsked = _isAsked;
            _isAsked = false;
            if (!isAsked && chunks.TakeHanded(batch) is { } handed)
            {
                batch = handed;
            }
            else
            {
                bool isOwn = outbox.IsWriting;
                await retry.RunAsync(
                    "PostgreSQL",
                    async token => batch = await chunks.ReadAsync(batch, token),
                    cancellationToken
                );
                if (batch.Messages.Count > 0 && (isAsked || (!isOwn && !outbox.IsWriting)))
                {
                    last = time.GetTimestamp();
                }

                TimeSpan interval =
                    time.GetElapsedTime(last) < OutboxState.Awake ? PollInterval : Timeout.InfiniteTimeSpan;
                timer.Change(interval, interval);
            }

            if (batch.Messages.Count == 0)
            {
                await outbox.Written.WaitAsync(cancellationToken);
                continue;
            }

            // What the producer sends within it goes on with the calls' trace.
            using (batch.Traces.Count > 0 ? batch.Traces.Start("relay outbox", ActivityKind.Internal) : null)
            {
                await retry.RunAsync(
                    "Kafka, or a consumer downstream that lags",
                    token => producer.SendAsync(Topics.RawUserBehavior, batch.Messages, token),
                    cancellationToken
                );
            }

            await acknowledged.WriteAsync(batch.LastChunk, cancellationToken);
            if (!batch.IsFull)
            {
                await outbox.Written.WaitAsync(cancellationToken);
            }
        }
    }

    private async Task DeleteAsync(ChannelReader<long> acknowledged, CancellationToken cancellationToken)
    {
        OutageRetry retry = new(time, progress.ReportDeleting);
        while (await acknowledged.WaitToReadAsync(cancellationToken))
        {
            await Task.Delay(DeleteInterval, time, cancellationToken);
            long last = await acknowledged.ReadAsync(cancellationToken);
            await retry.RunAsync(
                "a consumer downstream that lags",
                token => barrier.PassAsync(Topics.RawUserBehavior, token),
                cancellationToken
            );
            await retry.RunAsync("PostgreSQL", token => chunks.DeleteAsync(last, token), cancellationToken);
        }
    }
}
