using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>
/// The statements that move a sink's ledger, at the end of the sink's transaction. A writer with small, frequent transactions takes them
/// into its own last batch, which saves a round trip; otherwise the ledger sends them itself.
/// </summary>
public sealed class SinkAdvance
{
    private readonly NpgsqlBatchCommand _partitions;
    private readonly NpgsqlBatchCommand _sources;
    private readonly int _count;
    private bool _isTaken;

    /// <param name="partitions">Moves the partitions that have the version which this host knows.</param>
    /// <param name="sources">Moves the sources.</param>
    /// <param name="count">Partitions that are to move.</param>
    internal SinkAdvance(NpgsqlBatchCommand partitions, NpgsqlBatchCommand sources, int count)
    {
        _partitions = partitions;
        _sources = sources;
        _count = count;
    }

    /// <summary>Whether every partition has moved; otherwise another host has moved one.</summary>
    internal bool HasMovedAll => _partitions.RecordsAffected == _count;

    /// <summary>The statements, which whoever calls this sends: behind all that locks rows of its own, and behind <see cref="SinkTransaction.LimitIdle"/>.</summary>
    public IReadOnlyList<NpgsqlBatchCommand> Take()
    {
        _isTaken = true;
        return [_partitions, _sources];
    }

    internal async Task EnsureSentAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (_isTaken)
        {
            return;
        }

        await using NpgsqlBatch batch = new(connection) { BatchCommands = { SinkTransaction.LimitIdle() } };
        foreach (NpgsqlBatchCommand command in Take())
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
