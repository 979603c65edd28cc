namespace Fecom.Platform.Messaging;

/// <summary>Decides when a reader's next batch is full enough to be processed. Used by the reader's thread only.</summary>
/// <param name="settings">How its endpoints are read.</param>
/// <param name="batch">The batch.</param>
/// <param name="expected">Messages that are there for the next batch, those of the batch among them; null when that is not known.</param>
/// <param name="time">The clock.</param>
internal sealed class BatchIntake(
    TopicEndpointDefinition settings,
    NativeBatch batch,
    Func<long?> expected,
    TimeProvider time
)
{
    /// <summary>
    /// What was sent at once comes a partition at a time within a few milliseconds. A batch that began with the first of them would
    /// leave the others to the next one, a whole interval later. Nobody waits for more than what is there, where that is known.
    /// </summary>
    private static readonly TimeSpan Stragglers = TimeSpan.FromMilliseconds(4);

    private long _began;

    /// <summary>Waits up to <paramref name="wait"/> for a first message, then takes what is there.</summary>
    /// <param name="wait">How long; not at all while the batch before is to be finished.</param>
    /// <param name="finish">Finishes the batch before, and is called unless enough is there for the next one; null when it is finished.</param>
    public void Take(TimeSpan wait, Action? finish)
    {
        batch.Read(finish is null ? wait : TimeSpan.Zero, settings.MaxBatchBytes);
        if (finish is not null && batch.Count < settings.SmallBatch)
        {
            finish();
        }

        if (batch.Count == 0)
        {
            return;
        }

        if (batch.Count < settings.SmallBatch)
        {
            TimeSpan left = settings.BatchInterval - time.GetElapsedTime(_began);
            if (left > Stragglers)
            {
                batch.Gather(left, settings.SmallBatch, settings.MaxBatchBytes);
            }
            else
            {
                long enough = Math.Min(expected() ?? long.MaxValue, settings.SmallBatch);
                batch.Gather(Stragglers, (int)enough, settings.MaxBatchBytes);
            }
        }

        _began = time.GetTimestamp();
    }
}
