using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Fecom.Serving.ReadOnlineStore;

/// <summary>Reads sessions and products as they are now: all by one MGET.</summary>
internal sealed partial class OnlineStoreReader(
    RedisConnection redis,
    IOptions<ServingOptions> options,
    TimeProvider time,
    ILogger<OnlineStoreReader> logger
)
{
    private int _isAway;

    /// <summary>Reads the states; null when the online store did not answer in time.</summary>
    public async Task<OnlineStates?> ReadAsync(IReadOnlyList<string> sessions, IReadOnlyList<string> products)
    {
        try
        {
            TimeSpan timeout = options.Value.OnlineStoreTimeout;
            IDatabase database = await redis.DatabaseAsync().AsTask().WaitAsync(timeout, time);
            RedisKey[] keys =
            [
                .. sessions.Select(session => (RedisKey)FeatureKeys.Key("session", session)),
                .. products.Select(product => (RedisKey)FeatureKeys.Key("product", product)),
            ];
            RedisValue[] values = keys.Length == 0 ? [] : await database.StringGetAsync(keys).WaitAsync(timeout, time);
            Answered();
            return new OnlineStates(
                [
                    .. values
                        .Take(sessions.Count)
                        .Select(session => Parse(session, SessionView.View, SessionState.FromValues)),
                ],
                [
                    .. values
                        .Skip(sessions.Count)
                        .Select(product => Parse(product, ProductView.View, ProductState.FromValues)),
                ]
            );
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            Missed(e.Message);
            return null;
        }
    }

    /// <summary>A state that another version of the views wrote counts as unknown until it is written again.</summary>
    private T? Parse<T>(RedisValue packed, FeatureView view, StateReader<T> read)
        where T : class
    {
        try
        {
            return read(PackedFeatures.Unpack(((ReadOnlyMemory<byte>)packed).Span, view));
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
