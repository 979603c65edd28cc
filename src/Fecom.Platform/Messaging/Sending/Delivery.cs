using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Counts the acknowledgements of one call.</summary>
internal sealed class Delivery
{
    private readonly string _topic;
    private readonly Backlog _backlog;
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GCHandle _handle;
    private int _open;
    private volatile string? _reason;
    private volatile bool _isTooLarge;

    /// <param name="topic">The topic that the messages are sent to.</param>
    /// <param name="messages">How many.</param>
    /// <param name="backlog">Is notified of each acknowledgement.</param>
    public Delivery(string topic, int messages, Backlog backlog)
    {
        _topic = topic;
        _backlog = backlog;
        _open = messages;
        _handle = GCHandle.Alloc(this);
    }

    /// <summary>What the library carries with each message.</summary>
    public nint Opaque => GCHandle.ToIntPtr(_handle);

    /// <summary>Completes when every message is acknowledged; faults, once all have an outcome, when one has failed.</summary>
    public Task Completed => _completed.Task;

    /// <summary>Faults as soon as one message has failed.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Whether one has.</summary>
    public bool HasFailed => _reason is not null;

    public static Delivery Of(nint opaque) => (Delivery)GCHandle.FromIntPtr(opaque).Target!;

    /// <summary>A message has been acknowledged, or has failed.</summary>
    public void Handle(int error, int partition, long offset, int bytes)
    {
        if (error == 0)
        {
            _backlog.Delivered(_topic, partition, offset, bytes);
        }
        else
        {
            _isTooLarge |= error == (int)ErrorCode.MsgSizeTooLarge;
            _reason = RdKafka.Reason(error);
            _backlog.Failed(_topic, partition, bytes);
            _failed.TrySetException(Exception());
        }

        Close(1);
    }

    /// <summary>A batch has been appended; it may have messages of other calls too.</summary>
    public void Appended(int partition, long first, int messages, long bytes) =>
        _backlog.Appended(_topic, partition, first, messages, bytes);

    /// <summary>So many messages are not sent.</summary>
    public void Abandon(int messages)
    {
        if (messages > 0)
        {
            _reason ??= "the sender gave up";
            Close(messages);
        }
    }

    private void Close(int messages)
    {
        if (Interlocked.Add(ref _open, -messages) > 0)
        {
            return;
        }

        _handle.Free();
        if (_reason is null)
        {
            _completed.SetResult();
        }
        else
        {
            _completed.SetException(Exception());
            // Observes the exception, for a caller that was cancelled and no longer awaits it.
            _ = _completed.Task.Exception;
            _ = _failed.Task.Exception;
        }
    }

    private Exception Exception() =>
        _isTooLarge
            ? new MessageTooLargeException(
                $"Kafka refuses a message for {_topic}: it is larger than the topic's {TopicFit.MaxMessageBytes}"
            )
            : new TopicUnavailableException($"Kafka did not take a message for {_topic}: {_reason}");
}
