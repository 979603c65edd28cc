namespace Fecom.Platform.Messaging;

/// <summary>Offsets that a sink keeps with its data: its endpoint starts from these, not from what Kafka remembers.</summary>
public interface ISinkOffsets
{
    /// <summary>The next offset of each partition that has one for this log.</summary>
    /// <param name="cluster">Identifies the log; offsets of another one are ignored.</param>
    /// <param name="partitions">Partitions that this host reads from now on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyDictionary<int, long>> AssignAsync(
        string cluster,
        IReadOnlyCollection<int> partitions,
        CancellationToken cancellationToken
    );

    /// <summary>This host no longer reads these partitions; what is remembered of them is forgotten.</summary>
    void Revoke(IReadOnlyCollection<int> partitions);

    /// <summary>Moves to another offset of a partition, and records the move as applied, in one transaction.</summary>
    /// <exception cref="SinkFencedException">Another host has taken the partition over.</exception>
    Task MoveAsync(SinkMove move, CancellationToken cancellationToken);
}

/// <summary>A partition of a sink is to be read from another offset on.</summary>
/// <param name="Request">Number of the request in <c>platform.offset_move</c>.</param>
/// <param name="Partition">The partition.</param>
/// <param name="ToOffset">Offset of the next message to take.</param>
public sealed record SinkMove(long Request, int Partition, long ToOffset);
