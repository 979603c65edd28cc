using System.Threading.Channels;
using Fecom.Contracts;
using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Options;
using Npgsql.Replication;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>Sends captured rows and changes to their topic, and confirms them to PostgreSQL once they are safe.</summary>
/// <remarks>Safe is, with a real Kafka, what Kafka has acknowledged; with the embedded one, whose log ends with its host, what every sink has.</remarks>
internal sealed class ChangeFlow(
    CaptureTable table,
    SnapshotRows rows,
    CaptureProgress progress,
    SourceTypes types,
    ITopicProducer producer,
    IPipelineBarrier barrier,
    IOptions<CaptureOptions> options,
    IOptions<KafkaOptions> kafka,
    TimeProvider time
)
{
    private const int BatchesAPass = 10;

    private SourceProgress Source => progress.Source;

    /// <summary>Sends the rows of the snapshot that some sink may not have.</summary>
    public async Task SendSnapshotAsync(CaptureState state, CancellationToken cancellationToken)
    {
        OutageRetry storing = new(time, Source.ReportStoring);
        long stored = state.Position;
        long after = stored;
        IReadOnlyList<OutgoingMessage> batch;
        int batches = 0;
        Source.Moved(after, 0);
        do
        {
            batch = await rows.ReadAsync(state, after, options.Value.BatchRows, cancellationToken);
            if (batch.Count > 0)
            {
                await SendAsync(batch, cancellationToken);
                after = batch[^1].Origin!.Value.Position;
                Source.Moved(after, 0);
            }

            if (++batches % BatchesAPass == 0 || batch.Count == 0)
            {
                await MakeSafeAsync(storing, cancellationToken);
                await storing.RunAsync("PostgreSQL", token => table.SentAsync(state, after, token), cancellationToken);
            }
        } while (batch.Count > 0);
    }

    /// <summary>Follows the changes until the connection breaks or somebody cancels.</summary>
    /// <param name="state">The state to continue from.</param>
    /// <param name="published">What the source publishes of the table.</param>
    /// <param name="connection">A connection that is not streaming yet.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task FollowAsync(
        CaptureState state,
        PublishedTable published,
        LogicalReplicationConnection connection,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource pass = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ChangeStream stream = new(state, published.Key, options.Value, types, time);
        Channel<CapturedBatch> batches = Channel.CreateBounded<CapturedBatch>(2);
        // Of the marks that Kafka has passed, only the last one matters.
        Channel<CaptureMark> sent = Channel.CreateBounded<CaptureMark>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest }
        );
        Source.Moved(state.Position, 0);
        connection.SetReplicationStatus(state.Mark.Lsn);
        Task[] work =
        [
            Task.Run(() => stream.ReadAsync(connection, batches.Writer, pass.Token), CancellationToken.None),
            SendAsync(batches.Reader, sent.Writer, pass.Token),
            ConfirmAsync(state, connection, sent.Reader, pass.Token),
        ];
        Task first = await Task.WhenAny(work);
        await pass.CancelAsync();
        // The first one to end stops the others; the connection is not closed before they have ended.
        await Task.WhenAll(work)
            .ContinueWith(
                static ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        // Of several failures the reader's is taken for the cause.
        await (Array.Find(work, task => task.IsFaulted) ?? first);
    }

    private async Task SendAsync(
        ChannelReader<CapturedBatch> batches,
        ChannelWriter<CaptureMark> sent,
        CancellationToken cancellationToken
    )
    {
        await foreach (CapturedBatch batch in batches.ReadAllAsync(cancellationToken))
        {
            if (batch.Messages.Count > 0)
            {
                await SendAsync(batch.Messages, cancellationToken);
                Source.Moved(batch.Messages[^1].Origin!.Value.Position, 0);
            }

            if (batch.Mark is { } mark)
            {
                await sent.WriteAsync(mark, cancellationToken);
            }
        }
    }

    private async Task ConfirmAsync(
        CaptureState state,
        LogicalReplicationConnection connection,
        ChannelReader<CaptureMark> sent,
        CancellationToken cancellationToken
    )
    {
        OutageRetry storing = new(time, Source.ReportStoring);
        long position = state.Position;
        await foreach (CaptureMark mark in sent.ReadAllAsync(cancellationToken))
        {
            if (mark.Position > position)
            {
                await MakeSafeAsync(storing, cancellationToken);
                position = mark.Position;
            }

            // Stored here before it is confirmed: PostgreSQL may discard only what will never be read again.
            await storing.RunAsync("PostgreSQL", token => table.AdvanceAsync(state, mark, token), cancellationToken);
            connection.SetReplicationStatus(mark.Lsn);
            await connection.SendStatusUpdate(cancellationToken);
            await Task.Delay(options.Value.ConfirmInterval, time, cancellationToken);
        }
    }

    private Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken) =>
        new OutageRetry(time, Source.ReportSending).RunAsync(
            "Kafka, or a consumer downstream that lags",
            token => producer.SendAsync(Topics.PostgresEvents, messages, token),
            cancellationToken
        );

    private Task MakeSafeAsync(OutageRetry retry, CancellationToken cancellationToken) =>
        kafka.Value.BootstrapServers == KafkaOptions.Embedded
            ? retry.RunAsync(
                "a consumer downstream that lags",
                token => barrier.PassAsync(Topics.PostgresEvents, token),
                cancellationToken
            )
            : Task.CompletedTask;
}
