using System.Globalization;
using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using StackExchange.Redis;

namespace Fecom.Features.StreamFeatures;

/// <summary>A partition's version in Redis before a step and after it.</summary>
internal readonly record struct PartitionMove(int Partition, long Before, long After);

/// <summary>Atomic writes to Redis, each on condition that it is in the epoch that the writer knows and that the partitions are at their versions.</summary>
internal sealed class RedisSteps(RedisConnection redis)
{
    /// <summary>The partitions' versions. Another name for another format of the values: then everything that lives is written again.</summary>
    private const string AppliedKey = "fs:applied:1";

    /// <summary>
    /// Names what Redis remembers: another name after it was wiped (the key is gone with all others) and after a start (it has
    /// another run id, and what it had loaded may be old). Without it a Redis that is emptied between two steps would go unseen
    /// where its version was 0 before.
    /// </summary>
    private const string EpochKey = "fs:epoch";

    private const string RunId = "string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')";

    /// <summary>The epoch, named now if it has no name, and a partition's version.</summary>
    private const string LookScript = $$"""
        local run = {{RunId}}
        local epoch = redis.call('GET', KEYS[2])
        if not epoch or string.sub(epoch, 1, #run) ~= run then
            epoch = run .. ':' .. ARGV[2]
            redis.call('SET', KEYS[2], epoch)
        end
        return {epoch, redis.call('HGET', KEYS[1], ARGV[1]) or '0'}
        """;

    /// <summary>
    /// The epoch. Moves: how many, then partition, before, after of each. Views: how many, then time to live in ms and number of
    /// keys of each. Then the keys' values, view by view. A value is left alone when what is there begins with a greater revision;
    /// what is no such value (a hash of an earlier version) gives way.
    /// </summary>
    private static readonly string ApplyScript = $$"""
        local run = {{RunId}}
        if redis.call('GET', KEYS[2]) ~= ARGV[1] or string.sub(ARGV[1], 1, #run) ~= run then return 0 end
        local moves = tonumber(ARGV[2])
        for i = 0, moves - 1 do
            local applied = redis.call('HGET', KEYS[1], ARGV[3 + i * 3]) or '0'
            if applied ~= ARGV[4 + i * 3] then return 0 end
        end
        local view = 3 + moves * 3
        local views = tonumber(ARGV[view])
        local value = view + 1 + 2 * views
        local key = 3
        for v = 1, views do
            local ttl = ARGV[view + 2 * v - 1]
            for k = 1, tonumber(ARGV[view + 2 * v]) do
                local there = redis.pcall('GETRANGE', KEYS[key], 0, {{PackedFeatures.PrefixLength - 1}})
                if type(there) ~= 'string' or there <= string.sub(ARGV[value], 1, {{PackedFeatures.PrefixLength}}) then
                    redis.call('SET', KEYS[key], ARGV[value], 'PX', ttl)
                end
                key = key + 1
                value = value + 1
            end
        end
        for i = 0, moves - 1 do
            redis.call('HSET', KEYS[1], ARGV[3 + i * 3], ARGV[5 + i * 3])
        end
        return 1
        """;

    /// <summary>The epoch of Redis and the version of a partition that it has applied in it; 0 when it knows nothing of it.</summary>
    public async Task<(string Epoch, long Applied)> LookAsync(int partition)
    {
        IDatabase database = await redis.DatabaseAsync();
        RedisResult result = await database.ScriptEvaluateAsync(
            LookScript,
            [AppliedKey, EpochKey],
            [partition, Guid.CreateVersion7().ToString("N")]
        );
        RedisValue[] values = (RedisValue[])result!;
        return ((string)values[0]!, (long)values[1]);
    }

    /// <summary>The versions of all partitions that Redis knows of.</summary>
    public async Task<Dictionary<int, long>> AppliedAsync()
    {
        IDatabase database = await redis.DatabaseAsync();
        return (await database.HashGetAllAsync(AppliedKey)).ToDictionary(
            entry => (int)entry.Name,
            entry => (long)entry.Value
        );
    }

    /// <summary>Writes the states and moves the partitions; false when Redis is in another epoch or a partition is not at its version before, and then nothing is written.</summary>
    public async Task<bool> ApplyAsync(
        string epoch,
        IReadOnlyCollection<PartitionMove> moves,
        ReadOnlyMemory<FeatureState> states
    )
    {
        (RedisKey[] keys, RedisValue[] arguments) = Arguments(epoch, moves, states.Span);
        IDatabase database = await redis.DatabaseAsync();
        return (int)await database.ScriptEvaluateAsync(ApplyScript, keys, arguments) == 1;
    }

    /// <summary>Those of the states that Redis has no key of.</summary>
    public async Task<IReadOnlyList<FeatureState>> MissingAsync(IReadOnlyList<FeatureState> states)
    {
        IDatabase database = await redis.DatabaseAsync();
        RedisKey[] keys = [.. states.Select(state => (RedisKey)FeatureKeys.Key(state.View.Name, state.Entity))];
        if (await database.KeyExistsAsync(keys) == keys.Length)
        {
            return [];
        }

        bool[] exist = await Task.WhenAll(keys.Select(key => database.KeyExistsAsync(key)));
        return [.. states.Where((_, i) => !exist[i])];
    }

    private static (RedisKey[] Keys, RedisValue[] Arguments) Arguments(
        string epoch,
        IReadOnlyCollection<PartitionMove> moves,
        ReadOnlySpan<FeatureState> states
    )
    {
        int views = 3 + (3 * moves.Count);
        int values = views + (2 * FeatureViews.All.Count);
        RedisKey[] keys = new RedisKey[2 + states.Length];
        RedisValue[] arguments = new RedisValue[values + states.Length];
        (keys[0], keys[1]) = (AppliedKey, EpochKey);
        (arguments[0], arguments[1], arguments[views - 1]) = (epoch, moves.Count, FeatureViews.All.Count);
        int at = 2;
        foreach (PartitionMove move in moves)
        {
            arguments[at++] = move.Partition;
            arguments[at++] = Text(move.Before);
            arguments[at++] = Text(move.After);
        }

        int written = 0;
        foreach (FeatureView view in FeatureViews.All)
        {
            int before = written;
            foreach (ref readonly FeatureState state in states)
            {
                if (ReferenceEquals(state.View, view))
                {
                    keys[2 + written] = FeatureKeys.Key(view.Name, state.Entity);
                    arguments[values + written++] = state.Packed;
                }
            }

            arguments[views++] = (long)view.TimeToLive.TotalMilliseconds;
            arguments[views++] = written - before;
        }

        return (keys, arguments);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
