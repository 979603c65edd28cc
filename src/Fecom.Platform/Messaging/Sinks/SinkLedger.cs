using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>Another host has taken a partition over and advanced it; what this one planned is not written, and is read again from the sink's offset.</summary>
public sealed class SinkFencedException(string sink)
    : Exception($"Another host has advanced sink {sink}; reading its state again.")
{
    /// <summary>Whether this is the cause of an exception.</summary>
    public static bool Caused(Exception? exception) =>
        exception is not null && (exception is SinkFencedException || Caused(exception.InnerException));
}

/// <summary>Another host has changed the rows from which this batch was computed. Nothing is written; the batch is to be computed again from the current rows.</summary>
public sealed class SinkConflictException(string message) : Exception(message);

/// <summary>
/// Makes a PostgreSQL sink exactly-once. In the transaction that writes a batch it moves each partition's next offset, and
/// the highest position taken of each source; a message below either has been taken before and is skipped. A sender
/// sends a source's positions in ascending order within a partition, so the highest one stands for all before it.
/// </summary>
public sealed class SinkLedger<TConsumer>(NpgsqlDataSource database, string sink, TimeProvider time) : ISinkOffsets
{
    private readonly Dictionary<int, SinkPartition> _partitions = [];
    private readonly Lock _gate = new();
    private string _cluster = "";

    private SinkLedgerTable Table => new(database, sink);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<int, long>> AssignAsync(
        string cluster,
        IReadOnlyCollection<int> partitions,
        CancellationToken cancellationToken
    )
    {
        _cluster = cluster;
        List<SinkPartition> loaded = await Table.LoadAsync(cluster, partitions, cancellationToken);
        Dictionary<int, long> offsets = [];
        lock (_gate)
        {
            foreach (SinkPartition partition in loaded)
            {
                _partitions[partition.Number] = partition;
                if (partition.Cluster == cluster)
                {
                    offsets[partition.Number] = partition.NextOffset;
                }
            }
        }

        return offsets;
    }

    /// <inheritdoc/>
    public void Revoke(IReadOnlyCollection<int> partitions)
    {
        lock (_gate)
        {
            foreach (int partition in partitions)
            {
                _partitions.Remove(partition);
            }
        }
    }

    /// <summary>Writes the messages that are new and moves the ledger, in one transaction.</summary>
    /// <param name="batch">What came from the topic.</param>
    /// <param name="write">Writes the new messages through the connection, inside the transaction.</param>
    /// <param name="rows">How to find existing rows; when null, what was taken once is never written again, even after the sink was moved back.</param>
    /// <param name="cancellationToken">Gives up; then nothing is written.</param>
    /// <returns>What was new, and the version of each partition that moved.</returns>
    public async Task<SinkCommit<T>> CommitAsync<T>(
        TopicBatch<T> batch,
        Func<NpgsqlConnection, SinkCommit<T>, Task> write,
        SinkRows<T>? rows,
        CancellationToken cancellationToken
    )
        where T : class
    {
        int[] missing;
        lock (_gate)
        {
            missing =
            [
                .. batch
                    .Messages.Select(message => message.Partition)
                    .Distinct()
                    .Where(p => !_partitions.ContainsKey(p)),
            ];
        }

        if (missing.Length > 0)
        {
            await AssignAsync(_cluster, missing, cancellationToken);
        }

        SinkPlan<T> plan = Plan(batch, rows is not null);
        if (plan.Changes.Count == 0)
        {
            return plan.Commit;
        }

        try
        {
            await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
            if (plan.Reread.Count > 0)
            {
                plan = plan.Without(await rows!.ThereAsync(connection, plan.Reread, cancellationToken));
            }

            SinkAdvance advance = Table.Advance(_cluster, plan.Changes);
            if (plan.Commit.Messages.Count > 0)
            {
                plan = plan with { Commit = plan.Commit with { HasReread = plan.Reread.Count > 0, Advance = advance } };
                await write(connection, plan.Commit);
            }

            await advance.EnsureSentAsync(connection, cancellationToken);
            if (!advance.HasMovedAll)
            {
                throw new SinkFencedException(sink);
            }

            await transaction.CommitAsync(cancellationToken);
        }
        catch
        {
            // After a failed commit only the table knows whether it took place: forgets the partitions, so that they are loaded again.
            Revoke([.. plan.Changes.Select(change => change.Number)]);
            throw;
        }

        lock (_gate)
        {
            foreach (SinkPartition change in plan.Changes)
            {
                _partitions[change.Number] = change;
            }
        }

        return plan.Commit;
    }

