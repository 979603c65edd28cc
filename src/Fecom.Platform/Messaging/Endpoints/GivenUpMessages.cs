using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Messages that a member has yet to read, or reads again, and that have already become dead letters. They are skipped:
/// processed now, after an outage or another host's end, they would count twice once their
/// letter is resent. Used by the member's thread only.
/// </summary>
internal sealed class GivenUpMessages
{
    private readonly HashSet<(int Lane, long Offset)> _places = [];

    public bool IsEmpty => _places.Count == 0;

    public bool Contains(int lane, long offset) => _places.Contains((lane, offset));

    /// <summary>Loads the dead letters, of this host and others, at or after the offsets that are read from now.</summary>
    public async Task LoadAsync(
        EndpointServices services,
        TopicEndpointDefinition endpoint,
        IReadOnlyList<TopicPartitionOffset> starts,
        CancellationToken cancellationToken
    )
    {
        foreach (
            TopicPartitionOffset place in await services.Letters.FromAsync(
                services.Cluster.Log(endpoint.Topic),
                endpoint.Name,
                starts,
                cancellationToken
            )
        )
        {
            Add(endpoint.Lane(place.Topic, place.Partition), place.Offset);
        }
    }

    public void Add(int lane, long offset) => _places.Add((lane, offset));

    /// <summary>Forgets the messages of a lane below an offset; all of them when the lane moves to another host.</summary>
    public void Forget(int lane, long before = long.MaxValue)
    {
        if (!IsEmpty)
        {
            _places.RemoveWhere(place => place.Lane == lane && place.Offset < before);
        }
    }
}
