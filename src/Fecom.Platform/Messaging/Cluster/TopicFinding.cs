using System.Globalization;

namespace Fecom.Platform.Messaging;

/// <summary>A setting of a topic that does not fit what Fecom does with it.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Setting">Its name in Kafka.</param>
/// <param name="Value">Its value.</param>
/// <param name="Reason">The consequence.</param>
/// <param name="Command">The command that corrects it.</param>
/// <param name="LosesEvents">Whether it loses events even while every server works.</param>
internal sealed record TopicFinding(
    string Topic,
    string Setting,
    string Value,
    string Reason,
    string Command,
    bool LosesEvents
);

/// <summary>A topic's configuration on its cluster.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Replicas">Replicas of a partition; the fewest of all.</param>
/// <param name="Settings">Its settings by their names in Kafka.</param>
internal sealed record TopicState(string Name, int Replicas, IReadOnlyDictionary<string, string> Settings)
{
    public long? Number(string setting) =>
        Settings.TryGetValue(setting, out string? value)
        && long.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;
}

/// <summary>Which settings of a topic do not fit.</summary>
internal static class TopicFit
{
    public const string MaxMessageBytes = "max.message.bytes";
    public const string RetentionMs = "retention.ms";
    public const string RetentionBytes = "retention.bytes";
    public const string CleanupPolicy = "cleanup.policy";
    public const string UncleanElection = "unclean.leader.election.enable";
    public const string MinInSync = "min.insync.replicas";

    /// <summary><c>max.message.bytes</c> of the topics that Fecom creates: an invalid event of 1 MB is forwarded as base64 together with its errors.</summary>
    public const int MessageBytes = 2 * 1024 * 1024;

    /// <summary>A host that was stopped for a night must still find the messages that it has not read.</summary>
    private static readonly TimeSpan MinRetention = TimeSpan.FromDays(1);

    /// <param name="topic">The topic.</param>
    /// <param name="replicas">How many replicas there ought to be: <c>Kafka:Replicas</c>.</param>
    /// <param name="servers">The cluster's address, for the commands.</param>
    public static IEnumerable<TopicFinding> Check(TopicState topic, int replicas, string servers)
    {
        TopicFinding Finding(string setting, string reason, string wanted, bool loses = false) =>
            new(
                topic.Name,
                setting,
                topic.Settings[setting],
                reason,
                Alter(servers, topic.Name, setting, wanted),
                loses
            );

        if (
            topic.Settings.TryGetValue(CleanupPolicy, out string? policy)
            && policy.Contains("compact", StringComparison.Ordinal)
        )
        {
            yield return Finding(
                CleanupPolicy,
                "Kafka removes events that have the key of a later one, read or not",
                "delete",
                loses: true
            );
        }

        if (topic.Number(MaxMessageBytes) < MessageBytes)
        {
            yield return Finding(
                MaxMessageBytes,
                "what is larger is kept cut, with its length and hash",
                $"{MessageBytes}"
            );
        }

        if (topic.Number(RetentionMs) is >= 0 and var kept && kept < MinRetention.TotalMilliseconds)
        {
            yield return Finding(
                RetentionMs,
                "events that a host or a sink does not read within that time are gone",
                $"{TimeSpan.FromDays(7).TotalMilliseconds:0}"
            );
        }

        if (topic.Number(RetentionBytes) >= 0)
        {
            yield return Finding(
                RetentionBytes,
                "a partition that grows larger loses its oldest events, read or not",
                "-1"
            );
        }

        if (
            topic.Settings.TryGetValue(UncleanElection, out string? unclean)
            && string.Equals(unclean, "true", StringComparison.OrdinalIgnoreCase)
        )
        {
            yield return Finding(
                UncleanElection,
                "a broker that is behind may become the leader: events are lost, and others that get their offsets are passed over",
                "false"
            );
        }

        if (topic.Replicas < replicas)
        {
            yield return new TopicFinding(
                topic.Name,
                "replicas",
                $"{topic.Replicas}",
                $"Kafka:Replicas is {replicas}; with fewer a broker that is lost may take events along",
                $"kafka-reassign-partitions.sh --bootstrap-server {servers} --reassignment-json-file FILE --execute, where FILE lists the partitions of {topic.Name} with their new replicas",
                LosesEvents: false
            );
        }

        if (topic.Replicas >= 3 && topic.Number(MinInSync) is { } inSync)
        {
            if (inSync < 2)
            {
                yield return Finding(
                    MinInSync,
                    "Kafka takes an event that one broker alone has; when that one is lost, so is the event",
                    "2"
                );
            }
            else if (inSync >= topic.Replicas)
            {
                yield return Finding(MinInSync, "with one broker away Kafka takes no event", $"{topic.Replicas - 1}");
            }
        }
    }

    /// <summary>The command that sets a topic's setting.</summary>
    public static string Alter(string servers, string topic, string setting, string value) =>
        $"kafka-configs.sh --bootstrap-server {servers} --alter --entity-type topics --entity-name {topic} --add-config {setting}={value}";
}
