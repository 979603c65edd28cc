using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Exports of the Fecom tables in the input folder: each difference reaches the sinks once.</summary>
public sealed class DetectChangesTests(Servers servers) : DetectChangesContext(servers)
{
    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
    public async Task Without_watching_a_file_is_taken_when_asked_for()
    {
        _files.Put("payments.csv", TableFiles.Payments(50, 0));
        await using IngestionHost host = await StartAsync(null, ("Ingestion:Files:Watch", "false"));
        JsonElement run = await host.LoadAsync(Payments);
        Assert.Equal(("completed", 50), (Text(run, "state"), Number(run, "rows")));
        Assert.Equal(0, Number(await host.LoadAsync("fecom"), "rows"));
        Assert.Equal("There is no file for this source.", Text(await host.LoadAsync("fecom:sellers"), "error"));
        using HttpResponseMessage unknown = await host.Http.PostAsJsonAsync(
            "/api/v1/ingestion/runs",
            new { source = "fecom:events" },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_that_is_being_written_is_waited_for_and_a_run_with_it()
    {
        _files.Put("payments.csv", TableFiles.Payments(50, 0));
        await using IngestionHost host = await StartAsync(
            null,
            ("Ingestion:Files:RestSeconds", "1.5"),
            ("Ingestion:Files:Watch", "false")
        );
        JsonElement run = await host.LoadAsync(Payments);
        Assert.Equal(("completed", 50), (Text(run, "state"), Number(run, "rows")));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_header_that_does_not_fit_is_the_sources_last_error_until_the_file_changes()
    {
        _files.Put("Fecom_Inc_Orders.csv", "Order_ID;Customer;Order_Status\n1;2;3\n"u8.ToArray());
        await using IngestionHost host = await StartAsync();
        JsonElement refused = await host.SourceAsync("fecom:orders", source => Text(source, "state") == "refused");
        Assert.StartsWith(
            "Fecom_Inc_Orders.csv: The header lacks customer_trx_id, order_purchase_timestamp, ",
            Text(refused, "last_error"),
            StringComparison.Ordinal
        );
        Assert.Contains("unknown: customer.", Text(refused, "last_error"), StringComparison.Ordinal);
        JsonElement run = await host.LoadAsync("file:Fecom_Inc_Orders.csv");
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
        Assert.DoesNotContain(await host.SourcesAsync(), source => Text(source, "kind") == "file");
    }

    [Fact(Timeout = 120_000)]
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
}
