using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Notices members of this installation's groups that are somebody else's: what they are given, no sink here gets.</summary>
internal sealed class ForeignMembers(KafkaCluster cluster, IEnumerable<TopicEndpointDefinition> endpoints)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>Those of the last look, for a person.</summary>
    public IReadOnlyList<string> Found { get; private set; } = [];

    /// <summary>Looks again. A cluster that does not tell is as it was.</summary>
    public Task LookAsync(CancellationToken cancellationToken) =>
        BlockingCall.RunAsync(
            () =>
                Found = [
                    .. endpoints
                        .Where(endpoint => !endpoint.Broadcast)
                        .Select(endpoint => Look(endpoint.Group))
                        .OfType<string>(),
                ],
            cancellationToken
        );

    private string? Look(string group)
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
