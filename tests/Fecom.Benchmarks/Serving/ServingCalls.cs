using Fecom.Benchmarks.Load;
using Fecom.Learning.Views;
using StackExchange.Redis;

namespace Fecom.Benchmarks.Serving;

/// <summary>Requests about sessions that the online store holds, made before the clock starts.</summary>
/// <param name="Bare">The endpoint with nothing behind it.</param>
/// <param name="Recommendations">20 products for a live session, its visitor named.</param>
/// <param name="Predictions">How likely the newest product of a session is bought.</param>
/// <param name="Batches">A hundred such at once.</param>
internal sealed record ServingCalls(byte[][] Bare, byte[][] Recommendations, byte[][] Predictions, byte[][] Batches)
{
    private const int Sessions = 20_000;
    private const int BatchSize = 100;
    private const int BatchCalls = 200;

    /// <summary>Makes them of sessions that are picked by chance.</summary>
    public static async Task<ServingCalls> OfAsync(IServer server, IDatabase redis)
    {
        string prefix = FeatureKeys.Key(FeatureViews.Session.Name, "");
        RedisKey[] keys = [.. server.Keys(pattern: $"{prefix}*", pageSize: 1_000).Take(Sessions)];
        new Random(1).Shuffle(keys);
        List<(string Session, string Product, string User)> sessions = [];
        foreach (RedisKey[] chunk in keys.Chunk(1_000))
        {
            RedisValue[] values = await redis.StringGetAsync(chunk);
            for (int i = 0; i < values.Length; i++)
            {
                if (!values[i].IsNull)
                {
                    SessionState state = FeatureViews.Session.Unpack(((ReadOnlyMemory<byte>)values[i]).Span);
                    sessions.Add((chunk[i].ToString()[prefix.Length..], state.ProductId, state.Newest.User!));
                }
            }
        }

        if (sessions.Count < BatchSize)
        {
            throw new InvalidOperationException($"The online store holds {sessions.Count} sessions.");
        }

        byte[][] batches = new byte[BatchCalls][];
        for (int i = 0; i < batches.Length; i++)
        {
            batches[i] = Predict(Enumerable.Range(i * 7, BatchSize).Select(at => sessions[at % sessions.Count]));
        }

        return new ServingCalls(
            [HttpRequests.Get("/health/live")],
            [
                .. sessions.Select(s =>
                    HttpRequests.Get($"/api/v1/recommendations/sessions/{s.Session}?user_id={s.User}&count=20")
                ),
            ],
            [.. sessions.Select(s => Predict([s]))],
            batches
        );
    }

    private static byte[] Predict(IEnumerable<(string Session, string Product, string User)> sessions) =>
        HttpRequests.Post(
            "/api/v1/predictions/purchase",
            new
            {
                instances = sessions.Select(s => new
                {
                    user_id = s.User,
                    product_id = s.Product,
                    user_session = s.Session,
                }),
            }
        );
}
