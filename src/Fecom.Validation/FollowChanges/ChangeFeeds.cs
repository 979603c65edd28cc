using System.Collections.Concurrent;
using Fecom.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Validation.FollowChanges;

/// <summary>
/// What came on the change topic from others than Fecom's own capture, such as a Debezium connector: <c>validation.change_feed</c>.
/// A message counts once: its source's position is moved in the transaction that counts it.
/// </summary>
internal sealed class ChangeFeeds(NpgsqlDataSource database, TimeProvider time) : IChangeFeeds
{
    private readonly ConcurrentDictionary<string, long> _counted = new(StringComparer.Ordinal);

    /// <summary>Messages of a source up to here are counted, as far as this host knows; see <see cref="LearnAsync"/>.</summary>
    public long Counted(string source) => _counted.GetValueOrDefault(source, long.MinValue);

    /// <summary>Reads how far sources are counted of which this host does not know it yet.</summary>
    public async Task LearnAsync(IEnumerable<string> sources, CancellationToken cancellationToken)
    {
        string[] unknown = [.. sources.Where(source => !_counted.ContainsKey(source)).Distinct(StringComparer.Ordinal)];
        if (unknown.Length == 0)
        {
            return;
        }

        await using NpgsqlCommand command = database.CreateCommand("select source, position from validation.change_feed where source = any($1)");
        command.Parameters.Add(new() { Value = unknown });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            _counted[reader.GetString(0)] = reader.GetInt64(1);
        }

        foreach (string source in unknown)
        {
            _counted.TryAdd(source, long.MinValue);
        }
    }

    public async Task AddAsync(IReadOnlyDictionary<string, FeedNews> news, CancellationToken cancellationToken)
    {
        if (news.Count == 0)
        {
            return;
        }

        KeyValuePair<string, FeedNews>[] feeds = [.. news.OrderBy(feed => feed.Key, StringComparer.Ordinal)];
        (string Source, string What, long Count)[] counts = [.. feeds.SelectMany(feed => feed.Value.Counts.Select(count => (feed.Key, count.Key, count.Value)))];
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new(
                """
                insert into validation.change_feed as f (source, position, keyed_by_user, last_error, last_error_at, changed_at)
                select source, position, keyed_by_user, last_error, case when last_error is not null then $5 end, $5
                from unnest($1, $2, $3, $4) as n (source, position, keyed_by_user, last_error)
                on conflict (source) do update set position = greatest(f.position, excluded.position),
                    keyed_by_user = coalesce(excluded.keyed_by_user, f.keyed_by_user),
                    last_error = coalesce(excluded.last_error, f.last_error),
                    last_error_at = coalesce(excluded.last_error_at, f.last_error_at), changed_at = excluded.changed_at
                """
            )
            {
                Parameters =
                {
                    new() { Value = feeds.Select(feed => feed.Key).ToArray() },
                    new() { Value = feeds.Select(feed => feed.Value.Position).ToArray() },
                    new() { Value = feeds.Select(feed => feed.Value.KeyedByUser).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean },
                    new() { Value = feeds.Select(feed => feed.Value.LastError).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                    new() { Value = time.GetUtcNow().UtcDateTime },
                },
            }
        );
        batch.BatchCommands.Add(
            new(
                """
                insert into validation.change_feed_count as c (source, what, messages) select * from unnest($1, $2, $3)
                on conflict (source, what) do update set messages = c.messages + excluded.messages
                """
            )
            {
                Parameters =
                {
                    new() { Value = counts.Select(count => count.Source).ToArray() },
                    new() { Value = counts.Select(count => count.What).ToArray() },
                    new() { Value = counts.Select(count => count.Count).ToArray() },
                },
            }
        );
        await batch.ExecuteNonQueryAsync(cancellationToken);
        foreach ((string source, FeedNews feed) in feeds)
        {
            _counted[source] = Math.Max(Counted(source), feed.Position);
        }
    }

    public async Task<IReadOnlyList<ChangeFeedStatus>> ListAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select source, position, keyed_by_user, last_error, last_error_at, changed_at,
                array(select what from validation.change_feed_count c where c.source = f.source order by what),
                array(select messages from validation.change_feed_count c where c.source = f.source order by what)
            from validation.change_feed f order by source
            """
        );
        List<ChangeFeedStatus> feeds = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            string[] what = reader.GetFieldValue<string[]>(6);
            feeds.Add(
                new ChangeFeedStatus
                {
                    Source = reader.GetString(0),
                    Position = reader.GetInt64(1),
                    KeyedByUser = reader.IsDBNull(2) ? null : reader.GetBoolean(2),
                    LastError = reader.IsDBNull(3) ? null : reader.GetString(3),
                    LastErrorAt = reader.IsDBNull(4) ? null : reader.GetDateTime(4),
                    ChangedAt = reader.GetDateTime(5),
                    Messages = what.Zip(reader.GetFieldValue<long[]>(7)).ToDictionary(count => count.First, count => count.Second, StringComparer.Ordinal),
                }
            );
        }

        return feeds;
    }
}
