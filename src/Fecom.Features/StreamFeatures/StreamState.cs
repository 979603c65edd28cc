using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>States that the stream has in memory; what it has not, it reads from the offline store.</summary>
internal sealed class StreamState
{
    private const int SessionsAPartition = 16_384;
    private const int MostProducts = 65_536;

    private readonly Dictionary<int, SessionCache> _sessions = [];
    private readonly Dictionary<string, ProductState> _products = new(StringComparer.Ordinal);

    // Used batch after batch: tables of this size would be large objects, which only a full collection frees.
    private readonly Dictionary<string, SessionState> _batchSessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProductState> _batchProducts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unknownSessions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unknownProducts = new(StringComparer.Ordinal);

    /// <summary>Collects the states that the messages touch.</summary>
    public async Task<FeatureBatch> LoadAsync(
        NpgsqlConnection connection,
        SinkCommit<BehaviorEvent> commit,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, SessionState> sessions = _batchSessions;
        Dictionary<string, ProductState> products = _batchProducts;
        HashSet<string> unknownSessions = _unknownSessions;
        HashSet<string> unknownProducts = _unknownProducts;
        sessions.Clear();
        products.Clear();
        unknownSessions.Clear();
        unknownProducts.Clear();
        foreach (TopicMessage<BehaviorEvent> message in commit.Messages)
        {
            BehaviorEvent e = message.Value;
            if (!sessions.ContainsKey(e.UserSession) && !unknownSessions.Contains(e.UserSession))
            {
                Collect(e.UserSession, Cache(message.Partition).Find(e.UserSession, commit.Versions[message.Partition] - 1), sessions, unknownSessions);
            }

            if (!products.ContainsKey(e.ProductId) && !unknownProducts.Contains(e.ProductId))
            {
                Collect(e.ProductId, _products.GetValueOrDefault(e.ProductId), products, unknownProducts);
            }
        }

        await OfflineStore.LoadSessionsAsync(connection, unknownSessions, sessions, cancellationToken);
        await OfflineStore.LoadProductsAsync(connection, unknownProducts, products, cancellationToken);
        return new FeatureBatch(sessions, products);
    }

    /// <summary>Takes over the states of a batch that has been committed.</summary>
    public void Remember(FeatureBatch batch, IReadOnlyDictionary<int, long> versions)
    {
        ILookup<int, KeyValuePair<string, SessionState>> byPartition = batch.Sessions.ToLookup(
            session => session.Partition,
            session => KeyValuePair.Create(session.Session, session.State)
        );
        foreach ((int partition, long version) in versions)
        {
            Cache(partition).Advance(version - 1, byPartition[partition]);
        }

        if (_products.Count > MostProducts)
        {
            _products.Clear();
        }

        foreach ((string product, _, ProductState state) in batch.Products)
        {
            _products[product] = state;
        }
    }

    private SessionCache Cache(int partition)
    {
        if (!_sessions.TryGetValue(partition, out SessionCache? cache))
        {
            cache = new SessionCache(SessionsAPartition);
            _sessions.Add(partition, cache);
        }

        return cache;
    }

    private static void Collect<T>(string id, T? state, Dictionary<string, T> known, HashSet<string> unknown)
        where T : class
    {
        if (state is null)
        {
            unknown.Add(id);
        }
        else
        {
            known.Add(id, state);
        }
    }
}
