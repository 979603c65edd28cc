using Fecom.Contracts;
using Fecom.Learning.Views;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Testing;

/// <summary>The slow way: every event in memory, every state by a plain loop. What the stores hold must equal it.</summary>
public sealed class Oracle
{
    private readonly List<BehaviorEvent> _events = [];
    private readonly Dictionary<string, SessionState> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProductState> _products = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CategoryState> _categories = new(StringComparer.Ordinal);

    /// <summary>Valid events seen.</summary>
    public int Count => _events.Count;

    /// <summary>The sessions' states.</summary>
    public IReadOnlyDictionary<string, SessionState> Sessions => _sessions;

    /// <summary>The products' states.</summary>
    public IReadOnlyDictionary<string, ProductState> Products => _products;

    /// <summary>The categories' states.</summary>
    public IReadOnlyDictionary<string, CategoryState> Categories => _categories;

    /// <summary>Takes the next event, in the order in which it was sent.</summary>
    public void Add(BehaviorEvent e)
    {
        _events.Add(e);
        _sessions[e.UserSession] = SessionView.Step(_sessions.GetValueOrDefault(e.UserSession), e);
        _products[e.ProductId] = ProductView.Step(_products.GetValueOrDefault(e.ProductId), e);
        if (CategoryView.EntityOf(e) is { } category)
        {
            _categories[category] = CategoryView.Step(_categories.GetValueOrDefault(category), e);
        }
    }

    /// <summary>What differs between bronze and the events: empty when nothing does.</summary>
    public async Task<string> DifferenceToBronzeAsync(NpgsqlDataSource database)
    {
        Dictionary<Guid, string> there = [];
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select event_id, concat_ws('|', event_time at time zone 'UTC', event_type, product_id, category_id, category_code, brand,
                trim_scale(price), user_id, user_session, source, position)
            from bronze.event
            """
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            if (!there.TryAdd(reader.GetGuid(0), reader.GetString(1)))
            {
                return $"bronze has event {reader.GetGuid(0)} twice";
            }
        }

        foreach (BehaviorEvent e in _events)
        {
            if (!there.Remove(e.EventId, out string? row))
            {
                return $"bronze has no event {e.Source}@{e.Position}";
            }

            string expected = Row(e);
            if (row != expected)
            {
                return $"bronze has {row}, expected {expected}";
            }
        }

        return there.Count == 0 ? "" : $"bronze has {there.Count} events too many, such as {there.First().Value}";
    }

    /// <summary>What differs between Redis and the newest states, byte for byte.</summary>
    public async Task<string> DifferenceToOnlineStoreAsync(IDatabase redis)
    {
        string difference = await FirstDifferenceAsync(
            redis,
            _sessions.Select(session => (SessionView.View, session.Key, session.Value.ToFields()))
        );
        return difference.Length > 0 ? difference : await DifferenceToMergedViewsAsync(redis);
    }

    /// <summary>The same for sessions whose events came in another order: all but their last products, which are in the order of arrival.</summary>
    public async Task<string> DifferenceToSessionCountsAsync(IDatabase redis)
    {
        foreach ((string session, SessionState state) in _sessions)
        {
            string[] there = await OnlineValues.FieldsAsync(redis, SessionView.View, session);
            if (!there.SkipLast(1).SequenceEqual(state.ToFields().SkipLast(1)))
            {
                return $"session {session} has {string.Join('|', there)}, expected {string.Join('|', state.ToFields())}";
            }
        }

        return "";
    }

    /// <summary>The same for products and categories, which are what they are in whatever order the events came.</summary>
    public Task<string> DifferenceToMergedViewsAsync(IDatabase redis) =>
        FirstDifferenceAsync(
            redis,
            _products
                .Select(product => (ProductView.View, product.Key, product.Value.ToFields()))
                .Concat(_categories.Select(category => (CategoryView.View, category.Key, category.Value.ToFields())))
        );

    /// <summary>Many questions at once: one after the other they would take longer than a load.</summary>
    private static async Task<string> FirstDifferenceAsync(
        IDatabase redis,
        IEnumerable<(FeatureView View, string Entity, string[] Fields)> expected
    )
    {
        foreach ((FeatureView View, string Entity, string[] Fields)[] chunk in expected.Chunk(500))
        {
            string[] differences = await Task.WhenAll(
                chunk.Select(entity => DifferenceAsync(redis, entity.View, entity.Entity, entity.Fields))
            );
            if (Array.Find(differences, difference => difference.Length > 0) is { } first)
            {
                return first;
            }
        }

        return "";
    }

    private static async Task<string> DifferenceAsync(IDatabase redis, FeatureView view, string entity, string[] fields)
    {
        string[] there = await OnlineValues.FieldsAsync(redis, view, entity);
        if (there.Length == 0)
        {
            return $"{view.Name} {entity} is not there";
        }

        for (int i = 1; i < fields.Length; i += 2)
        {
            if (there[i] != fields[i])
            {
                return $"{view.Name} {entity} has {fields[i - 1]} = '{there[i]}', expected '{fields[i]}'";
            }
        }

        return "";
    }

    private static string Row(BehaviorEvent e) =>
        string.Join(
            '|',
            new[]
            {
                e.EventTime.ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture),
                e.EventType.Name(),
                e.ProductId,
                e.CategoryId,
                e.CategoryCode,
                e.Brand,
                (e.Price / 1.0000000000000000000000000000m).ToString(System.Globalization.CultureInfo.InvariantCulture),
                e.UserId,
                e.UserSession,
                e.Source,
                e.Position.ToString(System.Globalization.CultureInfo.InvariantCulture),
            }.Where(text => text is not null)
        );
}
