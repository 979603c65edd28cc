using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Fecom.Platform.Messaging;

/// <summary>
/// librdkafka's in-process cluster: Kafka's protocol on a loopback port, one broker, in memory. A partition's log holds
/// 5 MiB and then drops its oldest batches, so senders must wait for the readers: see <see cref="Backlog"/>.
/// </summary>
internal sealed partial class EmbeddedKafka : IDisposable
{
    private static readonly TimeSpan WakeTime = TimeSpan.FromMilliseconds(10);

    private readonly nint _client;
    private readonly nint _cluster;
    private readonly IPEndPoint _broker;
    private readonly HashSet<string> _topics = new(StringComparer.Ordinal);
    private bool _disposed;

    /// <summary>Starts the cluster. <see cref="KafkaLibrary.Load"/> comes first.</summary>
    public EmbeddedKafka()
    {
        byte[] error = new byte[512];
        nint configuration = NewConfiguration();
        // The client exists only to own the cluster; its warnings that it has no brokers are hidden. 3 is syslog's "error".
        _ = Configure(configuration, "log_level", "3", error, (nuint)error.Length);
        _client = NewClient(type: 0, configuration, error, (nuint)error.Length);
        if (_client == 0)
        {
            throw new InvalidOperationException(
                $"Embedded Kafka did not start: {Encoding.UTF8.GetString(error).TrimEnd('\0')}"
            );
        }

        _cluster = NewCluster(_client, brokers: 1);
        // All members are in this process and join together; the usual 3 s would only delay each start.
        SetInitialRebalanceDelay(_cluster, milliseconds: 200);
        BootstrapServers = Marshal.PtrToStringUTF8(Bootstraps(_cluster))!;
        _broker = IPEndPoint.Parse(BootstrapServers);
    }

    /// <summary>host:port of the broker.</summary>
    public string BootstrapServers { get; }

    /// <summary>Creates a topic unless it is there.</summary>
    public void CreateTopic(string topic, int partitions)
    {
        lock (_topics)
        {
            if (_topics.Add(topic) && Ask(() => CreateTopic(_cluster, topic, partitions, replicationFactor: 1)) != 0)
            {
                throw new InvalidOperationException($"Embedded Kafka did not create topic {topic}.");
            }
        }
    }

    /// <summary>Drops what a partition's log holds before an offset, which must be in it.</summary>
    public void Cut(string topic, int partition, long offset)
    {
        lock (_topics)
        {
            if (!_disposed)
            {
                _ = Ask(() => DeleteRecords(_cluster, topic, partition, offset));
            }
        }
    }

    /// <summary>Cuts (or restores) the broker's connections, for tests of an outage.</summary>
    public void SetBrokerDown(bool down) => _ = Ask(() => down ? BrokerDown(_cluster, 1) : BrokerUp(_cluster, 1));

    public void Dispose()
    {
        lock (_topics)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        _ = Ask(() =>
        {
            DestroyCluster(_cluster);
            return 0;
        });
        DestroyClient(_client);
    }

    /// <summary>
    /// Makes a call that the cluster's thread answers. It throws its wake-up away when the call comes while it returns
    /// from the one before, and would then sleep for up to a second: a connection wakes it.
    /// </summary>
    private int Ask(Func<int> call)
    {
        using Timer wake = new(_ => Wake(), state: null, WakeTime, WakeTime);
        return call();
    }

    private void Wake()
    {
        using Socket connection = new(_broker.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            connection.Connect(_broker);
        }
        catch (SocketException)
        {
            // The cluster has just ended, so nobody waits for it; or its broker is down, and the call comes back a little later.
        }
    }

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_conf_new")]
    private static partial nint NewConfiguration();

    [LibraryImport(
        KafkaLibrary.ImportName,
        EntryPoint = "rd_kafka_conf_set",
        StringMarshalling = StringMarshalling.Utf8
    )]
    private static partial int Configure(nint configuration, string name, string value, byte[] error, nuint errorSize);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_new")]
    private static partial nint NewClient(int type, nint configuration, byte[] error, nuint errorSize);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_destroy")]
    private static partial void DestroyClient(nint client);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_mock_cluster_new")]
    private static partial nint NewCluster(nint client, int brokers);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_mock_group_initial_rebalance_delay_ms")]
    private static partial void SetInitialRebalanceDelay(nint cluster, int milliseconds);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    private static partial void DestroyCluster(nint cluster);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    private static partial nint Bootstraps(nint cluster);

    [LibraryImport(
        KafkaLibrary.ImportName,
        EntryPoint = "rd_kafka_mock_topic_create",
        StringMarshalling = StringMarshalling.Utf8
    )]
    private static partial int CreateTopic(nint cluster, string topic, int partitions, int replicationFactor);

    [LibraryImport(
        KafkaLibrary.ImportName,
        EntryPoint = "rd_kafka_mock_partition_delete_records",
        StringMarshalling = StringMarshalling.Utf8
    )]
    private static partial int DeleteRecords(nint cluster, string topic, int partition, long offset);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_mock_broker_set_down")]
    private static partial int BrokerDown(nint cluster, int broker);

    [LibraryImport(KafkaLibrary.ImportName, EntryPoint = "rd_kafka_mock_broker_set_up")]
    private static partial int BrokerUp(nint cluster, int broker);
}
