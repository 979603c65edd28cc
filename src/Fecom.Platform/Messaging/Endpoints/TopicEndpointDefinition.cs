namespace Fecom.Platform.Messaging;

/// <summary>An endpoint: it reads one topic, as a consumer group of its own or together with others of the same <see cref="Reader"/>.</summary>
/// <remarks>
/// Beside its topic it reads a resend topic, by which its dead letters come back to it. The partitions of both are numbered as
/// lanes: the topic's partitions have their own numbers, the resend topic's come from <see cref="FirstResendLane"/> on.
/// </remarks>
public sealed record TopicEndpointDefinition
{
    internal const int FirstResendLane = 1_000_000;

    /// <summary>Name, unique in the process.</summary>
    public required string Name { get; init; }

    /// <summary>Prefix of the names of its group and topics: <c>Kafka:Prefix</c>.</summary>
    internal string Prefix { get; init; } = "";

    /// <summary>
    /// Endpoints with the same reader share a consumer, its group and a thread, which take them one after the other: for topics with
    /// few messages, since each consumer costs CPU while nothing happens. Null (the default) for a reader of its own.
    /// </summary>
    public string? Reader { get; init; }

    /// <summary>The reader's name.</summary>
    internal string ReaderName => Reader ?? Name;

    /// <summary>Its consumer group.</summary>
    public string Group => $"{Prefix}fecom.{ReaderName}";

    /// <summary>The group that it had before it shared a reader; null when it never had another one than <see cref="Group"/>.</summary>
    internal string? FormerGroup => Reader is null ? null : $"{Prefix}fecom.{Name}";

    /// <summary>The topic it reads.</summary>
    public required string Topic { get; init; }

    /// <summary>The topic by its name in Contracts, which is the same for every installation.</summary>
    internal string Carries => Topic[Prefix.Length..];

    /// <summary>Partitions that the topic is created with.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>Topics that its consumer sends to; a barrier follows them.</summary>
    public IReadOnlyList<string> Produces { get; init; } = [];

    /// <summary>Every host reads every partition, from the end, and no offsets are kept: for a live view in memory.</summary>
    public bool Broadcast { get; init; }

    /// <summary>The maximum number of messages of a batch. Default 5,000.</summary>
    public int BatchSize { get; init; } = 5_000;

    /// <summary>
    /// Minimum time between the starts of small batches: a batch costs about the same with one message as with a hundred.
    /// The first message after a pause does not wait, and neither does a batch that is a tenth full. Default 20 ms; longer where
    /// nobody waits for the outcome.
    /// </summary>
    public TimeSpan BatchInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// How long an embedded cluster takes to say that there is nothing, and for as long it cannot say that something has come. Default
    /// <see cref="BatchInterval"/>; each question costs CPU while nothing happens. From 200 ms on a real cluster lets messages gather for as long, too.
    /// </summary>
    public TimeSpan? FetchWait { get; init; }

    /// <summary>A batch ends where its messages have so many bytes: room for <see cref="BatchSize"/> events, and a bound on large messages.</summary>
    internal int MaxBatchBytes => Math.Max(8 * 1024 * 1024, BatchSize * 512);

    /// <summary>A batch with fewer messages is small.</summary>
    internal int SmallBatch => Math.Max(1, BatchSize / 10);

    /// <summary>
    /// Whether a message that fails alone goes to the topic's dead-letter topic (the default), and can be resent. Otherwise
    /// it is only kept in <c>platform.dead_letter</c>.
    /// </summary>
    public bool DeadLetters { get; init; } = true;

    /// <summary>The topic by which its dead letters come back, one partition; null when its messages never become dead letters.</summary>
    internal string? ResendTopic => DeadLetters && !Broadcast ? $"{Prefix}fecom.resend.{Name}" : null;

    /// <summary>Every topic it reads.</summary>
    internal IReadOnlyList<string> ReadTopics => ResendTopic is { } resend ? [Topic, resend] : [Topic];

    /// <summary>Whether one reader can serve both.</summary>
    internal bool IsReadAs(TopicEndpointDefinition other) =>
        (Broadcast, BatchSize, BatchInterval, FetchWait, Produces.Count > 0)
        == (other.Broadcast, other.BatchSize, other.BatchInterval, other.FetchWait, other.Produces.Count > 0);

    internal int Lane(string topic, int partition) => topic == Topic ? partition : FirstResendLane + partition;

    internal (string Topic, int Partition) Place(int lane) =>
        lane < FirstResendLane ? (Topic, lane) : (ResendTopic!, lane - FirstResendLane);
}
