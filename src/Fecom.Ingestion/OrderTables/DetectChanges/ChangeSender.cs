using System.Threading.Channels;
using Fecom.Contracts;
using Fecom.Ingestion.OrderTables.Shared;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>
/// Sends a snapshot's changes while the next ones are computed. A listener gets them from here and not from the topic, so that
/// they cannot be lost with an embedded cluster's memory: the snapshot counts as taken only when the listener has them.
/// </summary>
internal sealed class ChangeSender(
    ITopicProducer producer,
    IPipelineBarrier barrier,
    IEnumerable<IRowListener> listeners,
    IOptions<LoadOptions> options,
    TimeProvider time
)
{
    /// <summary>Completes when every sink and every listener has every change.</summary>
    public async Task SendAsync(
        FecomTable table,
        SnapshotDiff diff,
        SourceProgress progress,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource pass = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<ChangeBatch> found = Channel.CreateBounded<ChangeBatch>(1);
        Task finding = Task.Run(() => FindAsync(diff, found.Writer, pass.Token), CancellationToken.None);
        try
        {
            await foreach (ChangeBatch batch in found.Reader.ReadAllAsync(pass.Token))
            {
                await Task.WhenAll(
                    SendAsync(table, batch, progress, pass.Token),
                    NotifyAsync(table, batch, progress, pass.Token)
                );
            }
        }
        finally
        {
            await pass.CancelAsync();
            // Wait for it before its files are closed.
            await finding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await new OutageRetry(time, progress.ReportStoring).RunAsync(
            "a consumer downstream that lags",
            token => barrier.PassAsync(Topics.TableChanges(table.Name), token),
            cancellationToken
        );
    }

    /// <summary>The columns that listeners want.</summary>
    public IReadOnlyList<string> Listened(FecomTable table) => Listener(table)?.Columns(table) ?? [];

    /// <summary>Notifies the listener that it has all changes of a snapshot.</summary>
    public void Complete(FecomTable table) => Listener(table)?.Completed(table);

    private IRowListener? Listener(FecomTable table) =>
        listeners.FirstOrDefault(listener => listener.Columns(table).Count > 0);

    private async Task FindAsync(
        SnapshotDiff diff,
        ChannelWriter<ChangeBatch> found,
        CancellationToken cancellationToken
    )
    {
        try
        {
            foreach (ChangeBatch batch in diff.Batches(options.Value.BatchRows))
            {
                await found.WriteAsync(batch, cancellationToken);
            }

            found.Complete();
        }
        catch (Exception e)
        {
            // Whoever reads the channel throws it.
            found.Complete(e);
        }
    }

    private Task SendAsync(
        FecomTable table,
        ChangeBatch batch,
        SourceProgress progress,
        CancellationToken cancellationToken
    ) =>
        new OutageRetry(time, progress.ReportSending).RunAsync(
            "Kafka, or a consumer downstream that lags",
            token => producer.SendAsync(Topics.TableChanges(table.Name), batch.Messages, token),
            cancellationToken
        );

    private async Task NotifyAsync(
        FecomTable table,
        ChangeBatch batch,
        SourceProgress progress,
        CancellationToken cancellationToken
    )
    {
        if (Listener(table) is { } listener)
        {
            await new OutageRetry(time, progress.ReportStoring).RunAsync(
                "PostgreSQL",
                token => listener.TakeAsync(table, batch.Rows, token),
                cancellationToken
            );
        }
    }
}
