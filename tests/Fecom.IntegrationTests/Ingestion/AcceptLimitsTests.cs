using System.Net;
using Fecom.Ingestion.HttpEvents.AcceptEvents;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Events over HTTP are bounded by the memory that calls take and by what the pipeline has still to do.</summary>
public sealed class AcceptLimitsTests(Servers servers) : AcceptEventsContext(servers)
{
    [Fact(Timeout = 60_000)]
    public async Task A_pipeline_that_lags_too_far_makes_callers_wait()
    {
        _pipeline.Hold();
        await using IngestionHost host = await StartAsync(null, ("Ingestion:Events:MaxBacklogEvents", "20"));
        await AcceptedAsync(host, Array(0, 25));
        using HttpResponseMessage full = await PostAsync(host, Event(26));
        Assert.Equal((HttpStatusCode.TooManyRequests, true), (full.StatusCode, full.Headers.RetryAfter is not null));

        _pipeline.Open();
        await Poll.UntilAsync(
            async () => (await PostAsync(host, Event(27))).StatusCode == HttpStatusCode.Accepted,
            TestTimeout,
            "it stays full"
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task Calls_at_once_are_bounded_by_the_memory_they_take()
    {
        await using IngestionHost host = await StartAsync(null, ("Ingestion:Events:MaxBytesInFlight", "50000"));
        await using NpgsqlConnection holder = await host.Database.OpenConnectionAsync(Cancelled);
        await ExecuteAsync(holder, $"select pg_advisory_lock({IngestionLocks.AppendToOutbox})");
        List<Task<HttpResponseMessage>> calls =
        [
            .. Enumerable.Range(0, 40).Select(call => PostAsync(host, Array(call * 200, 200))),
        ];
        for (int refused = 0; refused < 39; refused++)
        {
            Task<HttpResponseMessage> answer = await Task.WhenAny(calls);
            Assert.Equal(HttpStatusCode.TooManyRequests, (await answer).StatusCode);
            calls.Remove(answer);
        }

        await ExecuteAsync(holder, $"select pg_advisory_unlock({IngestionLocks.AppendToOutbox})");
        Assert.Equal(HttpStatusCode.Accepted, (await Assert.Single(calls)).StatusCode);
        await RelayedAsync(200);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_call_that_failed_while_the_backlog_was_measured_gives_its_room_back()
    {
        _pipeline.Hold();
        await using IngestionHost host = await StartAsync(
            null,
            ("Ingestion:Events:MaxBytesInFlight", "1500"),
            ("Ingestion:Events:MaxBacklogEvents", "3")
        );
        await AcceptedAsync(host, Array(0, 3));
        await using NpgsqlConnection person = await host.Database.OpenConnectionAsync(Cancelled);
        await ExecuteAsync(person, "alter sequence ingestion.outbox_done rename to outbox_gone");
        await Poll.UntilAsync(
            async () => (await PostAsync(host, Array(3, 10))).StatusCode == HttpStatusCode.ServiceUnavailable,
            TestTimeout,
            "the backlog is not measured"
        );
        await StatusAsync(HttpStatusCode.ServiceUnavailable, PostAsync(host, Array(3, 10)));
        await ExecuteAsync(person, "alter sequence ingestion.outbox_gone rename to outbox_done");
        _pipeline.Open();

        await Poll.UntilAsync(
            async () =>
                (await Task.WhenAll(PostAsync(host, Event(20)), PostAsync(host, Event(21)))).All(call =>
                    call.StatusCode == HttpStatusCode.Accepted
                ),
            TestTimeout,
            "calls are refused for ever"
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task Calls_that_do_not_say_their_size_are_counted_as_they_grow()
    {
        await using IngestionHost host = await StartAsync(null, ("Ingestion:Events:MaxBytesInFlight", "400000"));
        byte[] zipped = Zip(Event(1) + new string(' ', 3_000_000));
        Assert.True(zipped.Length < 40_000);
        await using NpgsqlConnection holder = await host.Database.OpenConnectionAsync(Cancelled);
        await ExecuteAsync(holder, $"select pg_advisory_lock({IngestionLocks.AppendToOutbox})");
        Task<HttpResponseMessage> waiting = PostAsync(host, Array(0, 1_000));
        // Read to its end: a call that is still growing could be the one that is refused.
        await Poll.UntilEqualAsync(1L, WaitingForTheLockAsync, TestTimeout, "calls that wait for the lock");

        await StatusAsync(HttpStatusCode.TooManyRequests, PostAsync(host, zipped, "gzip"));
        await StatusAsync(
            HttpStatusCode.TooManyRequests,
            PostChunkedAsync(host, Event(1) + new string(' ', 3_000_000))
        );

        await ExecuteAsync(holder, $"select pg_advisory_unlock({IngestionLocks.AppendToOutbox})");
        Assert.Equal(HttpStatusCode.Accepted, (await waiting).StatusCode);
        await Poll.UntilEqualAsync(
            0,
            () => Task.FromResult(host.Services.GetRequiredService<Outbox>().BytesInFlight),
            TestTimeout,
            "bytes in flight"
        );
        // Alone it may take what it needs.
        await TakenAsync(PostAsync(host, zipped, "gzip"));

        async Task<long> WaitingForTheLockAsync()
        {
            await using NpgsqlCommand count = host.Database.CreateCommand(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())"
            );
            return (long)(await count.ExecuteScalarAsync(Cancelled))!;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_transaction_that_reads_for_long_makes_no_append_look_through_what_it_keeps()
    {
        await using IngestionHost host = await StartAsync();
        await using NpgsqlConnection reader = await host.Database.OpenConnectionAsync(Cancelled);
        await using NpgsqlTransaction reading = await reader.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead,
            Cancelled
        );
        await ExecuteAsync(reader, "select count(*) from ingestion.outbox");

        TimeSpan before = await FastestAsync();
        // As many chunks as a busy hour leaves behind, deleted and kept by the reader: an append that meets them takes 30 times as long.
        await ExecuteAsync(
            host.Database,
            """
            insert into ingestion.outbox (first_seq, events, payload, received_at)
            select setval('ingestion.outbox_last', last_value + n), 1, '', now() from ingestion.outbox_last, generate_series(1, 100000) as n
            """
        );
        await ExecuteAsync(host.Database, "delete from ingestion.outbox");
        TimeSpan after = await FastestAsync();

        Assert.True(
            after < 5 * before,
            $"20 calls took {after.TotalMilliseconds} ms, {before.TotalMilliseconds} before"
        );

        async Task<TimeSpan> FastestAsync()
        {
            TimeSpan fastest = TimeSpan.MaxValue;
            for (int round = 0; round < 5; round++)
            {
                long start = TimeProvider.System.GetTimestamp();
                for (int call = 0; call < 20; call++)
                {
                    await AcceptedAsync(host, Event(call));
                }

                TimeSpan took = TimeProvider.System.GetElapsedTime(start);
                fastest = took < fastest ? took : fastest;
            }

            return fastest;
        }
    }
}
