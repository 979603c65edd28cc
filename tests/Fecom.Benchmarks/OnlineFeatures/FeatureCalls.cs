using Fecom.Benchmarks.Load;
using Fecom.Learning.Views;
using StackExchange.Redis;

namespace Fecom.Benchmarks.OnlineFeatures;

/// <summary>Calls for the online features of so many entities that are there, made before the clock starts.</summary>
internal sealed class FeatureCalls
{
    private const int Count = 1_000;
    private static readonly FeatureView[] Views = [FeatureViews.Session, FeatureViews.User, FeatureViews.Product];

    private readonly RedisKey[][] _keys;

    private FeatureCalls(byte[][] online, byte[][] bare, RedisKey[][] keys) =>
        (Online, Bare, _keys) = (online, bare, keys);

    /// <summary>Requests to the host.</summary>
    public byte[][] Online { get; }

    /// <summary>The same to an endpoint with nothing behind it.</summary>
    public byte[][] Bare { get; }

    /// <summary>Calls by turns for sessions, users and products, each picked by chance from what the online store holds.</summary>
    /// <param name="redis">The online store.</param>
    /// <param name="entities">Entities of a call.</param>
    /// <param name="features">Features of an entity, picked by chance; all when null.</param>
    public static FeatureCalls Of(IServer redis, int entities, int? features)
    {
        Random random = new(1);
        string[][] ids = [.. Views.Select(view => IdsOf(redis, view))];
        byte[][] online = new byte[Count][];
        byte[][] bare = new byte[Count][];
        RedisKey[][] keys = new RedisKey[Count][];
        for (int i = 0; i < Count; i++)
        {
            FeatureView view = Views[i % Views.Length];
            string[] picked = random.GetItems(ids[i % Views.Length], entities);
            string[] names = [.. view.Features.Select(feature => feature.Name)];
            random.Shuffle(names);
            var call = new
            {
                view = view.Name,
                entities = picked,
                features = names[..Math.Min(names.Length, features ?? int.MaxValue)],
            };
            online[i] = HttpRequests.Post("/api/v1/features/online", call);
            bare[i] = HttpRequests.Post(BareEndpoint.Path, call);
            keys[i] = [.. picked.Select(id => (RedisKey)FeatureKeys.Key(view.Name, id))];
        }

        return new FeatureCalls(online, bare, keys);
    }

    /// <summary>Reads from Redis what a call reads.</summary>
    public Task ReadAsync(IDatabase redis, int number) => redis.StringGetAsync(_keys[number % Count]);

    private static string[] IdsOf(IServer redis, FeatureView view)
    {
        string prefix = FeatureKeys.Key(view.Name, "");
        string[] ids =
        [
            .. redis
                .Keys(pattern: $"{prefix}*", pageSize: 1_000)
                .Select(key => key.ToString()[prefix.Length..])
                .Take(20_000),
        ];
        return ids.Length > 0 ? ids : throw new InvalidOperationException($"Redis has no {view.Name}.");
    }
}
