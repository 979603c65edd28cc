using MassTransit;
using MassTransit.Transports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Passes batches to a MassTransit consumer. A batch that fails is split until the failing message is alone; that one goes
/// to the dead-letter topic, and the rest is processed. A server's failure is no message's fault and is rethrown.
/// </summary>
internal sealed partial class BatchDispatcher<T, TConsumer>(
    EndpointServices services,
    TopicEndpointDefinition endpoint,
    GivenUpMessages givenUp,
    ILogger logger
) : IDisposable
    where T : class
    where TConsumer : class, IConsumer<TopicBatch<T>>
{
    private static readonly Dictionary<string, object> Headers = new(StringComparer.Ordinal)
    {
        [MessageHeaders.ContentType] = BatchSerialization.MediaType,
    };

    private readonly IServiceScope _scope = services.Scopes.CreateScope();
    private IReceiveEndpointDispatcher<TConsumer>? _dispatcher;

    /// <summary>Messages that are dispatched together; halved after a statement that took too long.</summary>
    private int _maxMessages = endpoint.BatchSize;

    private List<Func<CancellationToken, Task>> _unfinished = [];

    /// <summary>What the consumer has left to do since the last call: see <see cref="TopicBatch{T}.Finish"/>.</summary>
    public IReadOnlyList<Func<CancellationToken, Task>> TakeUnfinished()
    {
        List<Func<CancellationToken, Task>> unfinished = _unfinished;
        if (unfinished.Count > 0)
        {
            _unfinished = [];
        }

        return unfinished;
    }

    /// <summary>Has the messages processed, in order within a partition.</summary>
    /// <exception cref="Exception">A server is unavailable (see <see cref="Outage"/>): dispatch the same messages again later.</exception>
    public async Task DispatchAsync(IReadOnlyList<TopicMessage<T>> messages, CancellationToken cancellationToken)
    {
        IReadOnlyList<TopicMessage<T>> left = givenUp.IsEmpty
            ? messages
            : [.. messages.Where(message => !givenUp.Contains(message.Partition, message.Offset))];
        try
        {
            for (int done = 0; done < left.Count; done += _maxMessages)
            {
                await SplitAsync(
                    left.Count <= _maxMessages ? left : [.. left.Skip(done).Take(_maxMessages)],
                    cancellationToken
                );
            }
        }
        catch (Exception e) when (Outage.IsTimeout(e))
        {
            // A smaller batch may finish within the time limit; if the statement waited for a lock instead, halving does no harm.
            _maxMessages = Math.Max(1, Math.Min(_maxMessages, left.Count) / 2);
            throw;
        }

        _maxMessages = Math.Min(2 * _maxMessages, endpoint.BatchSize);
    }

    private async Task SplitAsync(IReadOnlyList<TopicMessage<T>> messages, CancellationToken cancellationToken)
    {
        _dispatcher ??= _scope.ServiceProvider.GetRequiredService<IReceiveEndpointDispatcher<TConsumer>>();
        TopicBatch<T> batch = new(endpoint.Carries, messages);
        try
        {
            await _dispatcher.Dispatch([], Headers, cancellationToken, new BatchPayload(batch));
            if (batch.Finish is { } finish)
            {
                _unfinished.Add(finish);
            }
        }
        catch (Exception e)
            when (!cancellationToken.IsCancellationRequested
                && (!Outage.Is(e) || (messages.Count > 1 && Outage.IsTooMuchAtOnce(e)))
            )
        {
            if (messages.Count == 1)
            {
                await BuryAsync(messages[0], e, cancellationToken);
                return;
            }

            LogSplit(endpoint.Name, messages.Count, e.Message);
            int half = messages.Count / 2;
            await SplitAsync([.. messages.Take(half)], cancellationToken);
            await SplitAsync([.. messages.Skip(half)], cancellationToken);
        }
    }

    /// <summary>Gives up a message that is not what the topic carries.</summary>
    public Task BuryAsync(UnreadableMessage message, CancellationToken cancellationToken) =>
        BuryAsync(message.Lane, message.Offset, message.Key, message.Bytes, message.Reason, cancellationToken);

    public void Dispose() => _scope.Dispose();

    private async Task BuryAsync(TopicMessage<T> message, Exception cause, CancellationToken cancellationToken)
    {
        LogPoison(cause, endpoint.Name, endpoint.Topic, message.Partition, message.Offset);
        (byte[] key, byte[] bytes) = message.Original is { } original ? (message.Key, original) : Copy(message.Native);
        await BuryAsync(message.Partition, message.Offset, key, bytes, cause.Message, cancellationToken);
    }

    private static unsafe (byte[] Key, byte[] Value) Copy(nint native)
    {
        NativeMessage* message = (NativeMessage*)native;
        return (
            new ReadOnlySpan<byte>(message->Key, (int)message->KeyLength).ToArray(),
            new ReadOnlySpan<byte>(message->Value, (int)message->ValueLength).ToArray()
        );
    }

    private async Task BuryAsync(
        int lane,
        long offset,
        byte[] key,
        byte[] bytes,
        string reason,
        CancellationToken cancellationToken
    )
    {
        await services.DeadLetters.BuryAsync(endpoint, lane, offset, key, bytes, reason, cancellationToken);
        givenUp.Add(lane, offset);
        services.Status.GaveUp();
        services.Metrics.GaveUp(endpoint, lane);
    }

    [LoggerMessage(LogLevel.Warning, "{Endpoint}: a batch of {Messages} failed and is split: {Reason}")]
    private partial void LogSplit(string endpoint, int messages, string reason);

    [LoggerMessage(LogLevel.Error, "{Endpoint}: the message at {Topic}/{Partition}@{Offset} cannot be processed")]
    private partial void LogPoison(Exception cause, string endpoint, string topic, int partition, long offset);
}
