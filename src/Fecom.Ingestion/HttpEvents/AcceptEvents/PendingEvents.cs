namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>A call's events on their way to the outbox.</summary>
/// <param name="batch">The events.</param>
/// <param name="trace">The call's trace context; null when it is not traced.</param>
internal sealed class PendingEvents(EventBatch batch, string? trace)
{
    private readonly TaskCompletionSource _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReadOnlyMemory<byte> Payload => batch.Payload;

    public IReadOnlyList<Guid?> ClientIds => batch.ClientIds;

    public int Count => batch.Accepted;

    public string? Trace => trace;

    /// <summary>Completes when PostgreSQL has the events.</summary>
    public Task Durable => _durable.Task;

    public void Succeed() => _durable.TrySetResult();

    public void Fail(Exception cause) => _durable.TrySetException(cause);
}
