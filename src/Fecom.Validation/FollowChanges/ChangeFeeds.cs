using System.Collections.Concurrent;
using Fecom.Contracts;
using Fecom.Platform.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Validation.FollowChanges;

/// <summary>
/// Counts what senders other than Fecom's own capture, such as a Debezium connector, sent to the change topic: <c>validation.change_feed</c>.
/// A message counts once: its source's position advances in the transaction that counts it.
/// </summary>
internal sealed class ChangeFeeds(NpgsqlDataSource database, TimeProvider time) : IChangeFeeds
{
    private readonly ConcurrentDictionary<string, long> _counted = new(StringComparer.Ordinal);

    /// <summary>Position up to which a source's messages are counted, as far as this host has read; see <see cref="LearnAsync"/>.</summary>
    public long Counted(string source) => _counted.GetValueOrDefault(source, long.MinValue);

    /// <summary>Reads the counted positions of sources that this host has not read yet.</summary>
    public async Task LearnAsync(IEnumerable<string> sources, CancellationToken cancellationToken)
    {
        string[] unknown = [.. sources.Where(source => !_counted.ContainsKey(source)).Distinct(StringComparer.Ordinal)];
        if (unknown.Length == 0)
        {
            return;
        }

        IReadOnlyList<(string Source, long Position)> known = await database.QueryAsync<(string Source, long Position)>(
            "select source, position from validation.change_feed where source = any(@unknown)",
            new { unknown },
            cancellationToken
        );
        foreach ((string source, long position) in known)
        {
            _counted[source] = position;
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
        (string Source, string What, long Count)[] counts =
        [
            .. feeds.SelectMany(feed => feed.Value.Counts.Select(count => (feed.Key, count.Key, count.Value))),
        ];
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
                    new()
                    {
                        Value = feeds.Select(feed => feed.Value.KeyedByUser).ToArray(),
                        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean,
                    },
                    new()
                    {
                        Value = feeds.Select(feed => feed.Value.LastError).ToArray(),
                        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
                    },
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
        IReadOnlyList<FeedRow> feeds = await database.QueryAsync<FeedRow>(
            """
            select source, position, keyed_by_user as KeyedByUser, last_error as LastError, last_error_at as LastErrorAt, changed_at as ChangedAt,
                array(select what from validation.change_feed_count c where c.source = f.source order by what) as What,
                array(select messages from validation.change_feed_count c where c.source = f.source order by what) as Messages
            from validation.change_feed f order by source
            """,
            null,
            cancellationToken
        );
        return
        [
            .. feeds.Select(feed => new ChangeFeedStatus
            {
                Source = feed.Source,
                Position = feed.Position,
                KeyedByUser = feed.KeyedByUser,
                LastError = feed.LastError,
                LastErrorAt = feed.LastErrorAt,
                ChangedAt = feed.ChangedAt,
                Messages = feed
                    .What.Zip(feed.Messages)
                    .ToDictionary(count => count.First, count => count.Second, StringComparer.Ordinal),
            }),
        ];
    }

    private sealed record FeedRow
    {
        public required string Source { get; init; }

        public required long Position { get; init; }

        public bool? KeyedByUser { get; init; }

        public string? LastError { get; init; }

        public DateTime? LastErrorAt { get; init; }

        public required DateTime ChangedAt { get; init; }

        public required string[] What { get; init; }

        public required long[] Messages { get; init; }
    }
}
