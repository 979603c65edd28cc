using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>An idempotent producer that passes messages to librdkafka, and takes its acknowledgements, many at a time.</summary>
internal sealed unsafe class NativeProducer : IDisposable
{
    private const int PollMilliseconds = 1_000;
    private const int FlushMilliseconds = 5_000;

    private readonly nint _client;
    private readonly nint _queue;
    private readonly Action<NativeProducer, Error> _failed;
    private readonly OriginSeal _seal;
    private readonly ConcurrentDictionary<string, nint> _topics = new(StringComparer.Ordinal);
    private readonly Thread _poller;
    private int _calls;
    private int _ended;
    private volatile bool _closing;

    /// <param name="config">The producer's settings.</param>
    /// <param name="seal">Writes the origins.</param>
    /// <param name="failed">Told of errors; a fatal one means that this producer takes no more.</param>
    public NativeProducer(ProducerConfig config, OriginSeal seal, Action<NativeProducer, Error> failed)
    {
        _seal = seal;
        _failed = failed;
        _client = RdKafka.NewProducer(config);
        _queue = RdKafka.MainQueue(_client);
        _poller = new Thread(Poll) { IsBackground = true, Name = "kafka-deliveries" };
        _poller.Start();
    }

    /// <summary>Sends a message with headers.</summary>
    /// <returns>0, or librdkafka's error: then no acknowledgement follows.</returns>
    public int Produce(string topic, int partition, in OutgoingMessage message, byte[]? trace, nint opaque)
    {
        byte[] origin = message.Origin is { } place ? _seal.Write(place) : [];
        byte[] malformed = message.Malformed is { } reason ? System.Text.Encoding.UTF8.GetBytes(reason) : [];
        NativeArgument* arguments = stackalloc NativeArgument[9];
        int count = 0;
        using Use use = new(this);
        if (!use.IsPossible)
        {
            return (int)ErrorCode.Local_Destroy;
        }

        fixed (
            byte* key = message.Key,
                value = message.Value,
                originBytes = origin,
                malformedBytes = malformed,
                traceBytes = trace
        )
        {
            arguments[count++] = new() { Type = RdKafka.ArgumentTopic, Pointer = Topic(topic) };
            arguments[count++] = new() { Type = RdKafka.ArgumentPartition, Number = partition };
            arguments[count++] = new() { Type = RdKafka.ArgumentFlags, Number = RdKafka.FlagCopy | RdKafka.FlagBlock };
            arguments[count++] = new()
            {
                Type = RdKafka.ArgumentValue,
                Pointer = (nint)value,
                Size = (nuint)message.Value.Length,
            };
            arguments[count++] = new()
            {
                Type = RdKafka.ArgumentKey,
                Pointer = (nint)key,
                Size = (nuint)(message.Key?.Length ?? 0),
            };
            arguments[count++] = new() { Type = RdKafka.ArgumentOpaque, Pointer = opaque };
            AddHeader(arguments, ref count, MessageHeader.OriginName, originBytes, origin.Length);
            AddHeader(arguments, ref count, MessageHeader.MalformedName, malformedBytes, malformed.Length);
            AddHeader(arguments, ref count, MessageHeader.TraceName, traceBytes, trace?.Length ?? 0);
            nint error = RdKafka.Produce(_client, arguments, (nuint)count);
            if (error == 0)
            {
                return 0;
            }

            int code = RdKafka.ErrorCode(error);
            RdKafka.DestroyError(error);
            return code;
        }
    }

    /// <summary>Sends messages without headers, each to its own partition; sets the error of those that were not accepted.</summary>
    /// <returns>Whether all were taken.</returns>
    public bool Produce(string topic, NativeMessage* messages, int count)
    {
        using Use use = new(this);
        if (use.IsPossible)
        {
            return RdKafka.ProduceBatch(
                    Topic(topic),
                    0,
                    RdKafka.FlagCopy | RdKafka.FlagBlock | RdKafka.FlagPartition,
                    messages,
                    count
                ) == count;
        }

        for (int i = 0; i < count; i++)
        {
            messages[i].Error = (int)ErrorCode.Local_Destroy;
        }

        return false;
    }

