using System.Net;
using System.Text;
using System.Text.Json;
using Fecom.Ingestion.HttpEvents.ForgetClientIds;
using Fecom.Ingestion.HttpEvents.Shared;
using Fecom.Platform.Jobs;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Events over HTTP: answered once durable, relayed in order, each once.</summary>
public sealed class AcceptEventsTests(Servers servers) : AcceptEventsContext(servers)
{
    [Fact(Timeout = 60_000)]
    public async Task Events_are_relayed_in_the_order_of_their_numbers()
    {
        await using IngestionHost host = await StartAsync();
        for (int call = 0; call < 20; call++)
        {
            Assert.Equal(5, await AcceptedAsync(host, Array(call * 5, 5)));
        }

        await RelayedAsync(100);
        Assert.Equal(
            Enumerable.Range(1, 100).Select(seq => (long)seq),
            _pipeline.Taken.Select(m => m.Origin!.Value.Position)
        );
        Assert.Equal(
            Enumerable.Range(0, 100).Select(Event),
            _pipeline.Taken.Select(m => Encoding.UTF8.GetString(m.Value))
        );
        Assert.Equal(
            Enumerable.Range(0, 100).Select(User),
            _pipeline.Taken.Select(m => Encoding.UTF8.GetString(m.Key!))
        );
        Assert.All(_pipeline.Taken, m => Assert.Equal("api", m.Origin!.Value.Source));
    }

