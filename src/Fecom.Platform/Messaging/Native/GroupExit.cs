using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Has a consumer commit its offsets and leave its group, within a time. librdkafka's own close waits for the group's coordinator
/// for as long as that takes, which is for ever when the cluster is gone.
/// </summary>
internal static unsafe class GroupExit
{
    private const int PollMilliseconds = 100;
    private const int MaxMessages = 64;

    /// <summary>Leaves; the consumer's own callbacks run meanwhile, on this thread. Afterwards the consumer can only be disposed.</summary>
    /// <param name="consumer">A managed consumer that nothing reads from any more.</param>
    /// <param name="timeout">How long at most.</param>
    /// <param name="time">The clock.</param>
    /// <returns>False if it had not left by then: the group drops it once its session has timed out.</returns>
    public static bool TryLeave(IClient consumer, TimeSpan timeout, TimeProvider time)
    {
        nint client = RdKafka.HandleOf(consumer);
        nint queue = RdKafka.NewQueue(client);
        try
        {
            nint error = RdKafka.CloseConsumer(client, queue);
            if (error != 0)
            {
                // A fatal error has ended the consumer's membership already.
                RdKafka.DestroyError(error);
                return false;
            }

            long start = time.GetTimestamp();
            while (RdKafka.IsConsumerClosed(client) == 0 && time.GetElapsedTime(start) < timeout)
            {
                Serve(queue);
            }

            return RdKafka.IsConsumerClosed(client) != 0;
        }
        finally
        {
            RdKafka.DestroyQueue(queue);
        }
    }

    /// <summary>Runs the callbacks that the closing consumer still has, and drops what it had fetched.</summary>
    private static void Serve(nint queue)
    {
        NativeMessage** messages = stackalloc NativeMessage*[MaxMessages];
        nint count = RdKafka.Consume(queue, PollMilliseconds, messages, MaxMessages);
        for (nint i = 0; i < count; i++)
        {
            RdKafka.DestroyMessage(messages[i]);
        }
    }
}
