using System.Text.Json;
using Fecom.Contracts;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Crashes, other hosts, older databases and damaged snapshots: no difference is lost, and none comes twice.</summary>
public sealed class DetectChangesRecoveryTests(Servers servers) : DetectChangesContext(servers)
{
    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_between_the_changes_and_the_snapshot_loses_none_and_repeats_none(bool otherFileMeanwhile)
    {
        string database = await Postgres.CreateDatabaseAsync();
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
        string database = await Postgres.CreateDatabaseAsync();
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

    [Fact(Timeout = 120_000)]
    public async Task Kafka_that_takes_only_parts_for_a_while_costs_nothing()
    {
        _files.Put("payments.csv", TableFiles.Payments(500, 0));
        _pipeline.FailNext(4);
        await using IngestionHost host = await StartAsync();
        await TakenAsync(host, Payments, 1);
        AssertFollowed(TableFiles.PaymentRows(500, 0));
    }

    [Fact(Timeout = 120_000)]
    public async Task Of_two_hosts_one_takes_the_tables_and_the_other_takes_over()
    {
        string database = await Postgres.CreateDatabaseAsync();
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

    [Fact(Timeout = 120_000)]
    public async Task A_fresh_database_gets_every_row_though_another_one_had_them_from_the_same_folder()
    {
        _files.Put("payments.csv", TableFiles.Payments(100, 0));
        await using (IngestionHost first = await StartAsync())
        {
            await TakenAsync(first, Payments, 1);
        }

        FakePipeline other = new();
        await using IngestionHost second = await IngestionHost.StartAsync(
            await Postgres.CreateDatabaseAsync(),
            _files,
            other
        );
        await TakenAsync(second, Payments, 1);
        Assert.Equal(100, other.Taken.Count);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("update ingestion.table_snapshot set number = 0")]
    [InlineData("delete from ingestion.table_snapshot; delete from ingestion.table_file")]
    public async Task A_database_that_knows_less_than_the_folder_gets_every_row_again(string restore)
    {
        string database = await Postgres.CreateDatabaseAsync();
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

    [Fact(Timeout = 120_000)]
    public async Task A_snapshot_that_cannot_be_written_says_where_and_does_not_blame_the_file()
    {
        string processed = Path.Combine(_files.Data, "processed");
        await File.WriteAllTextAsync(processed, "no folder", Cancelled);
        _files.Put("payments.csv", TableFiles.Payments(50, 0));
        await using IngestionHost host = await StartAsync();

        JsonElement failed = await host.SourceAsync(Payments, source => Text(source, "state") == "failed");
        Assert.StartsWith(
            $"payments.csv: The snapshot in {processed} cannot be written: ",
            Text(failed, "last_error"),
            StringComparison.Ordinal
        );

        File.Delete(processed);
        await TakenAsync(host, Payments, 1);
        AssertFollowed(TableFiles.PaymentRows(50, 0));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_damaged_snapshot_says_how_to_start_over()
    {
        string database = await Postgres.CreateDatabaseAsync();
        _files.Put("payments.csv", TableFiles.Payments(50, 0));
        await using IngestionHost host = await StartAsync(database);
        await TakenAsync(host, Payments, 1);
        string snapshot = Assert.Single(Directory.GetFiles(Path.Combine(_files.Data, "processed")));
        File.WriteAllBytes(snapshot, File.ReadAllBytes(snapshot)[..^5]);

        _files.Put("payments.csv", TableFiles.Payments(50, 1));
        JsonElement failed = await host.SourceAsync(Payments, source => Text(source, "state") == "failed");
        Assert.Contains("Delete it to start over", Text(failed, "last_error"), StringComparison.Ordinal);
        File.Delete(snapshot);
        await TakenAsync(host, Payments, 2);
        Assert.Equal(100, _pipeline.SentCount);
    }
}
