using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Fecom.Ingestion.HttpEvents.AcceptEvents;
using Fecom.Ingestion.HttpEvents.ForgetClientIds;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Platform.Jobs;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Events over HTTP: answered once durable, relayed in order, each once.</summary>
public sealed class AcceptEventsTests(Servers servers) : IDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    private readonly InputFiles _files = new();
    private readonly FakePipeline _pipeline = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

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
        string database = await servers.Postgres.CreateDatabaseAsync();
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
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_accepted_survives_crashes_and_comes_once()
    {
        string database = await servers.Postgres.CreateDatabaseAsync();
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

    [Fact(Timeout = 60_000)]
    public async Task Good_and_bad_events_are_told_apart()
    {
        await using IngestionHost host = await StartAsync();
        using HttpResponseMessage mixed = await PostAsync(
            host,
            $$"""[{{Event(1)}},{"event_type":"click"},{{Event(2)}}]"""
        );
        JsonElement answer = await mixed.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.Equal((HttpStatusCode.Accepted, 2), (mixed.StatusCode, answer.GetProperty("accepted").GetInt32()));
        JsonElement rejected = answer.GetProperty("rejected")[0];
        Assert.Equal(1, rejected.GetProperty("index").GetInt32());
        Assert.Contains(
            rejected.GetProperty("errors").EnumerateArray(),
            e => e.GetProperty("rule").GetString() == "event_type_known"
        );

        using HttpResponseMessage none = await PostAsync(host, """{"price":"free"}""");
        JsonElement problem = await none.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, none.StatusCode);
        Assert.Equal("application/problem+json", none.Content.Headers.ContentType!.MediaType);
        Assert.Contains(
            problem.GetProperty("rejected")[0].GetProperty("errors").EnumerateArray(),
            e => e.GetProperty("field").GetString() == "price"
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task Calls_that_cannot_be_taken_say_why()
    {
        await using IngestionHost host = await StartAsync(
            null,
            ("Ingestion:Events:MaxEvents", "10"),
            ("Ingestion:Events:MaxBytes", "4096")
        );
        await StatusAsync(HttpStatusCode.RequestEntityTooLarge, PostAsync(host, Array(0, 11)));
        await StatusAsync(HttpStatusCode.RequestEntityTooLarge, PostAsync(host, Event(1) + new string(' ', 5_000)));
        await StatusAsync(
            HttpStatusCode.RequestEntityTooLarge,
            PostAsync(host, Zip(Event(1) + new string(' ', 50_000)), "gzip")
        );
        await StatusAsync(HttpStatusCode.BadRequest, PostAsync(host, "[1,"));
        await StatusAsync(HttpStatusCode.BadRequest, PostAsync(host, "no gzip"u8.ToArray(), "gzip"));
        await StatusAsync(HttpStatusCode.UnsupportedMediaType, PostAsync(host, "{}"u8.ToArray(), "br"));
        Assert.Equal(1, await AcceptedAsync(host, Event(1)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_compressed_call_is_taken_however_its_coding_is_written_and_only_when_it_is_whole()
    {
        await using IngestionHost host = await StartAsync();
        foreach ((string coding, int from) in new[] { ("gzip", 0), ("GZIP", 500), ("x-gzip", 1_000) })
        {
            using HttpResponseMessage response = await PostAsync(host, Zip(Array(from, 500)), coding);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }

        byte[] whole = Zip(string.Join('\n', Enumerable.Range(2_000, 1_000).Select(Event)));
        foreach (int length in (int[])[1, 10, whole.Length / 2, whole.Length - 8, whole.Length - 1])
        {
            using HttpResponseMessage cut = await PostAsync(host, whole[..length], "gzip");
            Assert.Equal(HttpStatusCode.BadRequest, cut.StatusCode);
            Assert.Contains("ends early", await cut.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        }

        using HttpResponseMessage other = await PostAsync(host, whole, "deflate");
        Assert.Equal(
            (HttpStatusCode.UnsupportedMediaType, "gzip"),
            (other.StatusCode, string.Join(',', other.Headers.GetValues("Accept-Encoding")))
        );
        await RelayedAsync(1_500);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("application/json; charset=utf-8", HttpStatusCode.Accepted)]
    [InlineData("application/json; charset=\"UTF-8\"", HttpStatusCode.Accepted)]
    [InlineData("application/json; charset=utf-16", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=iso-8859-1", HttpStatusCode.UnsupportedMediaType)]
    public async Task A_body_is_UTF_8(string type, HttpStatusCode expected)
    {
        await using IngestionHost host = await StartAsync();
        using ByteArrayContent content = new(Encoding.UTF8.GetBytes(Event(1)));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using HttpResponseMessage response = await host.Http.PostAsync(
            new Uri("/api/v1/events", UriKind.Relative),
            content,
            Cancelled
        );
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(
            expected == HttpStatusCode.UnsupportedMediaType,
            (await response.Content.ReadAsStringAsync(Cancelled)).Contains("UTF-8", StringComparison.Ordinal)
        );
    }

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

    public void Dispose() => _files.Dispose();

    private static string User(int number) => (500_000_000 + (number % 13)).ToString(CultureInfo.InvariantCulture);

    private static string Event(int number) =>
        $$"""{"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":{{number + 1}},"price":1.5,"user_id":{{User(number)}},"user_session":"s{{number}}"}""";

    private static string WithId(int number, string id) => $"{Event(number)[..^1]},\"event_id\":\"{id}\"}}";

    private static string Array(int from, int count) =>
        $"[{string.Join(',', Enumerable.Range(from, count).Select(Event))}]";

    private static byte[] Zip(string text)
    {
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return zipped.ToArray();
    }

    private static async Task<int> AcceptedAsync(IngestionHost host, string body)
    {
        using HttpResponseMessage response = await PostAsync(host, body);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("accepted").GetInt32();
    }

    private static Task<HttpResponseMessage> PostAsync(IngestionHost host, string body) =>
        PostAsync(host, Encoding.UTF8.GetBytes(body), null);

    private static async Task<HttpResponseMessage> PostAsync(
        IngestionHost host,
        byte[] body,
        string? encoding,
        string? key = null
    )
    {
        using ByteArrayContent content = new(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events") { Content = content };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await host.Http.SendAsync(request, Cancelled);
    }

    /// <summary>Without Content-Length.</summary>
    private static async Task<HttpResponseMessage> PostChunkedAsync(IngestionHost host, string body)
    {
        using StreamContent content = new(new MemoryStream(Encoding.UTF8.GetBytes(body)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events") { Content = content };
        request.Headers.TransferEncodingChunked = true;
        return await host.Http.SendAsync(request, Cancelled);
    }

    private static async Task TakenAsync(Task<HttpResponseMessage> call)
    {
        using HttpResponseMessage response = await call;
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    private static async Task StatusAsync(HttpStatusCode expected, Task<HttpResponseMessage> call)
    {
        using HttpResponseMessage response = await call;
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    private static async Task<JsonElement> ApiAsync(IngestionHost host)
    {
        JsonElement body = await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources", Cancelled);
        return body.GetProperty("sources")
            .EnumerateArray()
            .Single(source => source.GetProperty("name").GetString() == "api");
    }

    private static async Task EmptyAsync(IngestionHost host) =>
        await Poll.UntilEqualAsync(
            0L,
            async () =>
            {
                await using NpgsqlCommand count = host.Database.CreateCommand("select count(*) from ingestion.outbox");
                return (long)(await count.ExecuteScalarAsync(Cancelled))!;
            },
            TestTimeout,
            "chunks in the outbox"
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

    private Task RelayedAsync(int events) =>
        Poll.UntilEqualAsync(events, () => Task.FromResult(_pipeline.Taken.Count), TestTimeout, "relayed events");

    private async Task<IngestionHost> StartAsync(
        string? database = null,
        params (string Key, string Value)[] settings
    ) =>
        await IngestionHost.StartAsync(
            database ?? await servers.Postgres.CreateDatabaseAsync(),
            _files,
            _pipeline,
            settings
        );
}
