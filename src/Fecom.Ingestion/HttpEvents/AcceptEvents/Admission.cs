namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>The memory reserved for a call, counted as it grows; released by disposing.</summary>
internal sealed class Admission(Outbox outbox) : IDisposable
{
    private long _held;

    /// <summary>Sets how many bytes the call has in memory now.</summary>
    /// <returns>False when that exceeds the limit of all calls together; then the reservation is unchanged.</returns>
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
