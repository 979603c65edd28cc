using System.Text;
using Fecom.Ingestion.HttpEvents.RelayEvents;
using Fecom.Ingestion.HttpEvents.Shared;
using Fecom.Platform.Messaging;
using Npgsql;
using Xunit;

namespace Fecom.UnitTests.Ingestion.HttpEvents.RelayEvents;

public sealed class OutboxChunksTests : IDisposable
{
    private static readonly DateTime ReceivedAt = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    /// <summary>Nobody answers there: what is handed over takes no look into the table.</summary>
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create("Host=nowhere.invalid");
    private readonly OutboxState _outbox;
    private readonly OutboxChunks _chunks;

    public OutboxChunksTests()
    {
        _outbox = new OutboxState(_database);
        _chunks = new OutboxChunks(_database, _outbox);
    }

    public void Dispose() => _database.Dispose();

    [Fact]
    public void TakeHanded_OfChunksThatFollow_TakesAllOfThem()
    {
        HandOver(11, "a", "b");
        HandOver(13, "c");

        OutboxBatch batch = _chunks.TakeHanded(After(11))!.Value;

        Assert.Equal(["a", "b", "c"], batch.Messages.Select(message => Encoding.UTF8.GetString(message.Key!)));
        Assert.Equal([11L, 12, 13], batch.Messages.Select(message => message.Origin!.Value.Position));
        Assert.All(batch.Messages, message => Assert.Equal(ReceivedAt, message.Origin!.Value.ReceivedAt));
        Assert.Equal((13L, 14L), (batch.LastChunk, batch.Next));
        Assert.Null(_chunks.TakeHanded(batch));
    }

    [Fact]
    public void TakeHanded_WhenAnotherHostsChunkLiesBetween_LeavesItToTheTable()
    {
        HandOver(11, "a");
        HandOver(15, "d");

        OutboxBatch batch = _chunks.TakeHanded(After(11))!.Value;

        Assert.Single(batch.Messages);
        Assert.Null(_chunks.TakeHanded(batch));
        Assert.Single(_chunks.TakeHanded(After(15))!.Value.Messages);
    }

    [Fact]
    public void TakeHanded_OfWhatTheTableHasGivenAlready_DropsIt()
    {
        HandOver(11, "a");
        HandOver(12, "b");

        Assert.Equal(12, _chunks.TakeHanded(After(12))!.Value.LastChunk);
    }

    [Fact]
    public void TakeHanded_BeforeTheTableWasRead_TakesNothing()
    {
        HandOver(1, "a");

        Assert.Null(_chunks.TakeHanded(new OutboxBatch([], 0, Next: null, new TraceContexts())));
    }

    [Fact]
    public void HandOver_OfMoreThanMayWait_LeavesTheRestToTheTable()
    {
        string large = new('x', 3 * 1024 * 1024);
        HandOver(1, large);
        HandOver(2, large);

        OutboxBatch batch = _chunks.TakeHanded(After(1))!.Value;

        Assert.Single(batch.Messages);
        Assert.Null(_chunks.TakeHanded(batch));
        HandOver(2, large);
        Assert.Single(_chunks.TakeHanded(batch)!.Value.Messages);
    }

    private static OutboxBatch After(long next) => new([], next - 1, next, new TraceContexts());

    /// <param name="first">Number of the first event.</param>
    /// <param name="users">The user of each event.</param>
    private void HandOver(long first, params string[] users) =>
        _outbox.HandOver(
            new OutboxChunk(
                first,
                users.Length,
                Encoding.UTF8.GetBytes(string.Concat(users.Select(user => $$"""{"user_id":"{{user}}"}{{'\n'}}"""))),
                ReceivedAt,
                Traces: null
            )
        );
}
