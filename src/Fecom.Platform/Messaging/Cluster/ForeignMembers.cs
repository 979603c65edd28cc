using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Finds foreign members in this installation's consumer groups: the partitions that Kafka assigns to them reach no sink here.</summary>
internal sealed class ForeignMembers(KafkaCluster cluster, IEnumerable<TopicEndpointDefinition> endpoints)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>The foreign members of the last check, in words for a person.</summary>
    public IReadOnlyList<string> Found { get; private set; } = [];

    /// <summary>Checks the groups. A cluster that does not answer changes nothing.</summary>
    public Task CheckAsync(CancellationToken cancellationToken) =>
        BlockingCall.RunAsync(
            () =>
                Found = [
                    .. endpoints
                        .Where(endpoint => !endpoint.Broadcast)
                        .Select(endpoint => endpoint.Group)
                        .Distinct(StringComparer.Ordinal)
                        .Select(Check)
                        .OfType<string>(),
                ],
            cancellationToken
        );

    private string? Check(string group)
    {
        try
        {
            return
                cluster.MembersOf(group, Timeout).FirstOrDefault(member => member.ClientId != cluster.ClientId)
                    is { } foreign
                ? $"the group {group} has a member that is not of this installation ({foreign.ClientId} at {foreign.ClientHost.TrimStart('/')}), which takes events away from it: "
                    + "end that one, or give one of two installations a Kafka:Prefix of its own"
                : null;
        }
        catch (KafkaException)
        {
            return Found.FirstOrDefault(before => before.StartsWith($"the group {group} ", StringComparison.Ordinal));
        }
    }
}
