using Fecom.Contracts;
using Fecom.Features.ForgetSessions;
using Fecom.Features.StreamFeatures;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.IntegrationTests.Features;

/// <summary>A year of a shop's time passes through the feature store, with new visits, visitors and products every day: its tables level off.</summary>
public sealed class GrowthTests(Servers servers)
{
    private const int KeepDays = 60;
    private const int DaysATick = 5;
    private const int VisitsADay = 6;

    private static readonly DateTime Start = new(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task After_a_year_the_store_is_no_larger_than_after_some_months()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        SetTime time = new() { Now = Start };
        await using FeatureHost host = await FeatureHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            time
        );
        ForgetSessionsJob forget = new(
            host.Database,
            Options.Create(new SessionOptions { KeepDays = KeepDays }),
            Options.Create(new ProductOptions { KeepDays = KeepDays }),
            time
        );
        (long Rows, long Bytes) half = default;
        for (int day = 0; day < 365; day += DaysATick)
        {
            time.Now = Start.AddDays(day + DaysATick);
            await host.TakeAsync([.. Enumerable.Range(day, DaysATick).SelectMany(Day)]);
            if (day % 30 == 0)
            {
                await forget.ForgetAsync(Cancelled);
                await VacuumAsync(host.Database);
            }

            if (day == 180)
            {
                half = await SizeAsync(host.Database);
            }
        }

        (long rows, long bytes) = await SizeAsync(host.Database);
        // All that was ever there is six times as much.
        Assert.InRange(half.Rows, KeepDays * VisitsADay, 365 * VisitsADay);
        Assert.InRange(rows, 1, half.Rows * 1.15);
        Assert.InRange(bytes, 1, half.Bytes * 1.3);
        Assert.InRange(await CountAsync(host.Database, "features.tick"), 1, TickTable.Kept + TickTable.Forgotten);
        await AssertAllExpireAsync(await host.Redis.DatabaseAsync());
    }

    /// <summary>Visits of a day, each of a visitor and to a product that are new, but for one visitor and one product of old.</summary>
    private static List<TopicMessage<BehaviorEvent>> Day(int day)
    {
        List<TopicMessage<BehaviorEvent>> messages = [];
        int position = day * VisitsADay * 3;
        for (int visit = 0; visit < VisitsADay; visit++)
        {
            for (int step = 0; step < 3; step++)
            {
                DateTime at = Start.AddDays(day).AddHours(visit).AddMinutes(step);
                BehaviorEvent e = new()
                {
                    EventId = EventId.At(1, ++position),
                    EventTime = at,
                    EventType = step == 2 ? BehaviorEventType.Cart : BehaviorEventType.View,
                    ProductId = step == 0 ? "p" : $"p{day}-{visit}",
                    CategoryId = $"c{visit}",
                    CategoryCode = $"a.b{visit}",
                    Brand = $"b{visit}",
                    Price = 1 + visit,
                    UserId = visit == 0 ? "u" : $"u{day}-{visit}",
                    UserSession = $"s{day}-{visit}",
                    Source = "test",
                    Position = position,
                    ReceivedAt = at,
                    ValidatedAt = at,
                };
                messages.Add(new(0, position - 1, [], e, new MessageOrigin("test", position, at), null));
            }
        }

        return messages;
    }

    /// <summary>Rows and bytes of what the store has of entities.</summary>
    private static async Task<(long Rows, long Bytes)> SizeAsync(NpgsqlDataSource database)
    {
        await VacuumAsync(database);
        long rows = 0;
        long bytes = 0;
        foreach (StateTable table in StateTable.All)
        {
            rows += await CountAsync(database, table.Name);
            await using NpgsqlCommand size = database.CreateCommand($"select pg_total_relation_size('{table.Name}')");
            bytes += (long)(await size.ExecuteScalarAsync(Cancelled))!;
        }

        return (rows, bytes);
    }

    /// <summary>As autovacuum does it.</summary>
    private static async Task VacuumAsync(NpgsqlDataSource database)
    {
        await using NpgsqlCommand vacuum = database.CreateCommand(
            $"vacuum {string.Join(", ", StateTable.All.Select(table => table.Name))}"
        );
        await vacuum.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task<long> CountAsync(NpgsqlDataSource database, string table)
    {
        await using NpgsqlCommand count = database.CreateCommand($"select count(*) from {table}");
        return (long)(await count.ExecuteScalarAsync(Cancelled))!;
    }

    /// <summary>Redis has no entity for longer than its view says, but for what holds for all of them.</summary>
    private static async Task AssertAllExpireAsync(IDatabase redis)
    {
        IServer server = redis.Multiplexer.GetServers()[0];
        int entities = 0;
        await foreach (RedisKey key in server.KeysAsync(pattern: "*").WithCancellation(Cancelled))
        {
            string name = key.ToString();
            if (
                FeatureViews.All.FirstOrDefault(view => name.StartsWith($"fs:{view.Name}:", StringComparison.Ordinal))
                is not { } view
            )
            {
                Assert.Contains(name, (string[])["fs:applied:2", "fs:epoch"]);
                continue;
            }

            entities++;
            Assert.InRange((await redis.KeyTimeToLiveAsync(key)) ?? TimeSpan.MaxValue, TimeSpan.Zero, view.TimeToLive);
        }

        Assert.True(entities > 365 * VisitsADay, $"only {entities} entities");
    }

    private sealed class SetTime : TimeProvider
    {
        public DateTime Now { get; set; }

        public override DateTimeOffset GetUtcNow() => new(Now, TimeSpan.Zero);
    }
}
