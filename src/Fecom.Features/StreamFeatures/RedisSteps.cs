using System.Globalization;
using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using StackExchange.Redis;

namespace Fecom.Features.StreamFeatures;

/// <summary>A partition's version in Redis before a step and after it.</summary>
internal readonly record struct PartitionMove(int Partition, long Before, long After);

/// <summary>Atomic writes to Redis, each on condition that it lives the life that the writer knows and that the partitions are at their versions.</summary>
internal sealed class RedisSteps(RedisConnection redis)
{
    private const string AppliedKey = "fs:applied";

    /// <summary>
    /// Names what Redis remembers: another name after it was wiped (the key is gone with all others) and after a start (it has
    /// another run id, and what it had loaded may be old). Without it a Redis that is emptied between two steps would go unseen
    /// where its version was 0 before.
    /// </summary>
    private const string LifeKey = "fs:life";

    private const string RunId = "string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')";

    /// <summary>The life, named now if it has no name, and a partition's version.</summary>
    private const string LookScript = $$"""
        local run = {{RunId}}
        local life = redis.call('GET', KEYS[2])
        if not life or string.sub(life, 1, #run) ~= run then
            life = run .. ':' .. ARGV[2]
            redis.call('SET', KEYS[2], life)
        end
        return {life, redis.call('HGET', KEYS[1], ARGV[1]) or '0'}
        """;

    /// <summary>
    /// The life. Moves: how many, then partition, before, after of each. Views: how many, then time to live in ms, how many
    /// fields, their names, of each. Then for each key: its view's number, guard, values. An entity is left alone when what is
    /// there has a greater guard.
    /// </summary>
    private const string ApplyScript = $$"""
        local run = {{RunId}}
        if redis.call('GET', KEYS[2]) ~= ARGV[1] or string.sub(ARGV[1], 1, #run) ~= run then return 0 end
        local moves = tonumber(ARGV[2])
        for i = 0, moves - 1 do
            local applied = redis.call('HGET', KEYS[1], ARGV[3 + i * 3]) or '0'
            if applied ~= ARGV[4 + i * 3] then return 0 end
        end
        local at = 3 + moves * 3
        local views = {}
        local count = tonumber(ARGV[at])
        at = at + 1
        for v = 1, count do
            local fields = tonumber(ARGV[at + 1])
            local hash = { '_guard', '' }
            for f = 1, fields do hash[1 + 2 * f] = ARGV[at + 1 + f] end
            views[v] = { ttl = ARGV[at], fields = fields, hash = hash }
            at = at + 2 + fields
        end
        for k = 3, #KEYS do
            local view, guard = views[tonumber(ARGV[at])], ARGV[at + 1]
            local there = redis.call('HGET', KEYS[k], '_guard')
            if not there or there <= guard then
                local hash = view.hash
                hash[2] = guard
                for f = 1, view.fields do hash[2 + 2 * f] = ARGV[at + 1 + f] end
                redis.call('HSET', KEYS[k], unpack(hash))
                redis.call('PEXPIRE', KEYS[k], view.ttl)
            end
            at = at + 2 + view.fields
        end
        for i = 0, moves - 1 do
            redis.call('HSET', KEYS[1], ARGV[3 + i * 3], ARGV[5 + i * 3])
        end
        return 1
        """;

    /// <summary>The views' part of the arguments.</summary>
    private static readonly RedisValue[] Views =
    [
        FeatureViews.All.Count,
        .. FeatureViews.All.SelectMany(view => (RedisValue[])
            [
                (long)view.TimeToLive.TotalMilliseconds,
                view.FieldNames.Count,
                .. view.FieldNames.Select(name => (RedisValue)name),
            ]
        ),
    ];

    /// <summary>The life of Redis and the version of a partition that it has applied in it; 0 when it knows nothing of it.</summary>
    public async Task<(string Life, long Applied)> LookAsync(int partition)
    {
        IDatabase database = await redis.DatabaseAsync();
        RedisResult result = await database.ScriptEvaluateAsync(
            LookScript,
            [AppliedKey, LifeKey],
            [partition, Guid.CreateVersion7().ToString("N")]
        );
        RedisValue[] values = (RedisValue[])result!;
        return ((string)values[0]!, (long)values[1]);
    }

    /// <summary>The versions of all partitions that Redis knows of.</summary>
    public async Task<Dictionary<int, long>> AppliedAsync()
    {
        IDatabase database = await redis.DatabaseAsync();
        return (await database.HashGetAllAsync(AppliedKey)).ToDictionary(entry => (int)entry.Name, entry => (long)entry.Value);
    }

    /// <summary>Writes the states and moves the partitions; false when Redis lives another life or a partition is not at its version before, and then nothing is written.</summary>
    public async Task<bool> ApplyAsync(string life, IReadOnlyCollection<PartitionMove> moves, ReadOnlyMemory<FeatureState> states)
    {
        (RedisKey[] keys, RedisValue[] arguments) = Arguments(life, moves, states.Span);
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
        string life,
        IReadOnlyCollection<PartitionMove> moves,
        ReadOnlySpan<FeatureState> states
    )
    {
        int count = 2 + (3 * moves.Count) + Views.Length;
        foreach (ref readonly FeatureState state in states)
        {
            count += 2 + (state.Fields.Length / 2);
        }

        RedisKey[] keys = new RedisKey[2 + states.Length];
        (keys[0], keys[1]) = (AppliedKey, LifeKey);
        RedisValue[] arguments = new RedisValue[count];
        (arguments[0], arguments[1]) = (life, moves.Count);
        int at = 2;
        foreach (PartitionMove move in moves)
        {
            arguments[at++] = move.Partition;
            arguments[at++] = Text(move.Before);
            arguments[at++] = Text(move.After);
        }

        Views.CopyTo(arguments, at);
        at += Views.Length;
        for (int i = 0; i < states.Length; i++)
        {
            FeatureState state = states[i];
            keys[2 + i] = FeatureKeys.Key(state.View.Name, state.Entity);
            arguments[at++] = Number(state.View);
            arguments[at++] = state.Guard;
            for (int field = 1; field < state.Fields.Length; field += 2)
            {
                arguments[at++] = state.Fields[field];
            }
        }

        return (keys, arguments);
    }

    /// <summary>A view's place in the arguments, from 1.</summary>
    private static int Number(FeatureView view)
    {
        int number = 1;
        while (!ReferenceEquals(FeatureViews.All[number - 1], view))
        {
            number++;
        }

        return number;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