    /// <summary>Waits a few seconds for unacknowledged messages; those that are left then fail.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 1)
        {
            return;
        }

        _ = RdKafka.Flush(_client, FlushMilliseconds);
        _ = RdKafka.Purge(_client, RdKafka.PurgeEverything);
        // A sender may still be inside the library, waiting for room in its queue: the client must not be destroyed before that call returns.
        SpinWait.SpinUntil(() => Volatile.Read(ref _calls) == 0);
        _ = RdKafka.Purge(_client, RdKafka.PurgeEverything);
        _closing = true;
        RdKafka.Yield(_queue);
        _poller.Join();
        foreach (nint topic in _topics.Values)
        {
            RdKafka.DestroyTopic(topic);
        }

        RdKafka.DestroyQueue(_queue);
        RdKafka.Destroy(_client);
    }

    private nint Topic(string name) =>
        _topics.GetOrAdd(name, static (name, client) => RdKafka.NewTopic(client, name, 0), _client);

    private static void AddHeader(
        NativeArgument* arguments,
        ref int count,
        ReadOnlySpan<byte> name,
        byte* value,
        int length
    )
    {
        if (length == 0)
        {
            return;
        }

        // A literal: it does not move.
        fixed (byte* literal = name)
        {
            arguments[count++] = new()
            {
                Type = RdKafka.ArgumentHeader,
                Pointer = (nint)literal,
                HeaderValue = (nint)value,
                HeaderSize = length,
            };
        }
    }

    private void Poll()
    {
        while (!_closing || RdKafka.Waiting(_client) > 0)
        {
            nint @event = RdKafka.Poll(_queue, PollMilliseconds);
            if (@event == 0)
            {
                continue;
            }

            switch (RdKafka.EventType(@event))
            {
                case RdKafka.EventDelivery:
                    Deliver(@event);
                    break;
                case RdKafka.EventError:
                    bool fatal = RdKafka.EventIsFatal(@event) != 0;
                    string text =
                        System.Runtime.InteropServices.Marshal.PtrToStringUTF8(RdKafka.EventErrorText(@event)) ?? "";
                    _failed(this, new Error((ErrorCode)RdKafka.EventErrorCode(@event), text, fatal));
                    break;
            }

            RdKafka.DestroyEvent(@event);
        }
    }

    private static void Deliver(nint @event)
    {
        const int Max = 256;
        NativeMessage** messages = stackalloc NativeMessage*[Max];
        Delivery? first = null;
        (int Partition, long Offset, int Messages, long Bytes) batch = default;
        for (
            nuint count = RdKafka.EventMessages(@event, messages, Max);
            count > 0;
            count = RdKafka.EventMessages(@event, messages, Max)
        )
        {
            for (nuint i = 0; i < count; i++)
            {
                NativeMessage* message = messages[i];
                int bytes = (int)(message->ValueLength + message->KeyLength);
                Delivery delivery = Delivery.Of(message->Opaque);
                if (first is null && message->Error == 0)
                {
                    first = delivery;
                    batch = (message->Partition, message->Offset, 0, 0);
                }

                batch.Messages++;
                batch.Bytes += bytes;
                delivery.Handle(message->Error, message->Partition, message->Offset, bytes);
            }
        }

        // One delivery event has the messages of one request, which are one batch.
        first?.Appended(batch.Partition, batch.Offset, batch.Messages, batch.Bytes);
    }

    /// <summary>Counts a call into the library, so that the client is not destroyed during it.</summary>
    private readonly ref struct Use : IDisposable
    {
        private readonly NativeProducer _producer;

        public Use(NativeProducer producer)
        {
            _producer = producer;
            _ = Interlocked.Increment(ref producer._calls);
        }

        public bool IsPossible => Volatile.Read(ref _producer._ended) == 0;

        public void Dispose() => Interlocked.Decrement(ref _producer._calls);
    }
}
