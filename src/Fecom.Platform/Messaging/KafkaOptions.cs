using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Messaging;

/// <summary>How to reach Kafka. Section <c>Kafka</c>.</summary>
public sealed class KafkaOptions
{
    /// <summary>The value of <see cref="BootstrapServers"/> that starts a cluster inside this process.</summary>
    public const string Embedded = "embedded";

    /// <summary>Addresses as <c>host:port,host:port</c>, or <c>embedded</c> (the default): an in-memory cluster in this process.</summary>
    [Required]
    public string BootstrapServers { get; set; } = Embedded;

    /// <summary>Path of librdkafka 2.1 or newer; empty looks in FECOM_LIBRDKAFKA, then for the system's librdkafka.so.1.</summary>
    public string LibraryPath { get; set; } = "";

    /// <summary>Replicas of a topic that is created on a real cluster. Default 1.</summary>
    [Range(1, 9)]
    public short Replicas { get; set; } = 1;

    /// <summary>Bytes of a partition that no endpoint has taken in yet before producers wait, on an embedded cluster. Default 1 MiB of its 5: about a second of events.</summary>
    [Range(64 * 1024, 4 * 1024 * 1024)]
    public int EmbeddedBacklogBytes { get; set; } = 1024 * 1024;

    internal bool IsEmbedded => BootstrapServers == Embedded;
}

[OptionsValidator]
internal sealed partial class KafkaOptionsValidator : IValidateOptions<KafkaOptions>;
