using System.Globalization;
using Fecom.IntegrationTests.Validation;
using Fecom.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>Bronze when its partitions or PostgreSQL are not as one would like them.</summary>
public sealed class BronzeTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task One_call_of_events_on_nine_thousand_days_is_taken_with_a_bounded_number_of_partitions()
    {
        await using ValidationHost host = await StartAsync("", ("Warehouse:MaxDayPartitions", "200"));
        DateTime today = TimeProvider.System.GetUtcNow().UtcDateTime.Date;

        await SendAsync(host, [.. Enumerable.Range(0, 9_000).Select(days => today.AddDays(-days))]);
        // Once more, a day that has its rows among the other days.
        await new ShopEvents(host, "file:more.csv@1").SendAsync(OnDay(today.AddDays(-5_000)));

        Assert.Equal(9_001, await host.CountAsync("bronze.event"));
        Assert.Equal(0, await host.CountAsync("platform.dead_letter"));
        Assert.Equal(200, await host.CountAsync("pg_inherits where inhparent = 'bronze.event'::regclass") - 1);
        Assert.Equal(8_801, await host.CountAsync("bronze.event_other_days"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_day_that_was_dropped_comes_back_when_bronze_reads_again()
    {
        await using ValidationHost host = await StartAsync("");
        DateTime day = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        await SendAsync(host, [.. Enumerable.Range(0, 300).Select(i => day.AddDays(i % 3))]);

        await ExecuteAsync(host.Database, "drop table bronze.event_20200102");
        Assert.Equal(200, await host.CountAsync("bronze.event"));
        using HttpResponseMessage moved = await host.PostAsync(
            "/api/v1/pipeline/endpoints/bronze/offsets",
            """{"to":"start"}"""
        );
        moved.EnsureSuccessStatusCode();

        await Poll.UntilEqualAsync(
            300,
            () => host.CountAsync("bronze.event"),
            TimeSpan.FromSeconds(60),
            "rows of bronze"
        );
        Assert.Equal(100, await host.CountAsync("bronze.event_20200102"));
        Assert.Equal(0, await host.CountAsync("platform.dead_letter"));
        await new ShopEvents(host, "file:more.csv@1").SendAsync(OnDay(day.AddDays(1)));
        Assert.Equal(101, await host.CountAsync("bronze.event_20200102"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_lock_that_outlasts_the_time_limit_of_a_statement_is_waited_for_and_health_says_so()
    {
        await using ValidationHost host = await StartAsync(";Options=-c statement_timeout=300");
        await new ShopEvents(host).SendAsync(ShopEvents.Good);
        await using NpgsqlConnection person = await host.Database.OpenConnectionAsync(Cancelled);
        await using (NpgsqlTransaction holding = await person.BeginTransactionAsync(Cancelled))
        {
            await ExecuteAsync(person, "lock table bronze.event in access exclusive mode");
            Task sending = new ShopEvents(host, "file:more.csv@1").SendAsync([
                .. Enumerable.Repeat(ShopEvents.Good, 6),
            ]);
            await Poll.UntilAsync(
                async () =>
                    (await host.HealthAsync("endpoints")) is { Status: HealthStatus.Degraded, Description: { } text }
                    && text.Contains("bronze waits", StringComparison.Ordinal),
                TimeSpan.FromSeconds(60),
                "health does not say that bronze waits"
            );
            await holding.RollbackAsync(Cancelled);
            await sending;
        }

        Assert.Equal(7, await host.CountAsync("bronze.event"));
        Assert.Equal(0, await host.CountAsync("platform.dead_letter"));
        Assert.Equal(HealthStatus.Healthy, (await host.HealthAsync("endpoints")).Status);
    }

    private async Task<ValidationHost> StartAsync(string more, params (string, string)[] settings) =>
        await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync() + more, settings);

    private static async Task SendAsync(ValidationHost host, IReadOnlyList<DateTime> times) =>
        await new ShopEvents(host).SendAsync([.. times.Select(OnDay)]);

    private static string OnDay(DateTime day) =>
        ShopEvents.With(
            "2019-10-01 00:00:00 UTC",
            day.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        );

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(Cancelled);
    }
}
