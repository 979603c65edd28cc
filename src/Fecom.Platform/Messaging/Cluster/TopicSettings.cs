using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Messaging;

/// <summary>The settings of the topics on a real cluster, as of the last time they were read, and which of them do not fit.</summary>
internal sealed partial class TopicSettings(IOptions<KafkaOptions> options, ILogger<TopicSettings> logger)
{
    /// <summary>Bytes that Kafka adds to a message at most: fields of the batch and the record, and headers.</summary>
    private const int Overhead = 4 * 1024;

    /// <summary>Topics that one line of the log names.</summary>
    private const int MaxNamed = 5;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, TopicState> _states = new(StringComparer.Ordinal);
    private string _told = "";

    /// <summary>What does not fit.</summary>
    public IReadOnlyList<TopicFinding> Findings { get; private set; } = [];

    /// <summary>Why the settings of some topics are not known; null when all are.</summary>
    public string? Unknown { get; private set; }

    /// <summary>The maximum number of bytes of a message's key and value that the topic takes.</summary>
    public int MaxBytes(string topic) =>
        _states.TryGetValue(topic, out TopicState? state) && state.Number(TopicFit.MaxMessageBytes) is { } limit
            ? (int)Math.Clamp(limit - Overhead, Overhead, TopicProducer.MaxMessageBytes)
            : TopicProducer.MaxMessageBytes;

    /// <summary>The maximum number of bytes that every topic takes in one piece: Kafka's limit is one of a batch of messages.</summary>
    public int MaxBytesOfBatch => _states.Keys.Select(MaxBytes).DefaultIfEmpty(TopicProducer.MaxMessageBytes).Min();

    /// <summary>How long the topic keeps a message; null for good, or when it is not known.</summary>
    public TimeSpan? Retention(string topic) =>
        _states.TryGetValue(topic, out TopicState? state)
        && state.Number(TopicFit.RetentionMs) is >= 0 and var milliseconds
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;

    /// <summary>Reads the settings, and logs those that do not fit when that has changed.</summary>
    /// <exception cref="KafkaException">Kafka does not answer.</exception>
    public async Task ReadAsync(IAdminClient admin, IReadOnlyCollection<string> topics)
    {
        Dictionary<string, int> replicas = admin
            .GetMetadata(Timeout)
            .Topics.Where(topic => topic.Partitions.Count > 0)
            .ToDictionary(
                topic => topic.Topic,
                topic => topic.Partitions.Min(partition => partition.Replicas.Length),
                StringComparer.Ordinal
            );
        string? unknown = null;
        foreach (
            (string topic, Dictionary<string, string>? settings, Error? error) in await DescribeAsync(
                admin,
                [.. topics.Where(replicas.ContainsKey)]
            )
        )
        {
            if (settings is null)
            {
                unknown ??= $"{topic}: {error?.Reason}";
            }
            else
            {
                _states[topic] = new TopicState(topic, replicas[topic], settings);
            }
        }

        Unknown = unknown;
        Findings = [.. topics.Order(StringComparer.Ordinal).SelectMany(Check)];
        LogFindings();
    }

    private IEnumerable<TopicFinding> Check(string topic) =>
        _states.TryGetValue(topic, out TopicState? state)
            ? TopicFit.Check(state, options.Value.Replicas, options.Value.BootstrapServers)
            : [];

    private static async Task<
        IEnumerable<(string Topic, Dictionary<string, string>? Settings, Error? Error)>
    > DescribeAsync(IAdminClient admin, string[] topics)
    {
        ConfigResource[] resources =
        [
            .. topics.Select(topic => new ConfigResource { Type = ResourceType.Topic, Name = topic }),
        ];
        if (resources.Length == 0)
        {
            return [];
        }

        try
        {
            List<DescribeConfigsResult> results = await admin.DescribeConfigsAsync(
                resources,
                new DescribeConfigsOptions { RequestTimeout = Timeout }
            );
            return results.Select(result =>
                (result.ConfigResource.Name, (Dictionary<string, string>?)Values(result.Entries), (Error?)null)
            );
        }
        catch (DescribeConfigsException e)
        {
            // The account may be allowed to describe some topics and not others.
            return e.Results.Select(report =>
                (
                    report.ConfigResource.Name,
                    report.Error.IsError ? null : Values(report.Entries),
                    report.Error.IsError ? report.Error : null
                )
            );
        }
    }

    private static Dictionary<string, string> Values(Dictionary<string, ConfigEntryResult> entries) =>
        entries.ToDictionary(entry => entry.Key, entry => entry.Value.Value ?? "", StringComparer.Ordinal);

    private void LogFindings()
    {
        string news = string.Join(
            '\n',
            Findings.Select(finding => $"{finding.Topic} {finding.Setting} {finding.Value}").Append(Unknown)
        );
        if (news == _told)
        {
            return;
        }

        _told = news;
        foreach (
            IGrouping<(string, string, string), TopicFinding> same in Findings.GroupBy(finding =>
                (finding.Setting, finding.Value, finding.Reason)
            )
        )
        {
            string[] topics = [.. same.Select(finding => finding.Topic)];
            string more = topics.Length > MaxNamed ? $" and {topics.Length - MaxNamed} more" : "";
            LogFinding(
                same.Key.Item1,
                same.Key.Item2,
                string.Join(", ", topics.Take(MaxNamed)) + more,
                same.Key.Item3,
                same.First().Command
            );
        }

        if (Unknown is { } unknown)
        {
            LogUnknown(unknown);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Kafka: {Setting} is {Value} on {Topics}: {Reason}. To change it: {Command}")]
    private partial void LogFinding(string setting, string value, string topics, string reason, string command);

    [LoggerMessage(
        LogLevel.Information,
        "The settings of Kafka's topics are not known, so what does not fit cannot be said: {Reason}"
    )]
    private partial void LogUnknown(string reason);
}
