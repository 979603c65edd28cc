using Fecom.Contracts;
using Fecom.Learning.Views;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Testing;

/// <summary>The slow way: every event in memory, every state by a plain loop. What the stores hold must equal it.</summary>
public sealed class Oracle
{
    private readonly List<BehaviorEvent> _events = [];
    private readonly Dictionary<string, EntityState>[] _states =
    [
        .. FeatureViews.All.Select(_ => new Dictionary<string, EntityState>(StringComparer.Ordinal)),
    ];

    /// <summary>Valid events seen.</summary>
    public int Count => _events.Count;

    /// <summary>The sessions' states.</summary>
    public IEnumerable<KeyValuePair<string, SessionState>> Sessions =>
        _states[0].Select(session => KeyValuePair.Create(session.Key, (SessionState)session.Value));

    /// <summary>Takes an event in; their order does not matter.</summary>
    public void Add(BehaviorEvent e)
    {
        _events.Add(e);
        for (int i = 0; i < _states.Length; i++)
        {
            FeatureView view = FeatureViews.All[i];
            if (view.EntityOf(e) is not { } entity)
            {
                continue;
            }

            if (!_states[i].TryGetValue(entity, out EntityState? state))
            {
                _states[i].Add(entity, state = view.Create());
            }

            state.Step(e);
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

    /// <summary>What differs between Redis and the newest states of every view, byte for byte; empty when nothing does.</summary>
    /// <param name="redis">The online store.</param>
    /// <param name="views">The views that are compared; all when none is given.</param>
    public Task<string> DifferenceToOnlineStoreAsync(IDatabase redis, params FeatureView[] views) =>
        DifferenceAsync(
            views,
            async (view, entities) =>
            {
                RedisValue[] values = await redis.StringGetAsync([
                    .. entities.Select(entity => (RedisKey)FeatureKeys.Key(view.Name, entity)),
                ]);
                return Array.ConvertAll(values, value => (byte[]?)value);
            }
        );

    /// <summary>What differs between PostgreSQL and the newest states of every view, byte for byte; empty when nothing does.</summary>
    public Task<string> DifferenceToOfflineStoreAsync(NpgsqlDataSource database) =>
        DifferenceAsync(
            [],
            async (view, entities) =>
            {
                await using NpgsqlCommand command = database.CreateCommand(
                    $"select (select state from features.state_{view.Name} where entity = i) from unnest($1) with ordinality as u (i, n) order by n"
                );
                command.Parameters.Add(new() { Value = entities });
                await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
                List<byte[]?> states = [];
                while (await reader.ReadAsync())
                {
                    states.Add(reader.IsDBNull(0) ? null : reader.GetFieldValue<byte[]>(0));
                }

                return [.. states];
            }
        );

    private async Task<string> DifferenceAsync(FeatureView[] views, Func<FeatureView, string[], Task<byte[]?[]>> read)
    {
        for (int i = 0; i < _states.Length; i++)
        {
            bool isCompared = views.Length == 0 || views.Contains(FeatureViews.All[i]);
            foreach (KeyValuePair<string, EntityState>[] chunk in isCompared ? _states[i].Chunk(500) : [])
            {
                byte[]?[] there = await read(FeatureViews.All[i], Array.ConvertAll(chunk, one => one.Key));
                for (int k = 0; k < chunk.Length; k++)
                {
                    if (Difference(FeatureViews.All[i], chunk[k], there[k]) is { Length: > 0 } difference)
                    {
                        return difference;
                    }
                }
            }
        }

        return "";
    }

    private static string Difference(FeatureView view, KeyValuePair<string, EntityState> expected, byte[]? there)
    {
        if (there is null)
        {
            return $"{view.Name} {expected.Key} is not there";
        }

        if (
            there
                .AsSpan(PackedFeatures.PrefixLength)
                .SequenceEqual(expected.Value.Pack(0).AsSpan(PackedFeatures.PrefixLength))
        )
        {
            return "";
        }

        EntityState state = view.Unpack(there);
        string? feature = view
            .Features.Select(one => one.Name)
            .FirstOrDefault(name =>
                OnlineValues.Read(view, state, name) != OnlineValues.Read(view, expected.Value, name)
            );
        return feature is null
            ? $"{view.Name} {expected.Key} has the expected features and other bytes"
            : $"{view.Name} {expected.Key} has {feature} = '{OnlineValues.Read(view, state, feature)}', expected '{OnlineValues.Read(view, expected.Value, feature)}'";
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
