using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Fecom.Serving.ReadOnlineStore;

/// <summary>Reads sessions and products as they are now: one HMGET each, all on the way at once.</summary>
internal sealed partial class OnlineStore(
    RedisConnection redis,
    IOptions<ServingOptions> options,
    TimeProvider time,
    ILogger<OnlineStore> logger
)
{
    private static readonly RedisValue[] SessionFields = [.. SessionView.View.FieldNames.Select(name => (RedisValue)name)];
    private static readonly RedisValue[] ProductFields = [.. ProductView.View.FieldNames.Select(name => (RedisValue)name)];

    private int _isAway;

    /// <summary>Reads the states; null when the online store did not answer in time.</summary>
    public async Task<OnlineStates?> ReadAsync(IReadOnlyList<string> sessions, IReadOnlyList<string> products)
    {
        try
        {
            TimeSpan patience = options.Value.OnlineStoreTimeout;
            IDatabase database = await redis.DatabaseAsync().AsTask().WaitAsync(patience, time);
            Task<RedisValue[]>[] reads = new Task<RedisValue[]>[sessions.Count + products.Count];
            for (int i = 0; i < reads.Length; i++)
            {
                reads[i] =
                    i < sessions.Count
                        ? database.HashGetAsync(FeatureKeys.Key("session", sessions[i]), SessionFields)
                        : database.HashGetAsync(FeatureKeys.Key("product", products[i - sessions.Count]), ProductFields);
            }

            RedisValue[][] values = await Task.WhenAll(reads).WaitAsync(patience, time);
            Answered();
            return new OnlineStates(
                [.. values.Take(sessions.Count).Select(session => Parse(session, SessionState.FromValues))],
                [.. values.Skip(sessions.Count).Select(product => Parse(product, ProductState.FromValues))]
            );
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            Missed(e.Message);
            return null;
        }
    }

    /// <summary>A hash that another version of the views wrote counts as unknown until it is written anew.</summary>
    private T? Parse<T>(RedisValue[] values, StateReader<T> read)
        where T : class
    {
        try
        {
            return read(Array.ConvertAll(values, value => (string?)value));
        }
        catch (FormatException e)
        {
            LogUnreadable(e.Message);
            return null;
        }
    }

    private void Answered()
    {
        if (Volatile.Read(ref _isAway) == 1 && Interlocked.Exchange(ref _isAway, 0) == 1)
        {
            LogBack();
        }
    }

    private void Missed(string reason)
    {
        if (Interlocked.Exchange(ref _isAway, 1) == 0)
        {
            LogAway(reason);
        }
    }

    private delegate T? StateReader<T>(ReadOnlySpan<string?> values);

    [LoggerMessage(LogLevel.Warning, "The online store does not answer; requests are answered without it: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(LogLevel.Information, "The online store answers again")]
    private partial void LogBack();

    [LoggerMessage(LogLevel.Warning, "A state in the online store cannot be read and counts as unknown: {Reason}")]
    private partial void LogUnreadable(string reason);
}
