using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Redis as a follower of PostgreSQL. Redis remembers for each partition the version up to which it has everything. A tick is
/// written whether or not the one before it is there, since an older state never takes the place of a newer one; a gap is
/// noted and filled from PostgreSQL: a small one by the keys that its ticks changed, any other by one look through all states.
/// </summary>
internal sealed partial class OnlineStoreWriter(
    RedisConnection redis,
    NpgsqlDataSource database,
    TimeProvider time,
    ILogger<OnlineStoreWriter> logger
)
{
    /// <summary>Entities of one atomic step: Redis answers nobody else meanwhile, so a step stays below a millisecond.</summary>
    private const int StepSize = 100;

    /// <summary>States that are read from PostgreSQL at once.</summary>
    private const int PageSize = 2_000;

    /// <summary>The sink whose versions Redis follows.</summary>
    public const string Sink = "features";

    private readonly RedisSteps _steps = new(redis);
    private readonly SemaphoreSlim _catchingUp = new(1, 1);
    private readonly SemaphoreSlim _following = new(1, 1);

    /// <summary>The epoch of Redis that was seen last; none yet, so that the first tick of a host looks.</summary>
    private volatile string _epoch = "";
    private volatile bool _isScanning;

    /// <summary>Writes a tick that PostgreSQL has, after those before it: the states, then the partitions' versions.</summary>
    public async Task FollowAsync(
        IReadOnlyDictionary<int, long> versions,
        ReadOnlyMemory<FeatureState> states,
        CancellationToken cancellationToken
    )
    {
        if (versions.Count == 0)
        {
            return;
        }

        PartitionMove[] moves =
        [
            .. versions.Select(version => new PartitionMove(version.Key, version.Value - 1, version.Value)),
        ];
        await _following.WaitAsync(cancellationToken);
        try
        {
            await FollowAsync(moves, states, cancellationToken);
        }
        finally
        {
            _following.Release();
        }
    }

    private async Task FollowAsync(
        PartitionMove[] moves,
        ReadOnlyMemory<FeatureState> states,
        CancellationToken cancellationToken
    )
    {
        Applied applied = await ApplyAsync(_epoch, moves, states);
        if (applied == Applied.OtherEpoch)
        {
            _epoch = await _steps.LookAsync();
            applied = await ApplyAsync(_epoch, moves, states);
        }

        if (applied != Applied.InOrder)
        {
            await CatchUpAsync(isScanAllowed: false, cancellationToken);
        }
    }

    /// <summary>Brings Redis up to what PostgreSQL has.</summary>
    /// <param name="isScanAllowed">Whether it may look through all states where that is needed; without it, that is left to the keeper.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether Redis has everything that PostgreSQL had at the call.</returns>
    public async Task<bool> CatchUpAsync(bool isScanAllowed, CancellationToken cancellationToken)
    {
        if (_isScanning && !isScanAllowed)
        {
            return false;
        }

        await _catchingUp.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                string epoch = _epoch = await _steps.LookAsync();
                Dictionary<int, long> versions = await VersionsAsync(cancellationToken);
                Dictionary<int, long> applied = await _steps.AppliedAsync();
                Dictionary<int, long> behind = versions
                    .Where(version => applied.GetValueOrDefault(version.Key) < version.Value)
                    .ToDictionary(version => version.Key, version => applied.GetValueOrDefault(version.Key));
                if (behind.Count == 0)
                {
                    return true;
                }

                bool isScanned = behind.Any(one => one.Value < versions[one.Key] - TickTable.Kept);
                if (isScanned && !isScanAllowed)
                {
                    return false;
                }

                _isScanning = isScanned;
                long? written = isScanned
                    ? await ScanAsync(epoch, cancellationToken)
                    : await FillAsync(epoch, behind, cancellationToken);
                if (
                    written is not null
                    && await _steps.FinishAsync(epoch, behind.Keys.Select(p => KeyValuePair.Create(p, versions[p])))
                )
                {
                    LogCaughtUp(written.Value, behind.Count);
                    return true;
                }
            }
        }
        finally
        {
            _isScanning = false;
            _catchingUp.Release();
        }
    }

    /// <summary>The partitions where Redis has not all that PostgreSQL has, with the version that Redis has.</summary>
    public async Task<IReadOnlyDictionary<int, long>> BehindAsync(CancellationToken cancellationToken)
    {
        Dictionary<int, long> applied = await _steps.AppliedAsync();
        return (await VersionsAsync(cancellationToken))
            .Where(version => applied.GetValueOrDefault(version.Key) < version.Value)
            .ToDictionary(version => version.Key, version => applied.GetValueOrDefault(version.Key));
    }

    /// <summary>Writes again what of the given states Redis has lost; a newer state that came meanwhile stays.</summary>
    /// <returns>How many were missing.</returns>
    public async Task<int> RestoreAsync(IReadOnlyList<FeatureState> states)
    {
        FeatureState[] missing = states.Count == 0 ? [] : [.. await _steps.MissingAsync(states)];
        if (missing.Length > 0 && await ApplyAsync(_epoch, [], missing) == Applied.OtherEpoch)
        {
            // It was wiped or started again: then all of it is brought up by its versions.
            _epoch = await _steps.LookAsync();
        }

        return missing.Length;
    }

    /// <summary>All steps but the last are on their way at once; the last one moves the partitions, when the others are there.</summary>
    private async Task<Applied> ApplyAsync(string epoch, PartitionMove[] moves, ReadOnlyMemory<FeatureState> states)
    {
        List<Task<Applied>> steps = [];
        for (; states.Length > StepSize; states = states[StepSize..])
        {
            steps.Add(_steps.ApplyAsync(epoch, [], states[..StepSize]));
        }

        Applied[] applied = await Task.WhenAll(steps);
        return applied.Contains(Applied.OtherEpoch)
            ? Applied.OtherEpoch
            : await _steps.ApplyAsync(epoch, moves, states);
    }

    /// <summary>Writes what the ticks changed that Redis lacks; null when Redis is in another epoch.</summary>
    private async Task<long?> FillAsync(
        string epoch,
        IReadOnlyDictionary<int, long> behind,
        CancellationToken cancellationToken
    )
    {
        long written = 0;
        DateTime now = time.GetUtcNow().UtcDateTime;
        HashSet<string>[] changed = await TickTable.ChangedAsync(database, behind, cancellationToken);
        for (int view = 0; view < changed.Length; view++)
        {
            foreach (string[] some in changed[view].Chunk(PageSize))
            {
                List<FeatureState> states = await OfflineStates.LivingAsync(
                    database,
                    StateTable.All[view],
                    some,
                    now,
                    cancellationToken
                );
                if (await ApplyAsync(epoch, [], states.ToArray()) == Applied.OtherEpoch)
                {
                    return null;
                }

                written += states.Count;
            }
        }

        return written;
    }

    /// <summary>Writes every state that lives online; null when Redis is in another epoch.</summary>
    private async Task<long?> ScanAsync(string epoch, CancellationToken cancellationToken)
    {
        long written = 0;
        DateTime now = time.GetUtcNow().UtcDateTime;
        foreach (StateTable table in StateTable.All)
        {
            string? after = "";
            while (after is not null)
            {
                (List<FeatureState> states, after) = await OfflineStates.PageAsync(
                    database,
                    table,
                    after,
                    PageSize,
                    now,
                    DateTime.MaxValue,
                    cancellationToken
                );
                if (await ApplyAsync(epoch, [], states.ToArray()) == Applied.OtherEpoch)
                {
                    return null;
                }

                written += states.Count;
            }
        }

        return written;
    }

    private async Task<Dictionary<int, long>> VersionsAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return new(await SinkVersions.ReadAsync(connection, Sink, cancellationToken));
    }

    [LoggerMessage(
        LogLevel.Information,
        "Online store: {Entities} entities of {Partitions} partitions were brought up"
    )]
    private partial void LogCaughtUp(long entities, int partitions);
}