    [Fact(Timeout = 60_000)]
    public async Task Calls_at_once_to_two_hosts_are_numbered_without_gap_and_repeat()
    {
        string database = await Postgres.CreateDatabaseAsync();
        List<string> heard = [];
        await using NpgsqlConnection listener = new(database);
        listener.Notification += (_, notice) => heard.Add(notice.Payload);
        await listener.OpenAsync(Cancelled);
        await using (NpgsqlCommand listen = new("listen fecom", listener))
        {
            await listen.ExecuteNonQueryAsync(Cancelled);
        }

        await using IngestionHost first = await StartAsync(database);
        await using IngestionHost second = await StartAsync(database);
        Task<int>[] calls =
        [
            .. Enumerable
                .Range(0, 200)
                .Select(call => AcceptedAsync(call % 2 == 0 ? first : second, Array(call * 7, 7))),
        ];
        Assert.All(await Task.WhenAll(calls), accepted => Assert.Equal(7, accepted));

        await RelayedAsync(1_400);
        Assert.Equal(
            Enumerable.Range(1, 1_400).Select(seq => (long)seq),
            _pipeline.Taken.Select(m => m.Origin!.Value.Position)
        );
        Assert.Equal(
            Enumerable.Range(0, 1_400).Select(Event).Order(),
            _pipeline.Taken.Select(m => Encoding.UTF8.GetString(m.Value)).Order()
        );
        await EmptyAsync(first);
        // Hosts tell each other of other things too.
        while (!heard.Contains(OutboxState.Asked))
        {
            Assert.True(await listener.WaitAsync(TimeSpan.FromSeconds(30), Cancelled), "No host told of the events.");
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_accepted_survives_crashes_and_comes_once()
    {
        string database = await Postgres.CreateDatabaseAsync();
        for (int crash = 0; crash < 3; crash++)
        {
            _pipeline.Hold();
            IngestionHost host = await StartAsync(database);
            int before = _pipeline.SentCount;
            await AcceptedAsync(host, Array(crash * 50, 50));
            await Poll.UntilAsync(() => Task.FromResult(_pipeline.SentCount > before), TestTimeout, "nothing was sent");
            await host.CrashAsync(_pipeline);
        }

        _pipeline.Open();
        await using IngestionHost last = await StartAsync(database);
        await RelayedAsync(150);
        Assert.True(_pipeline.SentCount > 150);
        Assert.Equal(
            Enumerable.Range(0, 150).Select(Event),
            _pipeline.Taken.OrderBy(m => m.Origin!.Value.Position).Select(m => Encoding.UTF8.GetString(m.Value))
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task A_repeat_with_the_clients_own_id_is_accepted_and_not_taken_twice()
    {
        await using IngestionHost host = await StartAsync();
        string first = WithId(1, "order-1");
        Assert.Equal(3, await AcceptedAsync(host, $"[{first},{Event(2)},{WithId(3, "order-1")}]"));
        Assert.Equal(1, await AcceptedAsync(host, first));
        Assert.Equal(2, await AcceptedAsync(host, $"{first}\n{WithId(4, "order-2")}\n"));

        await RelayedAsync(3);
        await EmptyAsync(host);
        Assert.Equal(
            [first, Event(2), WithId(4, "order-2")],
            _pipeline.Taken.Select(m => Encoding.UTF8.GetString(m.Value))
        );
    }

    /// <summary>There are those of a month.</summary>
    [Fact(Timeout = 60_000)]
    public async Task The_clients_own_ids_are_found_without_reading_all_of_them()
    {
        const int calls = 20;
        const int ids = 30;
        await using IngestionHost host = await StartAsync();
        for (int call = 0; call < calls; call++)
        {
            string[] events = [.. Enumerable.Range(call * ids, ids).Select(i => WithId(i, $"order-{i}"))];
            Assert.Equal(ids, await AcceptedAsync(host, $"[{string.Join(',', events)}]"));
        }

        // A session of PostgreSQL tells what it has done a while later.
        await Poll.UntilAsync(
            async () => await CountAsync(host, "n_tup_ins") == calls * ids,
            TimeSpan.FromSeconds(40),
            "PostgreSQL did not count the ids"
        );
        Assert.Equal(0, await CountAsync(host, "seq_tup_read"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_clients_own_id_is_forgotten_after_the_days_that_are_set()
    {
        await using IngestionHost host = await StartAsync();
        Assert.Equal(2, await AcceptedAsync(host, $"[{WithId(1, "old")},{WithId(2, "new")}]"));
        await RelayedAsync(2);
        // One of the two is past the 30 days by a minute, the other short of them by one.
        await using (
            NpgsqlCommand age = host.Database.CreateCommand(
                """
                update ingestion.client_event set accepted_at = now() - interval '30 days'
                    + interval '1 minute' * (case event_id when (select event_id from ingestion.client_event order by event_id limit 1) then -1 else 1 end)
                """
            )
        )
        {
            Assert.Equal(2, await age.ExecuteNonQueryAsync(Cancelled));
        }

        ForgetClientIdsJob job = Assert.IsType<ForgetClientIdsJob>(
            host.Services.GetRequiredKeyedService<IJob>("forget_client_event_ids")
        );
        Assert.Equal(1, await job.ForgetAsync(Cancelled));
        Assert.Equal(0, await job.ForgetAsync(Cancelled));

        // Of the two only the one that is forgotten is taken as a new event.
        Assert.Equal(2, await AcceptedAsync(host, $"[{WithId(1, "old")},{WithId(2, "new")}]"));
        await RelayedAsync(3);
        await EmptyAsync(host);
        Assert.Equal(3, _pipeline.Taken.Count());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_call_with_a_key_that_is_sent_again_is_not_taken_twice()
    {
        await using IngestionHost host = await StartAsync();
        string twice = $"[{Event(1)},{Event(1)},{WithId(2, "order-7")}]";
        await TakenAsync(PostAsync(host, Encoding.UTF8.GetBytes(twice), null, "k-1"));
        await TakenAsync(PostAsync(host, Encoding.UTF8.GetBytes(twice), null, "k-1"));
        // Another key is another call, and another event under the same key is not lost.
        await TakenAsync(PostAsync(host, Encoding.UTF8.GetBytes(twice), null, "k-2"));
        await TakenAsync(PostAsync(host, Encoding.UTF8.GetBytes($"[{Event(9)}]"), null, "k-1"));
        await StatusAsync(
            HttpStatusCode.BadRequest,
            PostAsync(host, Encoding.UTF8.GetBytes(twice), null, new string('k', 256))
        );

        await RelayedAsync(6);
        await EmptyAsync(host);
        Assert.Equal(
            [Event(1), Event(1), WithId(2, "order-7"), Event(1), Event(1), Event(9)],
            _pipeline.Taken.Select(m => Encoding.UTF8.GetString(m.Value))
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_PostgreSQL_nothing_is_accepted_and_afterwards_all_goes_on()
    {
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync();
        await using IngestionHost host = await StartAsync(await postgres.CreateDatabaseAsync());
        await AcceptedAsync(host, Array(0, 10));
        await RelayedAsync(10);

        await postgres.KillAsync();
        using HttpResponseMessage away = await PostAsync(host, Event(10));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (away.StatusCode, away.Headers.RetryAfter is not null));

        await postgres.StartServerAsync();
        await Poll.UntilAsync(
            async () => (await PostAsync(host, Event(11))).StatusCode == HttpStatusCode.Accepted,
            TestTimeout,
            "it stays away"
        );
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.Taken.Any(m => Encoding.UTF8.GetString(m.Value) == Event(11))),
            TestTimeout,
            "the relay did not go on"
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task The_api_is_a_source_with_its_backlog()
    {
        _pipeline.Hold();
        await using IngestionHost host = await StartAsync();
        await AcceptedAsync(host, Array(0, 30));
        JsonElement api = await ApiAsync(host);
        Assert.Equal(
            (30L, 30L, 0L),
            (
                api.GetProperty("rows").GetInt64(),
                api.GetProperty("backlog").GetInt64(),
                api.GetProperty("position").GetInt64()
            )
        );

        _pipeline.Open();
        await EmptyAsync(host);
        Assert.Equal(30, (await ApiAsync(host)).GetProperty("position").GetInt64());
    }

    /// <param name="host">Whose table.</param>
    /// <param name="what">A column of pg_stat_user_tables.</param>
    private static async Task<long> CountAsync(IngestionHost host, string what)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(
            $"select coalesce(sum({what}), 0)::bigint from pg_stat_user_tables where relname = 'client_event'"
        );
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
