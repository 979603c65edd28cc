using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Exports of the Fecom tables in the input folder: each difference reaches the sinks once, whatever happens on the way.</summary>
public sealed class DetectChangesTests(Servers servers) : IDisposable
{
    private const string Payments = "fecom:order_payments";
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    private readonly InputFiles _files = new();
    private readonly FakePipeline _pipeline = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_file_is_compared_with_the_one_before()
    {
        _files.Put("Fecom Inc Order Payments.csv", TableFiles.Payments(1_000, 0));
        await using IngestionHost host = await StartAsync();
        JsonElement first = await TakenAsync(host, Payments, 1);
        Assert.Equal(
            ("table", "completed", 1_000, 1_000),
            (Text(first, "kind"), Text(first, "state"), Number(first, "rows"), Number(first, "position"))
        );

        _files.Put("Fecom Inc Order Payments.csv", TableFiles.Payments(1_000, 1));
        JsonElement second = await TakenAsync(host, Payments, 2);
        JsonElement changes = second.GetProperty("changes");
        Assert.Equal(
            (200, 80, 200),
            (Number(changes, "created"), Number(changes, "updated"), Number(changes, "deleted"))
        );
        Assert.Equal(1_480, Number(second, "position"));
        AssertFollowed(TableFiles.PaymentRows(1_000, 1));
        Assert.Equal(1_480, _pipeline.SentCount);
        Assert.All(_pipeline.Topics, topic => Assert.Equal("fecom.cdc.order_payments", topic));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_between_the_changes_and_the_snapshot_loses_none_and_repeats_none(bool otherFileMeanwhile)
    {
        string database = await servers.Postgres.CreateDatabaseAsync();
        _files.Put("payments.csv", TableFiles.Payments(1_000, 0));
        await using (IngestionHost first = await StartAsync(database))
        {
            await TakenAsync(first, Payments, 1);
        }

        _pipeline.Hold();
        _files.Put("payments.csv", TableFiles.Payments(1_000, 1));
        IngestionHost second = await StartAsync(database);
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.SentCount == 1_480),
            TestTimeout,
            "the changes were not sent"
        );
        // Some sinks have a part of them already.
        _pipeline.PassSome(150);
        await second.CrashAsync(_pipeline);

        int last = otherFileMeanwhile ? 3 : 1;
        if (otherFileMeanwhile)
        {
            _files.Put("payments.csv", TableFiles.Payments(1_000, last));
        }

