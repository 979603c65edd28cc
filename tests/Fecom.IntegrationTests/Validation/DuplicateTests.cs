using System.Diagnostics.Metrics;
using System.Text;
using Fecom.Testing;
using Fecom.Validation.ForgetInvalidEvents;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Validation;

/// <summary>Events that clients named themselves, and late ones.</summary>
public sealed class DuplicateTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Of_events_with_one_id_the_first_counts_and_the_others_are_refused_in_their_order()
    {
        await using ValidationHost host = await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync());
        ShopEvents file = new(host);
        ShopEvents other = new(host, "file:other.csv@2");

        await file.SendAsync(
            Named("a"),
            Named("b"),
            Named("a"),
            ShopEvents.With("35.79", "0"),
            Named("b"),
            ShopEvents.Good,
            ShopEvents.Good
        );
        await other.SendAsync(Named("b"), Named("c"));

        Assert.Equal(
            "2 1 2 6 7",
            await TextAsync(host, "select string_agg(position::text, ' ' order by source, position) from bronze.event")
        );
        Assert.Equal(
            "3:duplicate 4:price_positive 5:duplicate 1:duplicate",
            await TextAsync(
                host,
                "select string_agg(position || ':' || rules[1], ' ' order by id) from validation.invalid_event"
            )
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task An_event_that_is_sent_again_by_its_source_is_no_duplicate_of_itself()
    {
        await using ValidationHost host = await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync());
        ShopEvents file = new(host);
        await file.SendAsync(Named("a"), Named("b"));

        await file.SendAtAsync(
            (1, Encoding.UTF8.GetBytes(Named("a"))),
            (2, Encoding.UTF8.GetBytes(Named("b"))),
            (3, Encoding.UTF8.GetBytes(Named("c")))
        );

        Assert.Equal(
            "1 2 3",
            await TextAsync(host, "select string_agg(position::text, ' ' order by position) from bronze.event")
        );
        Assert.Equal(0, await host.CountAsync("validation.invalid_event"));
    }

    [Fact(Timeout = 120_000)]
    public async Task An_id_is_remembered_for_the_days_that_are_set()
    {
        await using ValidationHost host = await ValidationHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            ("Validation:EventIdDays", "2")
        );
        ShopEvents file = new(host);
        await file.SendAsync(Named("a"), Named("b"));
        await TextAsync(
            host,
            "update validation.seen_event_id set seen_at = seen_at - interval '49 hours' where position = 1 returning ''"
        );

        await host.Services.GetRequiredService<Retention>().ForgetEventIdsAsync(Cancelled);
        await file.SendAsync(Named("a"), Named("b"));

        Assert.Equal(
            "1 2 3",
            await TextAsync(host, "select string_agg(position::text, ' ' order by position) from bronze.event")
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task An_event_that_comes_late_is_marked_kept_and_counted()
    {
        await using ValidationHost host = await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync());
        IMeterFactory own = host.Services.GetRequiredService<IMeterFactory>();
        long late = 0;
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, me) =>
            {
                if (instrument.Name == "fecom.validation.late_events" && instrument.Meter.Scope == own)
                {
                    me.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, measured, _, _) => Interlocked.Add(ref late, measured));
        listener.Start();
        await new ShopEvents(host).SendAsync(
            ShopEvents.With("2019-10-01 00:00:00 UTC", "2026-01-01T03:04:04Z"),
            ShopEvents.With("2019-10-01 00:00:00 UTC", "2026-01-01T03:04:06Z")
        );

        Assert.Equal(
            "true false",
            await TextAsync(host, "select string_agg(late::text, ' ' order by position) from bronze.event")
        );
        await Poll.UntilEqualAsync(
            1,
            () => Task.FromResult(Interlocked.Read(ref late)),
            TimeSpan.FromSeconds(60),
            "late events that were counted"
        );
    }

    private static string Named(string id) => ShopEvents.With("\"price\"", $"\"event_id\":\"{id}\",\"price\"");

    private static async Task<string?> TextAsync(ValidationHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        return (await command.ExecuteScalarAsync(Cancelled)) as string;
    }
}
