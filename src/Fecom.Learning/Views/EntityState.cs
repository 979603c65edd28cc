using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>
/// The events of one entity, summed up: whatever their order, and in whatever batches they come, the same events make the
/// same state, byte for byte. So late events, a backlog read again and several hosts need no path of their own.
/// </summary>
/// <remarks>
/// Changed in place; not safe for several threads at once. An event must be stepped once: whoever steps drops duplicates.
/// What commutes: sums of whole numbers, minimum and maximum, the newest of events (<see cref="EventOrder"/>), the newest of a
/// key among the newest keys (<see cref="MarkList"/>), and tiles of time (<see cref="TileSeries"/>). A sum of floating-point
/// numbers does not, and neither does anything that goes by the order of arrival.
/// </remarks>
public abstract class EntityState
{
    /// <summary>When the newest event happened, UTC; the Unix epoch before the first event.</summary>
    public abstract DateTime EventTime { get; }

    /// <summary>Takes an event in.</summary>
    public abstract void Step(BehaviorEvent e);

    /// <summary>The state as bytes: see <see cref="PackedFeatures"/>. Equal states of equal revisions give equal bytes.</summary>
    /// <param name="revision">Greater with each state of the entity; zero or above.</param>
    public byte[] Pack(long revision) => Packed(revision).ToArray();

    /// <summary>The same, where whoever asks copies the bytes: they are there until this thread packs the next state.</summary>
    /// <param name="revision">Greater with each state of the entity; zero or above.</param>
    public ReadOnlySpan<byte> Packed(long revision)
    {
        PackedWriter writer = PackedWriter.Begin(revision);
        Write(writer);
        return writer.Finish();
    }

    /// <summary>Fills a new state with what <see cref="Write"/> wrote.</summary>
    internal void Fill(ref PackedReader reader) => Read(ref reader);

    /// <summary>Writes every field, always in the same order.</summary>
    protected abstract void Write(PackedWriter writer);

    /// <summary>Reads what <see cref="Write"/> wrote into this new state.</summary>
    protected abstract void Read(ref PackedReader reader);
}
