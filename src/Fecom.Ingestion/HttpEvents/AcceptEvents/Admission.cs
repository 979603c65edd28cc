namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>The memory that a call takes, counted as it grows, until the call is disposed of.</summary>
internal sealed class Admission(Outbox outbox) : IDisposable
{
    private long _held;

    /// <summary>Says how many bytes the call has in memory by now.</summary>
    /// <returns>False when that is too much beside the other calls; then it holds what it held.</returns>
    public bool TryHold(long bytes)
    {
        if (!outbox.TryTake(bytes - _held, bytes))
        {
            return false;
        }

        _held = bytes;
        return true;
    }

    public void Dispose() => TryHold(0);
}
