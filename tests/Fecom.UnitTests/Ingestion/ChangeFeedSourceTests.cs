using Fecom.Contracts;
using Fecom.Ingestion.ChangeFeeds;
using Fecom.Ingestion.Shared.FollowSources;
using Xunit;

namespace Fecom.UnitTests.Ingestion;

/// <summary>What came from a Debezium connector is one source, over the partitions of its topic.</summary>
public sealed class ChangeFeedSourceTests
{
    private static readonly DateTime Noon = new(2026, 1, 2, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public async Task Partitions_are_one_source_with_what_they_brought_and_skipped()
    {
        SourceStatus status = Assert.Single(
            await ListAsync(
                Feed(0, 41, ("created", 30), ("read", 10), ("updated", 2), ("repeated", 4)),
                Feed(11, 7, ("created", 1), ("heartbeat", 3), ("tombstone", 1), ("refused", 1)) with
                {
                    LastError = "price is missing",
                    LastErrorAt = Noon,
                }
            )
        );
        Assert.Equal(
            ("kafka:c/t", "debezium", "streaming", 41, 1, 41),
            (status.Name, status.Kind, status.State, status.Rows, status.Malformed, status.Position)
        );
        Assert.Equal((31, 10, 2), (status.Feed!.Created, status.Feed.SnapshotRows, status.Feed.Updated));
        Assert.Equal(
            "heartbeat 3, repeated 4, tombstone 1, updated 2",
            string.Join(", ", status.Feed.Skipped.OrderBy(skip => skip.Key).Select(skip => $"{skip.Key} {skip.Value}"))
        );
        Assert.Equal((41, 7), (status.Feed.Offsets[0], status.Feed.Offsets[11]));
        Assert.Equal("2026-01-02 12:00:00 UTC: price is missing", status.LastError);
        Assert.Null(status.Notice);
    }

    [Fact]
    public async Task What_makes_events_count_twice_or_out_of_order_is_said_once_with_the_setting_that_mends_it()
    {
        SourceStatus status = Assert.Single(
            await ListAsync(
                Feed(0, 1, ("created", 3), ("without_key", 2), ("without_op", 1)) with
                {
                    KeyedByUser = false,
                },
                Feed(1, 1, ("created", 3), ("without_key", 3)) with
                {
                    KeyedByUser = false,
                }
            )
        );
        Assert.Equal(
            [1, 1, 1],
            new[] { "5 rows came without a primary key", "add.fields=op", "message.key.columns" }.Select(part =>
                status.Notice!.Split(part).Length - 1
            )
        );
    }

    [Fact]
    public async Task Without_a_feed_there_is_no_source() => Assert.Empty(await ListAsync());

    private static ChangeFeedStatus Feed(int partition, long position, params (string What, long Count)[] messages) =>
        new()
        {
            Source = $"kafka:c/t/{partition}",
            Position = position,
            KeyedByUser = true,
            Messages = messages.ToDictionary(count => count.What, count => count.Count),
            ChangedAt = Noon,
        };

    private static Task<IReadOnlyList<SourceStatus>> ListAsync(params ChangeFeedStatus[] feeds) =>
        new ChangeFeedSource([new Feeds(feeds)]).ListAsync(TestContext.Current.CancellationToken);

    private sealed class Feeds(ChangeFeedStatus[] feeds) : IChangeFeeds
    {
        public Task<IReadOnlyList<ChangeFeedStatus>> ListAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<ChangeFeedStatus>>(feeds);
    }
}
