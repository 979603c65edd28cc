using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Fecom.Serving.ReadOnlineStore;

/// <summary>Reads sessions, products, visitors and the shop as they are now: all by one MGET.</summary>
internal sealed partial class OnlineStoreReader(
    RedisConnection redis,
    OnlineStoreCircuit circuit,
    IOptions<ServingOptions> options,
    TimeProvider time,
    ILogger<OnlineStoreReader> logger
)
{
    private static readonly Func<ReadOnlySpan<byte>, SessionState> Session = FeatureViews.Session.Unpack;
    private static readonly Func<ReadOnlySpan<byte>, ProductState> Product = FeatureViews.Product.Unpack;
    private static readonly Func<ReadOnlySpan<byte>, UserState> User = FeatureViews.User.Unpack;

    private readonly UnpackedShop _shop = new();
    private int _isAway;

    /// <summary>Reads the states; null when the online store did not answer in time, or at once while it is known to be away.</summary>
    /// <param name="sessions">Sessions.</param>
    /// <param name="products">Products.</param>
    /// <param name="users">Visitors.</param>
    /// <param name="withShop">Whether the shop's own state is wanted.</param>
    public async Task<OnlineStates?> ReadAsync(
        IReadOnlyList<string> sessions,
        IReadOnlyList<string> products,
        IReadOnlyList<string> users,
        bool withShop = false
    )
    {
        if (!circuit.MayAsk())
        {
            return null;
        }

        try
        {
            TimeSpan timeout = options.Value.OnlineStoreTimeout;
            IDatabase database = await redis.DatabaseAsync().AsTask().WaitAsync(timeout, time);
            int afterProducts = sessions.Count + products.Count;
            int afterUsers = afterProducts + users.Count;
            RedisKey[] keys = new RedisKey[afterUsers + (withShop ? 1 : 0)];
            Name(keys.AsSpan(0, sessions.Count), FeatureViews.Session.Name, sessions);
            Name(keys.AsSpan(sessions.Count, products.Count), FeatureViews.Product.Name, products);
            Name(keys.AsSpan(afterProducts, users.Count), FeatureViews.User.Name, users);
            if (withShop)
            {
                keys[^1] = FeatureKeys.Key(FeatureViews.Shop.Name, ShopView.Shop);
            }

            RedisValue[] values = keys.Length == 0 ? [] : await database.StringGetAsync(keys).WaitAsync(timeout, time);
            Answered();
            return new OnlineStates(
                Parse(values.AsSpan(0, sessions.Count), Session),
                Parse(values.AsSpan(sessions.Count, products.Count), Product),
                Parse(values.AsSpan(afterProducts, users.Count), User),
                withShop ? Parse(values[^1], _shop.Of) : null
            );
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            Missed(e.Message);
            return null;
        }
    }

    /// <summary>Whether the online store answers one who has more time than a request. If it does not, requests ask it all the same.</summary>
    /// <param name="timeout">How long the connection, and then the answer, is waited for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<bool> IsThereAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            IDatabase database = await redis.DatabaseAsync().AsTask().WaitAsync(timeout, time, cancellationToken);
            RedisKey[] keys = [FeatureKeys.Key(FeatureViews.Shop.Name, ShopView.Shop)];
            await database.StringGetAsync(keys).WaitAsync(timeout, time, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return false;
        }
    }

    private static void Name(Span<RedisKey> keys, string view, IReadOnlyList<string> ids)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = FeatureKeys.Key(view, ids[i]);
        }
    }

    private T?[] Parse<T>(ReadOnlySpan<RedisValue> packed, Func<ReadOnlySpan<byte>, T> unpack)
        where T : EntityState
    {
        T?[] states = new T?[packed.Length];
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = Parse(packed[i], unpack);
        }

        return states;
    }

    /// <summary>A state that another version of the views wrote counts as unknown until it is written again.</summary>
    private T? Parse<T>(RedisValue packed, Func<ReadOnlySpan<byte>, T> unpack)
        where T : EntityState
    {
        try
        {
            return packed.IsNull ? null : unpack(((ReadOnlyMemory<byte>)packed).Span);
        }
        catch (FormatException e)
        {
            LogUnreadable(e.Message);
            return null;
        }
    }

    private void Answered()
    {
        circuit.Answered();
        if (Volatile.Read(ref _isAway) == 1 && Interlocked.Exchange(ref _isAway, 0) == 1)
        {
            LogBack();
        }
    }

    private void Missed(string reason)
    {
        circuit.Missed();
        if (Interlocked.Exchange(ref _isAway, 1) == 0)
        {
            LogAway(reason);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The online store does not answer; requests are answered without it: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(LogLevel.Information, "The online store answers again")]
    private partial void LogBack();

    [LoggerMessage(LogLevel.Warning, "A state in the online store cannot be read and counts as unknown: {Reason}")]
    private partial void LogUnreadable(string reason);
}
