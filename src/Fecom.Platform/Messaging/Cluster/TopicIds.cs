using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Fecom.Platform.Messaging;

/// <summary>Kafka's own ids of topics: a topic that was deleted and recreated has a new one.</summary>
internal static class TopicIds
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <returns>The id of each topic; without those that do not exist, and those that the account may not describe.</returns>
    public static async Task<Dictionary<string, string>> ReadAsync(
        IAdminClient admin,
        IReadOnlyCollection<string> topics
    )
    {
        List<TopicDescription> told;
        try
        {
            told = (
                await admin.DescribeTopicsAsync(
                    TopicCollection.OfTopicNames(topics),
                    new DescribeTopicsOptions { RequestTimeout = Timeout }
                )
            ).TopicDescriptions;
        }
        catch (DescribeTopicsException e)
        {
            told = e.Results.TopicDescriptions;
        }

        return told.Where(topic => !topic.Error.IsError && topic.TopicId is not null)
            .ToDictionary(topic => topic.Name, topic => topic.TopicId.ToString(), StringComparer.Ordinal);
    }
}
