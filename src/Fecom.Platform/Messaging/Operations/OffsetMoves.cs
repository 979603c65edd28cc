using System.Collections.Concurrent;
using Fecom.Platform.Hosts;
using Fecom.Platform.Services;

namespace Fecom.Platform.Messaging;

/// <summary>Passes the moves that were requested on any host to the endpoints of this one.</summary>
internal sealed class OffsetMoves(Supervision supervision, OffsetMoveTable table, KafkaCluster cluster, Notices notices)
    : SupervisedService(supervision, "the moves of offsets")
{
    /// <summary>Somebody has asked for a move.</summary>
    internal const string Asked = "offset_moves";

    private volatile IReadOnlyList<OffsetMove> _waiting = [];
    private readonly ConcurrentDictionary<long, bool> _made = new();

    /// <summary>The next move for a partition that the endpoint reads here; null when there is none.</summary>
    public OffsetMove? Next(TopicEndpointDefinition endpoint, IReadOnlySet<int> partitions)
    {
        foreach (OffsetMove move in _waiting)
        {
            if (move.Endpoint == endpoint.Name && partitions.Contains(move.Partition) && !_made.ContainsKey(move.Id))
            {
                return move;
            }
        }

        return null;
    }

    /// <summary>The move has been applied and recorded.</summary>
    public void Made(OffsetMove move) => _made[move.Id] = true;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using Notice asked = notices.Follow(Asked);
        while (true)
        {
            await asked.WaitAsync(stoppingToken);
            _waiting = await table.WaitingAsync(cluster.Logs, stoppingToken);
        }
    }
}