        _pipeline.Open();
        await using IngestionHost third = await StartAsync(database);
        await TakenAsync(third, Payments, otherFileMeanwhile ? 3 : 2);
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.Taken.Count == (otherFileMeanwhile ? 2_340 : 1_480)),
            TestTimeout,
            "the changes are not all there, or too many"
        );
        Assert.True(_pipeline.SentCount > _pipeline.Taken.Count, "nothing was sent again");
        AssertFollowed(TableFiles.PaymentRows(1_000, last));
    }

    [Fact(Timeout = 120_000)]
    public async Task Crashes_at_any_moment_lose_no_change_and_repeat_none()
    {
        string database = await servers.Postgres.CreateDatabaseAsync();
        Random random = new(11);
        for (int version = 0; version < 8; version++)
        {
            _files.Put("payments.csv", TableFiles.Payments(2_000, version));
            TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
            int until = _pipeline.SentCount + random.Next(1, 900);
            _pipeline.Sent = sent =>
            {
                if (sent >= until)
                {
                    _pipeline.Hold();
                    reached.TrySetResult();
                }
            };
            IngestionHost host = await StartAsync(database);
            await reached.Task.WaitAsync(TestTimeout, Cancelled);
            _pipeline.PassSome(random.Next(100));
            await host.CrashAsync(_pipeline);
            _pipeline.Open();
        }

        _pipeline.Sent = _ => { };
        await using IngestionHost last = await StartAsync(database);
        SortedDictionary<string, string> expected = TableFiles.Rows(
            FecomTables.OrderPayments,
            TableFiles.PaymentRows(2_000, 7)
        );
        await Poll.UntilAsync(
            () => Task.FromResult(TableFiles.Follow(_pipeline.Taken.Where(IsPayment)).SequenceEqual(expected)),
            TestTimeout,
            "a follower of the changes does not have the last file's rows"
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task Kafka_that_takes_only_parts_for_a_while_costs_nothing()
    {
        _files.Put("payments.csv", TableFiles.Payments(500, 0));
        _pipeline.FailNext(4);
        await using IngestionHost host = await StartAsync();
        await TakenAsync(host, Payments, 1);
        AssertFollowed(TableFiles.PaymentRows(500, 0));
    }

    [Fact(Timeout = 60_000)]
    public async Task Of_two_hosts_one_takes_the_tables_and_the_other_takes_over()
    {
        string database = await servers.Postgres.CreateDatabaseAsync();
        _files.Put("payments.csv", TableFiles.Payments(1_000, 0));
        _pipeline.Hold();
        IngestionHost first = await StartAsync(database);
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.SentCount == 1_000),
            TestTimeout,
            "the first host did not send"
        );
        await using IngestionHost second = await StartAsync(database);
        await first.CrashAsync(_pipeline);
        _pipeline.Open();
        await TakenAsync(second, Payments, 1);
        AssertFollowed(TableFiles.PaymentRows(1_000, 0));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_fresh_database_gets_every_row_though_another_one_had_them_from_the_same_folder()
    {
        _files.Put("payments.csv", TableFiles.Payments(100, 0));
        await using (IngestionHost first = await StartAsync())
        {
            await TakenAsync(first, Payments, 1);
        }

        FakePipeline other = new();
        await using IngestionHost second = await IngestionHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            _files,
            other
        );
        await TakenAsync(second, Payments, 1);
        Assert.Equal(100, other.Taken.Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("update ingestion.table_snapshot set number = 0")]
    [InlineData("delete from ingestion.table_snapshot; delete from ingestion.table_file")]
    public async Task A_database_that_knows_less_than_the_folder_gets_every_row_again(string restore)
    {
        string database = await servers.Postgres.CreateDatabaseAsync();
        _files.Put("payments.csv", TableFiles.Payments(100, 0));
        await using (IngestionHost first = await StartAsync(database))
        {
            await TakenAsync(first, Payments, 1);
        }

        await using (NpgsqlDataSource source = NpgsqlDataSource.Create(database))
        await using (NpgsqlCommand command = source.CreateCommand(restore))
        {
            await command.ExecuteNonQueryAsync(Cancelled);
        }

        _files.Put("payments.csv", TableFiles.Payments(100, 0));
        await using IngestionHost second = await StartAsync(database);
        await TakenAsync(second, Payments, 1);
        Assert.Equal(200, _pipeline.SentCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_header_that_does_not_fit_is_the_sources_last_error_until_the_file_changes()
    {
        _files.Put("Fecom_Inc_Orders.csv", "Order_ID;Customer;Order_Status\n1;2;3\n"u8.ToArray());
        await using IngestionHost host = await StartAsync();
        JsonElement refused = await SourceAsync(host, "fecom:orders", source => Text(source, "state") == "refused");
        Assert.StartsWith(
            "Fecom_Inc_Orders.csv: The header lacks customer_trx_id, order_purchase_timestamp, ",
            Text(refused, "last_error"),
            StringComparison.Ordinal
        );
        Assert.Contains("unknown: customer.", Text(refused, "last_error"), StringComparison.Ordinal);
        JsonElement run = await RunAsync(host, "file:Fecom_Inc_Orders.csv");
        Assert.Equal(("fecom:orders", "failed"), (Text(run, "source"), Text(run, "state")));

        _files.Put(
            "Fecom_Inc_Orders.csv",
            TableFiles.Export(
                FecomTables.Orders,
                [
                    ["o1", "c1", "delivered", "2024-01-01 00:00", "", "", "", ""],
                ]
            )
        );
        await TakenAsync(host, "fecom:orders", 1);
        Assert.DoesNotContain(await SourcesAsync(host), source => Text(source, "kind") == "file");
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_left_out_is_counted_with_examples()
    {
        byte[] file = TableFiles.Export(
            FecomTables.Geolocations,
            [
                ["DE-1", "52,5", "13,4", "Berlin", "Germany"],
                ["", "", "", "", ""],
                ["", "1", "2", "Ulm", ""],
                ["DE-1", "1", "1", "Bonn", ""],
                ["x"],
            ]
        );
        _files.Put("Fecom Inc Geolocations.csv", file);
        await using IngestionHost host = await StartAsync();
        JsonElement source = await TakenAsync(host, "fecom:geolocations", 1);
        Assert.Equal(
            [
                ("malformed", "line 6 has 1 fields, expected 5: x"),
                ("empty", "line 3"),
                ("without_key", "line 4: ;1;2;Ulm;"),
                ("duplicate_key", "line 2: its key comes again in line 5, which counts"),
            ],
            source
                .GetProperty("findings")
                .EnumerateArray()
                .Select(finding => (Text(finding, "kind"), finding.GetProperty("examples")[0].GetString()))
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task Several_files_of_a_table_are_taken_from_the_oldest_to_the_newest()
    {
        _files.Put("payments 2024-10-02.csv", TableFiles.Payments(50, 1));
        _files.Put("payments 2024-10-03.csv", TableFiles.Payments(50, 2));
        _files.Put("payments 2024-10-01.csv", TableFiles.Payments(50, 0));
        await using IngestionHost host = await StartAsync();
        JsonElement source = await TakenAsync(host, Payments, 3);
        Assert.Equal("payments 2024-10-03.csv", Text(source, "file"));
        AssertFollowed(TableFiles.PaymentRows(50, 2));
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_watching_a_file_is_taken_when_asked_for()
    {
        _files.Put("payments.csv", TableFiles.Payments(50, 0));
        await using IngestionHost host = await StartAsync(null, ("Ingestion:Files:Watch", "false"));
        JsonElement run = await RunAsync(host, Payments);
        Assert.Equal(("completed", 50), (Text(run, "state"), Number(run, "rows")));
        Assert.Equal(0, Number(await RunAsync(host, "fecom"), "rows"));
        Assert.Equal("There is no file for this source.", Text(await RunAsync(host, "fecom:sellers"), "error"));
        using HttpResponseMessage unknown = await host.Http.PostAsJsonAsync(
            "/api/v1/ingestion/runs",
            new { source = "fecom:events" },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_is_being_written_is_waited_for_and_a_run_with_it()
    {
        _files.Put("payments.csv", TableFiles.Payments(50, 0));
        await using IngestionHost host = await StartAsync(
            null,
            ("Ingestion:Files:RestSeconds", "1.5"),
            ("Ingestion:Files:Watch", "false")
        );
        JsonElement run = await RunAsync(host, Payments);
        Assert.Equal(("completed", 50), (Text(run, "state"), Number(run, "rows")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_damaged_snapshot_says_how_to_start_over()
    {
        string database = await servers.Postgres.CreateDatabaseAsync();
        _files.Put("payments.csv", TableFiles.Payments(50, 0));
        await using IngestionHost host = await StartAsync(database);
        await TakenAsync(host, Payments, 1);
        string snapshot = Assert.Single(Directory.GetFiles(Path.Combine(_files.Data, "processed")));
        File.WriteAllBytes(snapshot, File.ReadAllBytes(snapshot)[..^5]);

        _files.Put("payments.csv", TableFiles.Payments(50, 1));
        JsonElement failed = await SourceAsync(host, Payments, source => Text(source, "state") == "failed");
        Assert.Contains("Delete it to start over", Text(failed, "last_error"), StringComparison.Ordinal);
        File.Delete(snapshot);
        await TakenAsync(host, Payments, 2);
        Assert.Equal(100, _pipeline.SentCount);
    }

    public void Dispose() => _files.Dispose();

    private static string? Text(JsonElement element, string property) =>
        element.TryGetProperty(property, out JsonElement value) ? value.GetString() : null;

    private static long Number(JsonElement element, string property) => element.GetProperty(property).GetInt64();

    private static bool IsPayment(OutgoingMessage message) => message.Origin!.Value.Source == Payments;

    private void AssertFollowed(IEnumerable<string[]> rows) =>
        Assert.Equal(
            TableFiles.Rows(FecomTables.OrderPayments, rows),
            TableFiles.Follow(_pipeline.Taken.Where(IsPayment))
        );

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

    private static Task<JsonElement> TakenAsync(IngestionHost host, string name, long snapshot) =>
        SourceAsync(
            host,
            name,
            source =>
                Text(source, "state") == "completed"
                && source.GetProperty("changes") is { ValueKind: JsonValueKind.Object } changes
                && Number(changes, "snapshot") == snapshot
        );

    private static async Task<JsonElement> SourceAsync(
        IngestionHost host,
        string name,
        Func<JsonElement, bool> isAsExpected
    )
    {
        JsonElement found = default;
        await Poll.UntilAsync(
            async () =>
            {
                found = (await SourcesAsync(host)).FirstOrDefault(source => Text(source, "name") == name);
                return found.ValueKind == JsonValueKind.Object && isAsExpected(found);
            },
            TestTimeout,
            $"{name} is not as expected"
        );
        return found;
    }

    private static async Task<List<JsonElement>> SourcesAsync(IngestionHost host) =>
        [
            .. (await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources", Cancelled))
                .GetProperty("sources")
                .EnumerateArray(),
        ];

    private static async Task<JsonElement> RunAsync(IngestionHost host, string source)
    {
        using HttpResponseMessage accepted = await host.Http.PostAsJsonAsync(
            "/api/v1/ingestion/runs",
            new { source },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        JsonElement run = default;
        await Poll.UntilAsync(
            async () =>
            {
                run = await host.Http.GetFromJsonAsync<JsonElement>(accepted.Headers.Location, Cancelled);
                return Text(run, "state") is "completed" or "failed";
            },
            TestTimeout,
            "the run did not end"
        );
        return run;
    }
}
