using System.Threading.Channels;
using Fecom.Contracts;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Platform.Messaging;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>
/// Sends a file's rows from a position to its end. Three tasks run concurrently: rows are parsed a batch ahead,
/// each batch is sent once Kafka has the one before, and the stored position follows what has reached every sink.
/// </summary>
internal sealed class FileSender(
    ITopicProducer producer,
    IPipelineBarrier barrier,
    FileLoadTable table,
    TimeProvider time
)
{
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(1);

    /// <summary>Completes when every sink has every row, and the position is stored.</summary>
    public async Task<FileEnd> RunAsync(
        Guid load,
        RowBatches rows,
        LoadProgress progress,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource pass = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<RowBatch> parsed = Channel.CreateBounded<RowBatch>(1);
        // Of the positions that Kafka has acknowledged, only the last one matters to the checkpoint.
        Channel<LoadPosition> acknowledged = Channel.CreateBounded<LoadPosition>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest }
        );
        Task parsing = Guarded(Task.Run(() => ParseAsync(rows, parsed.Writer, pass.Token), pass.Token), pass);
        Task<FileEnd> sending = SendAsync(parsed.Reader, acknowledged.Writer, progress, pass.Token);
        Task guarded = Guarded(sending, pass);
        Task checkpoints = Guarded(CheckpointAsync(load, acknowledged.Reader, sending, progress, pass.Token), pass);
        await Task.WhenAll(parsing, guarded, checkpoints);
        return await sending;
    }

    /// <summary>When one of the three fails, the others stop.</summary>
    private static async Task Guarded(Task work, CancellationTokenSource pass)
    {
        try
        {
            await work;
        }
        catch
        {
            await pass.CancelAsync();
            throw;
        }
    }

    private async Task ParseAsync(RowBatches rows, ChannelWriter<RowBatch> parsed, CancellationToken cancellationToken)
    {
        RowBatch batch;
        do
        {
            batch = rows.Next(time.GetUtcNow().UtcDateTime);
            await parsed.WriteAsync(batch, cancellationToken);
        } while (batch.End is null);

        parsed.Complete();
    }

    private async Task<FileEnd> SendAsync(
        ChannelReader<RowBatch> parsed,
        ChannelWriter<LoadPosition> acknowledged,
        LoadProgress progress,
        CancellationToken cancellationToken
    )
    {
        OutageRetry retry = new(time, error => progress.SendError = error);
        FileEnd? end = null;
        await foreach (RowBatch batch in parsed.ReadAllAsync(cancellationToken))
        {
            end = batch.End;
            if (batch.Messages.Count > 0)
            {
                await retry.RunAsync(
                    "Kafka, or a consumer downstream that lags",
                    token => producer.SendAsync(Topics.RawUserBehavior, batch.Messages, token),
                    cancellationToken
                );
                progress.Acknowledged(batch.Position);
                await acknowledged.WriteAsync(batch.Position, cancellationToken);
            }
        }

        acknowledged.Complete();
        return end!;
    }

    private async Task CheckpointAsync(
        Guid load,
        ChannelReader<LoadPosition> acknowledged,
        Task sending,
        LoadProgress progress,
        CancellationToken cancellationToken
    )
    {
        OutageRetry retry = new(time, error => progress.StoreError = error);
        await foreach (LoadPosition position in acknowledged.ReadAllAsync(cancellationToken))
        {
            await retry.RunAsync(
                "a consumer downstream that lags",
                token => barrier.PassAsync(Topics.RawUserBehavior, token),
                cancellationToken
            );
            await retry.RunAsync(
                "PostgreSQL",
                token => table.StorePositionAsync(load, position, token),
                cancellationToken
            );
            await Task.WhenAny(sending, Task.Delay(CheckpointInterval, time, cancellationToken));
        }
    }
}
