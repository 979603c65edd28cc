using System.Globalization;
using System.Text;
using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using StackExchange.Redis;

namespace Fecom.Features.StreamFeatures;

/// <summary>A partition's version in Redis before a step and after it.</summary>
internal readonly record struct PartitionMove(int Partition, long Before, long After);

/// <summary>What became of a write to Redis.</summary>
internal enum Applied
{
    /// <summary>Redis is in another epoch: nothing is written.</summary>
    OtherEpoch,

    /// <summary>It has everything up to the versions that were written.</summary>
    InOrder,

    /// <summary>It is written, and something before it is missing.</summary>
    BeyondGap,
}

/// <summary>Atomic writes to Redis, each on condition that it is in the epoch that the writer knows.</summary>
internal sealed class RedisSteps(RedisConnection redis)
{
    /// <summary>The partitions' versions. Another name for another format of the values: then everything that lives is written again.</summary>
    private const string AppliedKey = "fs:applied:2";

    /// <summary>
    /// Names what Redis remembers: another name after it was wiped (the key is gone with all others) and after a start (it has
    /// another run id, and what it had loaded may be old). Without it a Redis that is emptied between two steps would go unseen
    /// where its version was 0 before.
    /// </summary>
    private const string EpochKey = "fs:epoch";

    private const string RunId = "string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')";

    /// <summary>What the keys of each view begin with, in bytes: the entity is then written behind it, and no text is made of both.</summary>
    private static readonly RedisKey[] Prefixes =
    [
        .. FeatureViews.All.Select(view => (RedisKey)Encoding.UTF8.GetBytes(FeatureKeys.Key(view.Name, entity: ""))),
    ];

    /// <summary>The epoch, named now if it has no name.</summary>
    private const string LookScript = $$"""
        local run = {{RunId}}
        local epoch = redis.call('GET', KEYS[1])
        if not epoch or string.sub(epoch, 1, #run) ~= run then
            epoch = run .. ':' .. ARGV[1]
            redis.call('SET', KEYS[1], epoch)
        end
        return epoch
        """;

    /// <summary>
    /// Sets how far a partition has been applied, and takes in what was written ahead of it: a hash has of each partition the
    /// version up to which all is applied, and the first and last version of what was written beyond a gap.
    /// </summary>
    private const string Settle = """
        local function settle(partition, version)
            local from = tonumber(redis.call('HGET', KEYS[1], partition .. ':from') or '0')
            local to = tonumber(redis.call('HGET', KEYS[1], partition .. ':to') or '0')
            if from > 0 and from <= version + 1 then
                if to > version then version = to end
                redis.call('HDEL', KEYS[1], partition .. ':from', partition .. ':to')
            end
            redis.call('HSET', KEYS[1], partition, string.format('%.0f', version))
        end
        """;

