using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Warehouse;
using Fecom.Warehouse.ForgetEvents;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>Which days of bronze go, which stay, and that nobody who writes waits long for it.</summary>
public sealed class ForgetEventsTests(Servers servers)
{
    private static readonly DateTime Before = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_day_goes_when_all_of_it_was_received_long_ago_and_history_that_was_loaded_lately_stays()
    {
        await using NpgsqlDataSource database = await OpenAsync();
        await AddDayAsync(database, "20200101", "2020-01-01", received: "2020-01-01");
        await AddDayAsync(database, "20200102", "2020-01-02", received: "2025-12-31T23:59:59Z");
        await AddDayAsync(database, "20200103", "2020-01-03", received: "2026-02-01");
        await AddDayAsync(database, "20260101", "2026-01-01", received: "2025-12-31");
        await AddEventAsync(database, "1999-01-01", received: "1999-01-01");
        await AddEventAsync(database, "1999-01-01", received: "2026-02-01");

        OldDays old = new(database);
        Assert.Equal(new ForgottenDays(Days: 2, Others: 1), await old.ForgetAsync(Before, Cancelled));
        Assert.Equal(default, await old.ForgetAsync(Before, Cancelled));

        Assert.Equal(
            "event_20200103 event_20260101 event_other_days",
            await ReadAsync(
                database,
                "select string_agg(relname, ' ' order by relname) from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'bronze.event'::regclass"
            )
        );
        Assert.Equal(3L, await ReadAsync(database, "select count(*) from bronze.event"));
    }

    /// <summary>Events that were put back from the lake are as old as they were.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("bronze.event_batch")]
    [InlineData("lake.pending_batch")]
    public async Task Old_events_that_have_yet_to_be_taken_on_stay_until_they_are(string pending)
    {
        await using NpgsqlDataSource database = await OpenAsync();
        await AddEventAsync(database, "1999-01-01", received: "1999-01-01");
        await AddEventAsync(database, "1999-01-02", received: "1999-01-01");
        await ReadAsync(database, $"insert into {pending} (batch, day, events) values (0, '1999-01-01', 1)");
        OldDays old = new(database);

        Assert.Equal(new ForgottenDays(Days: 0, Others: 1), await old.ForgetAsync(Before, Cancelled));
        Assert.Equal(
            1L,
            await ReadAsync(database, "select count(*) from bronze.event where event_time < '1999-01-02'")
        );

        await ReadAsync(database, $"delete from {pending}");
        Assert.Equal(new ForgottenDays(Days: 0, Others: 1), await old.ForgetAsync(Before, Cancelled));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_day_that_somebody_reads_stays_until_the_next_time_and_writers_go_on()
    {
        await using NpgsqlDataSource database = await OpenAsync();
        await AddDayAsync(database, "20200101", "2020-01-01", received: "2020-01-01");
        await AddDayAsync(database, "20260101", "2026-01-01", received: "2026-01-01");
        OldDays old = new(database);
        await using (NpgsqlConnection training = await database.OpenConnectionAsync(Cancelled))
        await using (NpgsqlTransaction reading = await training.BeginTransactionAsync(Cancelled))
        {
            await using NpgsqlCommand read = new("select count(*) from bronze.event", training);
            await read.ExecuteScalarAsync(Cancelled);

            Task<ForgottenDays> forgetting = old.ForgetAsync(Before, Cancelled);
            await AddEventAsync(database, "2026-01-01", received: "2026-01-01");
            TimeoutException waited = await Assert.ThrowsAsync<TimeoutException>(() => forgetting);
            Assert.Contains("event_20200101", waited.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, (await old.ForgetAsync(Before, Cancelled)).Days);
        Assert.Equal(2L, await ReadAsync(database, "select count(*) from bronze.event"));
    }

    private async Task<NpgsqlDataSource> OpenAsync()
    {
        NpgsqlDataSource database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await new Migrator(
            database,
            [new("platform", typeof(MessagingRegistration).Assembly), new("bronze", typeof(WarehouseModule).Assembly)],
            NullLogger<Migrator>.Instance
        ).MigrateAsync(Cancelled);
        return database;
    }

    private static async Task AddDayAsync(NpgsqlDataSource database, string name, string day, string received)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"create table bronze.event_{name} partition of bronze.event for values from ('{day}T00:00:00Z') to ('{day}T24:00:00Z')"
        );
        await command.ExecuteNonQueryAsync(Cancelled);
        await AddEventAsync(database, day, received);
    }

    private static async Task AddEventAsync(NpgsqlDataSource database, string day, string received)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"""
            insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, price, user_id,
                user_session, source)
            values ('{day}T12:00:00Z', '{received}', '{received}', gen_random_uuid(), 1, 'view', 'p', 1, 'u', 's', 'api')
            """
        );
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task<object?> ReadAsync(NpgsqlDataSource database, string sql)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancelled);
    }
}
