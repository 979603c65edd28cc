using Fecom.Contracts;
using Fecom.Features.CompareFeatures;
using Fecom.Learning.Views;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>The features of one entity from its events in bronze: what stepping them one by one gives, and nothing that became known later.</summary>
public sealed class EntityHistoryTests(Servers servers)
{
    private const string Quoted = "l'ö\"r' or '1'='1";
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Each_view_has_what_its_events_give_until_the_moment()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await StoredEvents.MigrateAsync(database);
        BehaviorEvent[] events = [.. Enumerable.Range(1, 400).Select(Event)];
        await StoredEvents.WriteAsync(database, events);
        using EntityHistoryReader reader = new(database);
        DateTime at = Start.AddMinutes(300);

        foreach (FeatureView view in FeatureViews.All)
        {
            string?[] entities = [.. events.Select(e => view.EntityOf(e)).Distinct().Take(3), "nobody"];
            foreach (string entity in entities.OfType<string>())
            {
                EntityHistory read = (await reader.ReadAsync(view, entity, at, Cancelled))!;

                BehaviorEvent[] own =
                [
                    .. events.Where(e => view.EntityOf(e) == entity && HistoricalFeatures.KnownAt(e) <= at),
                ];
                Assert.Equal(own.Length, read.Events);
                Assert.Equal(own.Length == 0 ? null : own.Max(e => e.EventTime), read.EventTime);
                Assert.Equal(Expected(view, own, at), read.Values);
            }
        }

        using EntityHistoryReader small = new(database, maxEvents: 100);
        Assert.Null(await small.ReadAsync(FeatureViews.Shop, ShopView.Shop, at, Cancelled));
        Assert.NotNull(await small.ReadAsync(FeatureViews.Product, "p1", at, Cancelled));
    }

    private static FeatureValue[] Expected(FeatureView view, BehaviorEvent[] events, DateTime at)
    {
        if (events.Length == 0)
        {
            return [.. view.Features.Select(feature => feature.Default)];
        }

        EntityState state = view.Create();
        foreach (BehaviorEvent e in events)
        {
            state.Step(e);
        }

        FeatureValue[] values = new FeatureValue[view.Features.Count];
        view.Read(state, at, values);
        return values;
    }

    /// <summary>An event a minute; every third comes from a file that is loaded long after, and each fifth is live and late.</summary>
    private static BehaviorEvent Event(int number)
    {
        DateTime time = Start.AddMinutes(number);
        return new()
        {
            EventId = EventId.At(1, number),
            EventTime = time,
            EventType = (BehaviorEventType)(number % 4),
            ProductId = $"p{number % 7}",
            CategoryId = number % 5 == 0 ? null : $"c{number % 3}",
            CategoryCode = number % 2 == 0 ? "a.b" : null,
            Brand = number % 3 == 0 ? Quoted : "x",
            Price = number / 10m,
            UserId = $"u{number % 4}",
            UserSession = $"s{number % 11}",
            Source = number % 3 == 0 ? "file:past.csv@1" : "api",
            Position = number,
            ReceivedAt =
                number % 3 == 0 ? time.AddDays(9)
                : number % 5 == 0 ? time.AddMinutes(120)
                : time,
            ValidatedAt = time,
        };
    }
}
