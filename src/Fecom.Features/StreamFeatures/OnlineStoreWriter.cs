using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Redis as a follower of PostgreSQL. Redis remembers for each partition the version that it has applied; a batch is
/// applied on top of the version before it, in atomic steps that check this. Where Redis is behind (it was away, it was
/// wiped, the host was killed in between) it is brought up from the states in PostgreSQL.
/// </summary>
internal sealed partial class OnlineStoreWriter(
    RedisConnection redis,
    NpgsqlDataSource database,
    TimeProvider time,
    ILogger<OnlineStoreWriter> logger
)
{
    /// <summary>Entities of one atomic step: Redis answers nobody else meanwhile, so a step stays below a millisecond.</summary>
    private const int StepSize = 200;

    /// <summary>The sink whose versions Redis follows.</summary>
    public const string Sink = "features";

    private readonly RedisSteps _steps = new(redis);

    /// <summary>The epoch of Redis that was seen last; none yet, so that the first batch of a host looks.</summary>
    private volatile string _epoch = "";

    /// <summary>Applies a batch that PostgreSQL has: the states, then the partitions' versions.</summary>
    public async Task FollowAsync(
        IReadOnlyDictionary<int, long> versions,
        ReadOnlyMemory<FeatureState> states,
        CancellationToken cancellationToken
    )
    {
        PartitionMove[] moves =
        [
            .. versions.Select(version => new PartitionMove(version.Key, version.Value - 1, version.Value)),
        ];
        if (!await ApplyAsync(moves, states))
        {
            foreach (int partition in versions.Keys)
            {
                await CatchUpAsync(partition, cancellationToken);
            }
        }
    }

    /// <summary>Brings a partition's entities up to what PostgreSQL has.</summary>
    /// <returns>Entities that were written.</returns>
    public async Task<long> CatchUpAsync(int partition, CancellationToken cancellationToken)
    {
        while (true)
        {
            (string epoch, long applied) = await _steps.LookAsync(partition);
            _epoch = epoch;
            (long? version, long written) = await TryCatchUpAsync(epoch, partition, applied, cancellationToken);
            if (version is not null)
            {
                if (written > 0)
                {
                    LogCaughtUp(partition, written, applied, version.Value);
                }

                return written;
            }
        }
    }

    /// <summary>The partitions where Redis has not all that PostgreSQL has, with the version that Redis has.</summary>
    public async Task<IReadOnlyDictionary<int, long>> BehindAsync(CancellationToken cancellationToken)
    {
        Dictionary<int, long> applied = await _steps.AppliedAsync();
        Dictionary<int, long> behind = [];
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        foreach ((int partition, long version) in await SinkVersions.ReadAsync(connection, Sink, cancellationToken))
        {
            long there = applied.GetValueOrDefault(partition);
            if (there < version)
            {
                behind.Add(partition, there);
            }
        }

        return behind;
    }

    /// <summary>Writes again what of the given states Redis has lost; a newer state that came meanwhile stays.</summary>
    /// <returns>How many were missing.</returns>
    public async Task<int> RestoreAsync(IReadOnlyList<FeatureState> states)
    {
        FeatureState[] missing = states.Count == 0 ? [] : [.. await _steps.MissingAsync(states)];
        if (missing.Length > 0 && !await ApplyAsync([], missing))
        {
            // It was wiped or started again: then all of it is brought up by its version.
            (_epoch, _) = await _steps.LookAsync(partition: 0);
        }

        return missing.Length;
    }

    private async Task<bool> ApplyAsync(PartitionMove[] moves, ReadOnlyMemory<FeatureState> states)
    {
        // One for all steps: what another thread sees meanwhile is not what the first of them was written to.
        string epoch = _epoch;
        PartitionMove[] standing = [.. moves.Select(move => move with { After = move.Before })];
        List<Task<bool>> steps = [];
        for (; states.Length > StepSize; states = states[StepSize..])
        {
            steps.Add(_steps.ApplyAsync(epoch, standing, states[..StepSize]));
        }

        bool[] applied = await Task.WhenAll(steps);
        return applied.All(done => done) && await _steps.ApplyAsync(epoch, moves, states);
    }

    private async Task<(long? Version, long Written)> TryCatchUpAsync(
        string epoch,
        int partition,
        long applied,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction snapshot = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead,
            cancellationToken
        );
        long version = (await SinkVersions.ReadAsync(connection, Sink, cancellationToken)).GetValueOrDefault(partition);
        if (version <= applied)
        {
            return (version, 0);
        }

        PartitionMove[] standing = [new(partition, applied, applied)];
        long written = 0;
        DateTime now = time.GetUtcNow().UtcDateTime;
        FeatureState[] step = new FeatureState[StepSize];
        int filled = 0;
        await foreach (
            FeatureState state in OfflineStates.ChangedAsync(connection, partition, applied, now, cancellationToken)
        )
        {
            step[filled++] = state;
            if (filled == StepSize)
            {
                if (!await _steps.ApplyAsync(epoch, standing, step))
                {
                    return (null, written);
                }

                written += filled;
                filled = 0;
            }
        }

        bool done = await _steps.ApplyAsync(epoch, [new(partition, applied, version)], step.AsMemory(0, filled));
        return (done ? version : null, written + filled);
    }

    [LoggerMessage(
        LogLevel.Information,
        "Online store: partition {Partition} brought from version {From} to {To}, {Entities} entities"
    )]
    private partial void LogCaughtUp(int partition, long entities, long from, long to);
}
