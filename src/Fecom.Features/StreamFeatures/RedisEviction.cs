using System.Globalization;
using Fecom.Platform.Storage;
using StackExchange.Redis;

namespace Fecom.Features.StreamFeatures;

/// <summary>What Redis says of its memory.</summary>
/// <param name="Policy">Its <c>maxmemory-policy</c>; null when it does not say.</param>
/// <param name="Evicted">Keys that it has dropped for want of memory since it started.</param>
internal sealed record RedisEviction(string? Policy, long Evicted)
{
    private const string None = "noeviction";

    /// <summary>Whether it drops keys when its memory is full, instead of refusing to write.</summary>
    public bool Evicts => Policy is not null and not None;

    public static async Task<RedisEviction> ReadAsync(RedisConnection redis)
    {
        IDatabase database = await redis.DatabaseAsync();
        // In a script: the client takes INFO itself for an administrator's command.
        string info = (string)
            (await database.ScriptEvaluateAsync("return redis.call('INFO', 'memory') .. redis.call('INFO', 'stats')"))!;
        return new RedisEviction(
            Value(info, "maxmemory_policy"),
            long.TryParse(Value(info, "evicted_keys"), CultureInfo.InvariantCulture, out long evicted) ? evicted : 0
        );
    }

    private static string? Value(string info, string name) =>
        info.Split('\n')
            .FirstOrDefault(line => line.StartsWith($"{name}:", StringComparison.Ordinal))
            ?[(name.Length + 1)..].Trim();
}