    /// <inheritdoc/>
    public async Task MoveAsync(SinkMove move, CancellationToken cancellationToken)
    {
        await AssignAsync(_cluster, [move.Partition], cancellationToken);
        SinkPartition partition;
        lock (_gate)
        {
            partition = _partitions[move.Partition];
        }

        Revoke([move.Partition]);
        if (!await Table.MoveAsync(_cluster, partition, move, time.GetUtcNow().UtcDateTime, cancellationToken))
        {
            throw new SinkFencedException(sink);
        }
    }

    private SinkPlan<T> Plan<T>(TopicBatch<T> batch, bool takeReread)
        where T : class
    {
        Dictionary<int, SinkPartition> changes = [];
        // Almost always everything is new, and then the batch's own list is used without a copy.
        List<TopicMessage<T>>? fresh = null;
        List<TopicMessage<T>> reread = [];
        lock (_gate)
        {
            for (int i = 0; i < batch.Messages.Count; i++)
            {
                TopicMessage<T> message = batch.Messages[i];
                if (!changes.TryGetValue(message.Partition, out SinkPartition? partition))
                {
                    partition = _partitions[message.Partition].Next(_cluster);
                    changes.Add(message.Partition, partition);
                }

                SinkTake take = partition.Take(message.Offset, message.Origin);
                if (take == SinkTake.Reread && takeReread)
                {
                    reread.Add(message);
                    fresh?.Add(message);
                }
                else if (take == SinkTake.New)
                {
                    fresh?.Add(message);
                }
                else
                {
                    fresh ??= [.. batch.Messages.Take(i)];
                }
            }
        }

        // A partition whose offsets the table already has keeps its version.
        SinkPartition[] moved =
        [
            .. changes.Values.Where(change => change.NextOffset > _partitions[change.Number].OffsetIn(_cluster)),
        ];
        return new(
            new SinkCommit<T>(
                fresh ?? batch.Messages,
                moved.ToDictionary(change => change.Number, change => change.Version)
            ),
            moved,
            reread
        );
    }

    /// <param name="Commit">What is written.</param>
    /// <param name="Changes">The partitions as they are afterwards.</param>
    /// <param name="Reread">Those of the messages that the sink has taken before, and whose rows may have been removed since.</param>
    private sealed record SinkPlan<T>(
        SinkCommit<T> Commit,
        IReadOnlyCollection<SinkPartition> Changes,
        IReadOnlyList<TopicMessage<T>> Reread
    )
        where T : class
    {
        public SinkPlan<T> Without(HashSet<(int Partition, long Offset)> there) =>
            this with
            {
                Commit = Commit with
                {
                    Messages =
                    [
                        .. Commit.Messages.Where(message => !there.Contains((message.Partition, message.Offset))),
                    ],
                },
            };
    }
}

/// <summary>What a sink writes in one transaction.</summary>
/// <param name="Messages">The messages that are new to it.</param>
/// <param name="Versions">Version of each partition that moves, once this is written: one more than before. A partition whose messages have all been taken before is not among them.</param>
public sealed record SinkCommit<T>(IReadOnlyList<TopicMessage<T>> Messages, IReadOnlyDictionary<int, long> Versions)
    where T : class
{
    /// <summary>Whether some of them may replace rows that were written before and removed since: somebody has moved the sink back.</summary>
    public bool HasReread { get; init; }

    /// <summary>What moves the ledger, for a writer that sends it together with its own last statements.</summary>
    public SinkAdvance? Advance { get; init; }
}
