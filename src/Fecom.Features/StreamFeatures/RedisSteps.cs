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
    /// The life. Moves: how many, then partition, before, after of each. Then for each key: guard, time to live in ms, how many
    /// field names and values, these. An entity is left alone when what is there has a greater guard.
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
        for k = 3, #KEYS do
            local guard, fields = ARGV[at], tonumber(ARGV[at + 2])
            local there = redis.call('HGET', KEYS[k], '_guard')
            if not there or there <= guard then
                redis.call('HSET', KEYS[k], '_guard', guard, unpack(ARGV, at + 3, at + 2 + fields))
                redis.call('PEXPIRE', KEYS[k], ARGV[at + 1])
            end
            at = at + 3 + fields
        end
        for i = 0, moves - 1 do
            redis.call('HSET', KEYS[1], ARGV[3 + i * 3], ARGV[5 + i * 3])
        end
        return 1
        """;

    /// <summary>The client has no time limit of its own for a Redis that holds the connection and does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The life of Redis and the version of a partition that it has applied in it; 0 when it knows nothing of it.</summary>
    public async Task<(string Life, long Applied)> LookAsync(int partition)
    {
        RedisResult result = await redis
            .Database.ScriptEvaluateAsync(LookScript, [AppliedKey, LifeKey], [partition, Guid.CreateVersion7().ToString("N")])
            .WaitAsync(Patience);
        RedisValue[] values = (RedisValue[])result;
        return ((string)values[0]!, (long)values[1]);
    }

    /// <summary>The versions of all partitions that Redis knows of.</summary>
    public async Task<Dictionary<int, long>> AppliedAsync() =>
        (await redis.Database.HashGetAllAsync(AppliedKey).WaitAsync(Patience)).ToDictionary(entry => (int)entry.Name, entry => (long)entry.Value);

    /// <summary>Writes the states and moves the partitions; false when Redis lives another life or a partition is not at its version before, and then nothing is written.</summary>
    public async Task<bool> ApplyAsync(string life, IReadOnlyCollection<PartitionMove> moves, IEnumerable<FeatureState> states)
    {
        List<RedisKey> keys = [AppliedKey, LifeKey];
        List<RedisValue> arguments = [life, moves.Count];
        foreach (PartitionMove move in moves)
        {
            arguments.AddRange([move.Partition, Text(move.Before), Text(move.After)]);
        }

        foreach (FeatureState state in states)
        {
            keys.Add(FeatureKeys.Key(state.View.Name, state.Entity));
            arguments.AddRange([state.Guard, (long)state.View.TimeToLive.TotalMilliseconds, state.Fields.Length]);
            foreach (string field in state.Fields)
            {
                arguments.Add(field);
            }
        }

        RedisResult result = await redis.Database.ScriptEvaluateAsync(ApplyScript, [.. keys], [.. arguments]).WaitAsync(Patience);
        return (int)result == 1;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
