using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Messages of a member's lanes that have been given up and stand before the member's place. They have become dead letters:
/// processed as well when their batch comes again, after an outage or another host's end, they would count twice once their
/// letter is resent. Used by the member's thread.
/// </summary>
internal sealed class GivenUpMessages
{
    private readonly HashSet<(int Lane, long Offset)> _places = [];

    public bool IsEmpty => _places.Count == 0;

    public bool Contains(int lane, long offset) => _places.Contains((lane, offset));

    /// <summary>Takes in what was given up before, here or on another host, at or after the places that are read from now.</summary>
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

    /// <summary>The lane goes on from an offset, or to another host.</summary>
    public void Forget(int lane, long before = long.MaxValue)
    {
        if (!IsEmpty)
        {
            _places.RemoveWhere(place => place.Lane == lane && place.Offset < before);
        }
    }
}
