using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>librdkafka's <c>rd_kafka_message_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMessage
{
    public int Error;
    public nint Topic;
    public int Partition;
    public byte* Value;
    public nuint ValueLength;
    public byte* Key;
    public nuint KeyLength;
    public long Offset;
    public nint Opaque;
}

/// <summary>librdkafka's <c>rd_kafka_vu_t</c>: one argument of <c>rd_kafka_produceva</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal unsafe struct NativeArgument
{
    [FieldOffset(0)]
    public int Type;

    [FieldOffset(8)]
    public nint Pointer;

    [FieldOffset(8)]
    public int Number;

    [FieldOffset(16)]
    public nuint Size;

    /// <summary>Of a header: the name is <see cref="Pointer"/>.</summary>
    [FieldOffset(16)]
    public nint HeaderValue;

    [FieldOffset(24)]
    public nint HeaderSize;
}

/// <summary>
/// The calls of librdkafka that send or receive many messages at once. The managed client makes one call and several objects
/// a message, which cost more than everything else that the transport does with it.
/// </summary>
internal static unsafe partial class RdKafka
{
    public const int Producer = 0;
    public const int EventDelivery = 0x1;
    public const int EventError = 0x8;

    /// <summary>Copy the message, wait while the queue is full, take the partition from each message.</summary>
    public const int FlagCopy = 0x2;
    public const int FlagBlock = 0x4;
    public const int FlagPartition = 0x8;

    /// <summary>Argument types of <c>rd_kafka_produceva</c>.</summary>
    public const int ArgumentTopic = 2;
    public const int ArgumentPartition = 3;
    public const int ArgumentValue = 4;
    public const int ArgumentKey = 5;
    public const int ArgumentOpaque = 6;
    public const int ArgumentFlags = 7;
    public const int ArgumentHeader = 9;

    public const int PurgeEverything = 0x3;

    /// <summary>Type of a time that the broker gave.</summary>
    public const int LogAppendTime = 2;

    /// <summary>The library's own handle of a managed client.</summary>
    public static nint HandleOf(IClient client) => ((SafeHandle)Get(client.Handle)).DangerousGetHandle();

    /// <summary>Starts a producer that reports deliveries and errors as events, and logs nothing.</summary>
    /// <exception cref="InvalidOperationException">A setting is not valid; the message names it.</exception>
    public static nint NewProducer(IEnumerable<KeyValuePair<string, string>> settings)
    {
        byte[] error = new byte[512];
        nint configuration = NewConfiguration();
        foreach (
            (string name, string value) in settings.Where(setting =>
                !setting.Key.StartsWith("dotnet.", StringComparison.Ordinal)
            )
        )
        {
            if (Configure(configuration, name, value, error, (nuint)error.Length) != 0)
            {
                throw new InvalidOperationException($"Kafka: {Text(error)}");
            }
        }

        SetEvents(configuration, EventDelivery | EventError);
        SetLog(configuration, 0);
        nint producer = New(Producer, configuration, error, (nuint)error.Length);
        return producer != 0 ? producer : throw new InvalidOperationException($"Kafka: {Text(error)}");
    }

    public static string TopicName(nint topic) => Marshal.PtrToStringUTF8(NameOf(topic))!;

    public static string Reason(int error) => Marshal.PtrToStringUTF8(ErrorToString(error))!;

    private static string Text(byte[] utf8) => System.Text.Encoding.UTF8.GetString(utf8).TrimEnd('\0');

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_LibrdkafkaHandle")]
    [return: UnsafeAccessorType("Confluent.Kafka.Impl.SafeKafkaHandle, Confluent.Kafka")]
    private static extern object Get(Handle handle);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_conf_new")]
    private static partial nint NewConfiguration();

    [LibraryImport(
        KafkaLibrary.ImportName,
        EntryPoint = "rd_kafka_conf_set",
        StringMarshalling = StringMarshalling.Utf8
    )]
    private static partial int Configure(nint configuration, string name, string value, byte[] error, nuint errorSize);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_conf_set_events")]
    private static partial void SetEvents(nint configuration, int events);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_conf_set_log_cb")]
    private static partial void SetLog(nint configuration, nint callback);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_new")]
    private static partial nint New(int type, nint configuration, byte[] error, nuint errorSize);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_destroy")]
    public static partial void Destroy(nint client);

    [LibraryImport(
        KafkaLibrary.ImportName,
        EntryPoint = "rd_kafka_topic_new",
        StringMarshalling = StringMarshalling.Utf8
    )]
    public static partial nint NewTopic(nint client, string name, nint configuration);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_topic_destroy")]
    public static partial void DestroyTopic(nint topic);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_topic_name")]
    private static partial nint NameOf(nint topic);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_produce_batch")]
    public static partial int ProduceBatch(nint topic, int partition, int flags, NativeMessage* messages, int count);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_produceva")]
    public static partial nint Produce(nint client, NativeArgument* arguments, nuint count);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_error_code")]
    public static partial int ErrorCode(nint error);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_error_destroy")]
    public static partial void DestroyError(nint error);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_flush")]
    public static partial int Flush(nint client, int milliseconds);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_purge")]
    public static partial int Purge(nint client, int flags);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_outq_len")]
    public static partial int Waiting(nint client);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_queue_get_main")]
    public static partial nint MainQueue(nint client);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_queue_get_consumer")]
    public static partial nint ConsumerQueue(nint client);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_queue_new")]
    public static partial nint NewQueue(nint client);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_consumer_close_queue")]
    public static partial nint CloseConsumer(nint client, nint queue);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_consumer_closed")]
    public static partial int IsConsumerClosed(nint client);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_queue_destroy")]
    public static partial void DestroyQueue(nint queue);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_queue_yield")]
    public static partial void Yield(nint queue);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_queue_poll")]
    public static partial nint Poll(nint queue, int milliseconds);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_event_type")]
    public static partial int EventType(nint @event);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_event_message_count")]
    public static partial nuint EventMessages(nint @event);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_event_message_array")]
    public static partial nuint EventMessages(nint @event, NativeMessage** messages, nuint size);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_event_error")]
    public static partial int EventErrorCode(nint @event);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_event_error_string")]
    public static partial nint EventErrorText(nint @event);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_event_error_is_fatal")]
    public static partial int EventIsFatal(nint @event);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_event_destroy")]
    public static partial void DestroyEvent(nint @event);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_consume_batch_queue")]
    public static partial nint Consume(nint queue, int milliseconds, NativeMessage** messages, nuint size);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_message_destroy")]
    public static partial void DestroyMessage(NativeMessage* message);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_message_timestamp")]
    public static partial long Timestamp(NativeMessage* message, out int type);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_message_headers")]
    public static partial int Headers(NativeMessage* message, out nint headers);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_header_get_all")]
    public static partial int Header(nint headers, nuint index, out byte* name, out byte* value, out nuint size);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_err2str")]
    private static partial nint ErrorToString(int error);
}