    /// <summary>
    /// The epoch. Moves: how many, then partition, before, after of each. Views: how many, then time to live in ms and number of
    /// keys of each. Then the keys' values, view by view. A value is left alone when what is there begins with a greater revision;
    /// what is no such value (a hash of an earlier version) gives way. 0: another epoch, nothing is written; 2: written beyond a gap.
    /// Whether Redis was started again is asked only where partitions move, as INFO costs as much as ten keys: states alone are
    /// right wherever they are written, and the step that moves the partitions comes after them. Numbers are given as texts: Lua
    /// would format each as a floating-point number.
    /// </summary>
    private static readonly string ApplyScript = $$"""
        {{Settle}}
        if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
        local moves = tonumber(ARGV[2])
        if moves > 0 then
            local run = {{RunId}}
            if string.sub(ARGV[1], 1, #run) ~= run then return 0 end
        end
        local view = 3 + moves * 3
        local views = tonumber(ARGV[view])
        local value = view + 1 + 2 * views
        local key = 3
        for v = 1, views do
            local ttl = ARGV[view + 2 * v - 1]
            for k = 1, tonumber(ARGV[view + 2 * v]) do
                local there = redis.pcall('GETRANGE', KEYS[key], '0', '{{PackedFeatures.PrefixLength - 1}}')
                if type(there) ~= 'string' or there <= string.sub(ARGV[value], 1, {{PackedFeatures.PrefixLength}}) then
                    redis.call('SET', KEYS[key], ARGV[value], 'PX', ttl)
                end
                key = key + 1
                value = value + 1
            end
        end
        local result = 1
        for i = 0, moves - 1 do
            local partition, before, after = ARGV[3 + i * 3], tonumber(ARGV[4 + i * 3]), tonumber(ARGV[5 + i * 3])
            local applied = tonumber(redis.call('HGET', KEYS[1], partition) or '0')
            if applied == before then
                settle(partition, after)
            elseif applied < before then
                result = 2
                if tonumber(redis.call('HGET', KEYS[1], partition .. ':to') or '0') ~= before then
                    redis.call('HSET', KEYS[1], partition .. ':from', ARGV[5 + i * 3])
                end
                redis.call('HSET', KEYS[1], partition .. ':to', ARGV[5 + i * 3])
            end
        end
        return result
        """;

    /// <summary>The epoch, then partition and version of each: all up to it has been written.</summary>
    private static readonly string FinishScript = $$"""
        {{Settle}}
        local run = {{RunId}}
        if redis.call('GET', KEYS[2]) ~= ARGV[1] or string.sub(ARGV[1], 1, #run) ~= run then return 0 end
        for i = 2, #ARGV, 2 do
            local applied = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '0')
            settle(ARGV[i], math.max(applied, tonumber(ARGV[i + 1])))
        end
        return 1
        """;

    /// <summary>The epoch of Redis.</summary>
    public async Task<string> LookAsync()
    {
        IDatabase database = await redis.DatabaseAsync();
        return (string)
            (await database.ScriptEvaluateAsync(LookScript, [EpochKey], [Guid.CreateVersion7().ToString("N")]))!;
    }

    /// <summary>The versions of all partitions up to which Redis has everything.</summary>
    public async Task<Dictionary<int, long>> AppliedAsync()
    {
        IDatabase database = await redis.DatabaseAsync();
        return (await database.HashGetAllAsync(AppliedKey))
            .Where(entry => !((string)entry.Name!).Contains(':', StringComparison.Ordinal))
            .ToDictionary(entry => (int)entry.Name, entry => (long)entry.Value);
    }

    /// <summary>Writes the states and moves the partitions.</summary>
    public async Task<Applied> ApplyAsync(
        string epoch,
        IReadOnlyCollection<PartitionMove> moves,
        ReadOnlyMemory<FeatureState> states
    )
    {
        (RedisKey[] keys, RedisValue[] arguments) = Arguments(epoch, moves, states.Span);
        IDatabase database = await redis.DatabaseAsync();
        return (Applied)(int)await database.ScriptEvaluateAsync(ApplyScript, keys, arguments);
    }

    /// <summary>Notes that all up to these versions has been written; false when Redis is in another epoch.</summary>
    public async Task<bool> FinishAsync(string epoch, IEnumerable<KeyValuePair<int, long>> versions)
    {
        IDatabase database = await redis.DatabaseAsync();
        return (int)
                await database.ScriptEvaluateAsync(
                    FinishScript,
                    [AppliedKey, EpochKey],
                    [epoch, .. versions.SelectMany(version => new RedisValue[] { version.Key, Text(version.Value) })]
                ) == 1;
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
        for (int place = 0; place < FeatureViews.All.Count; place++)
        {
            FeatureView view = FeatureViews.All[place];
            int before = written;
            foreach (ref readonly FeatureState state in states)
            {
                if (ReferenceEquals(state.View, view))
                {
                    keys[2 + written] = Prefixes[place].Append(state.Entity);
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
