using System.Globalization;
using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using StackExchange.Redis;

namespace Fecom.Features.StreamFeatures;

/// <summary>A partition's version in Redis before a step and after it.</summary>
internal readonly record struct PartitionMove(int Partition, long Before, long After);

/// <summary>Atomic writes to Redis, each on condition that the partitions are at the versions that the writer knows.</summary>
internal sealed class RedisSteps(RedisConnection redis)
{
    private const string AppliedKey = "fs:applied";

    /// <summary>The client has no time limit of its own for a Redis that holds the connection and does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Moves: how many, then partition, before, after of each. Then for each key: guard, time to live in ms, how many field
    /// names and values, these. An entity is left alone when what is there has a greater guard.
    /// </summary>
    private const string Script = """
        local moves = tonumber(ARGV[1])
        for i = 0, moves - 1 do
            local applied = redis.call('HGET', KEYS[1], ARGV[2 + i * 3]) or '0'
            if applied ~= ARGV[3 + i * 3] then return 0 end
        end
        local at = 2 + moves * 3
        for k = 2, #KEYS do
            local guard, fields = ARGV[at], tonumber(ARGV[at + 2])
            local there = redis.call('HGET', KEYS[k], '_guard')
            if not there or there <= guard then
                redis.call('HSET', KEYS[k], '_guard', guard, unpack(ARGV, at + 3, at + 2 + fields))
                redis.call('PEXPIRE', KEYS[k], ARGV[at + 1])
            end
            at = at + 3 + fields
        end
        for i = 0, moves - 1 do
            redis.call('HSET', KEYS[1], ARGV[2 + i * 3], ARGV[4 + i * 3])
        end
        return 1
        """;

    /// <summary>The version of a partition that Redis has applied; 0 when it knows nothing of it.</summary>
    public async Task<long> AppliedAsync(int partition)
    {
        RedisValue value = await redis.Database.HashGetAsync(AppliedKey, partition).WaitAsync(Patience);
        return value.IsNull ? 0 : (long)value;
    }

    /// <summary>The versions of all partitions that Redis knows of.</summary>
    public async Task<Dictionary<int, long>> AppliedAsync() =>
        (await redis.Database.HashGetAllAsync(AppliedKey).WaitAsync(Patience)).ToDictionary(entry => (int)entry.Name, entry => (long)entry.Value);

    /// <summary>Writes the states and moves the partitions; false when a partition is not at its version before, and then nothing is written.</summary>
    public async Task<bool> ApplyAsync(IReadOnlyCollection<PartitionMove> moves, IEnumerable<FeatureState> states)
    {
        List<RedisKey> keys = [AppliedKey];
        List<RedisValue> arguments = [moves.Count];
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

        RedisResult result = await redis.Database.ScriptEvaluateAsync(Script, [.. keys], [.. arguments]).WaitAsync(Patience);
        return (int)result == 1;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
