using System.Globalization;
using DuckDB.NET.Data;
using Fecom.Platform.Jobs;
using Fecom.Platform.ObjectStore;
using Fecom.Warehouse.Lake;
using Fecom.Warehouse.ReplayLake;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>The lake in a folder: another program reads from it what bronze has, whatever happens to the writer, and bronze comes back from it.</summary>
public sealed class LakeTests(Servers servers) : IDisposable
{
    private static readonly DateTime From = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-lake-test-");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact(Timeout = 180_000)]
    public async Task Another_program_reads_the_folder_as_one_table_and_counts_what_bronze_counts()
    {
        using WarehouseStore store = await CreateAsync(0);
        await MakeAsync(store, 3_000);
        await store.WriteBatchAsync("position % 3 = 0");
        await WriteAsync(store);
        // Batches of a later run come to hours that have a file.
        await store.WriteBatchAsync("position % 3 = 1");
        await store.WriteBatchAsync("position % 3 = 2");
        await WriteAsync(store);

        Assert.Equal(await BronzeAsync(store), Lake());
        Assert.Equal(HealthStatus.Healthy, (await store.HealthAsync("lake")).Status);
        Assert.Equal(0, await store.AskAsync<long>("select count(*) from lake.pending_batch"));
    }

    [Fact(Timeout = 180_000)]
    public async Task Small_files_of_a_quiet_hour_become_one_with_the_same_rows()
    {
        using WarehouseStore store = await CreateAsync(0, ("Lake:CompactMinutes", "0"));
        await MakeAsync(store, 1_200);
        LakeWriter writer = store.Service<LakeWriter>();
        for (int part = 0; part < 3; part++)
        {
            await store.WriteBatchAsync($"position % 3 = {part}");
            await writer.RunAsync((_, _) => { }, Cancelled);
        }

        long hours = await store.AskAsync<long>("select count(distinct hour) from lake.file");
        Assert.True(Files().Length > 2 * hours, "no small files");
        await WriteAsync(store);

        Assert.Equal(await BronzeAsync(store), Lake());
        Assert.Equal(hours, Files().Length);
        Assert.Equal(
            Files().Length,
            await store.AskAsync<long>("select count(*) from lake.file where state = 'written'")
        );
    }

    [Fact(Timeout = 180_000)]
    public async Task What_is_young_and_little_waits_for_more()
    {
        using WarehouseStore store = await CreateAsync(10, ("Lake:RollEvents", "100"));
        await MakeAsync(store, 130);
        LakeWriter writer = store.Service<LakeWriter>();
        await store.WriteBatchAsync("position <= 90");

        Assert.Equal(0, (await writer.RunAsync((_, _) => { }, Cancelled)).Events);
        await store.WriteBatchAsync("position > 90");
        Assert.Equal(130, (await writer.RunAsync((_, _) => { }, Cancelled)).Events);
        Assert.Equal(await BronzeAsync(store), Lake());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_store_that_is_away_is_waited_for_and_loses_nothing()
    {
        using WarehouseStore store = await CreateAsync(0);
        await MakeAsync(store, 600);
        await store.WriteBatchAsync("position <= 300");
        // Where the lake's folder should be is a file.
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "lake"), "", Cancelled);

        ObjectStoreException away = await Assert.ThrowsAsync<ObjectStoreException>(() => WriteAsync(store));
        Assert.Contains("Paths:Lake", away.Message, StringComparison.Ordinal);
        HealthReportEntry health = await store.HealthAsync("lake");
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains("300 events", health.Description, StringComparison.Ordinal);

        await store.WriteBatchAsync("position > 300");
        File.Delete(Path.Combine(_folder.FullName, "lake"));
        await WriteAsync(store);
        Assert.Equal(await BronzeAsync(store), Lake());
        Assert.Equal(HealthStatus.Healthy, (await store.HealthAsync("lake")).Status);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_writer_that_was_cut_off_writes_the_same_files_again()
    {
        using WarehouseStore store = await CreateAsync(0);
        await MakeAsync(store, 900);
        await store.WriteBatchAsync("true");
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            store.Service<LakeWriter>().RunAsync((_, _) => stop.Cancel(), stop.Token)
        );
        string[] before = Files();
        // As when the host was killed after a file was there, and before that was written down.
        await store.ExecuteAsync("update lake.file set state = 'planned'");
        await WriteAsync(store);

        Assert.NotEmpty(before);
        Assert.Equal(await BronzeAsync(store), Lake());
        Assert.Empty(before.Except(Files()));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_merge_that_was_cut_off_after_its_file_was_replaced_counts_no_row_twice()
    {
        using WarehouseStore store = await CutOffMergeAsync();
        await WriteAsync(store);

        Assert.Single(Files());
        Assert.Equal(await BronzeAsync(store), Lake());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_user_who_is_deleted_after_a_merge_was_cut_off_leaves_each_row_of_the_others_once()
    {
        using WarehouseStore store = await CutOffMergeAsync();
        await store.ExecuteAsync("delete from bronze.event where user_id = 'u1'");
        long deleted = 0;
        await store
            .Service<LakeUsers>()
            .DeleteAsync("u1", From.AddDays(1), (_, _, events) => Task.FromResult(deleted += events), Cancelled);
        Assert.Equal(await BronzeAsync(store), Lake());
        await Assert.ThrowsAsync<RunNotNeededException>(() => WriteAsync(store));

        // u1 has the events 1, 91 and 181.
        Assert.Equal(3, deleted);
        Assert.Single(Files());
        Assert.Equal(await BronzeAsync(store), Lake());
    }

    /// <summary>Two files of an hour were merged; that the first of them has all was not written down, and the other one is still there.</summary>
    private async Task<WarehouseStore> CutOffMergeAsync()
    {
        WarehouseStore store = await CreateAsync(0, ("Lake:CompactMinutes", "0"));
        await store.ExecuteAsync(Made(200, minutes: 0));
        LakeWriter writer = store.Service<LakeWriter>();
        await store.WriteBatchAsync("position <= 100");
        await writer.RunAsync((_, _) => { }, Cancelled);
        await store.WriteBatchAsync("position > 100");
        await writer.RunAsync((_, _) => { }, Cancelled);
        string second = Files()[1];
        byte[] bytes = await File.ReadAllBytesAsync(second, Cancelled);
        await WriteAsync(store);
        Assert.Single(Files());

        await File.WriteAllBytesAsync(second, bytes, Cancelled);
        await store.ExecuteAsync(
            """
            update lake.file set events = 100;
            insert into lake.file (hour, partition, first_offset, slice, events, state, merged_into)
            select hour, partition, 100, 2, 100, 'merging', 0 from lake.file
            """
        );
        return store;
    }

    [Fact(Timeout = 180_000)]
    public async Task Events_that_the_sink_reads_again_are_in_the_lake_once()
    {
        using WarehouseStore store = await CreateAsync(0);
        await MakeAsync(store, 400);
        await store.WriteBatchAsync("true");
        await WriteAsync(store);
        await store.ExecuteAsync("delete from bronze.event where position <= 200");
        await store.WriteBatchAsync("position <= 200", reread: true);
        await store.Service<LakeWriter>().RunAsync((_, _) => { }, Cancelled);
        await Assert.ThrowsAsync<RunNotNeededException>(() => WriteAsync(store));

        Assert.Equal(await BronzeAsync(store), Lake());
    }

    [Fact(Timeout = 180_000)]
    public async Task Two_databases_that_share_a_lake_never_write_the_same_file()
    {
        using WarehouseStore one = await CreateAsync(0);
        await MakeAsync(one, 200);
        await one.WriteBatchAsync("true");
        await WriteAsync(one);
        using WarehouseStore other = await CreateAsync(0);
        await other.ExecuteAsync(Made(200, source: "file:other.csv@1"));
        await other.WriteBatchAsync("true");
        await WriteAsync(other);

        Assert.Equal(400, (long)Ask("count(*)"));
    }

    [Fact(Timeout = 180_000)]
    public async Task Replay_makes_bronze_equal_to_what_it_was_and_silver_takes_nothing_twice()
    {
        using WarehouseStore store = await CreateAsync(0);
        await MakeAsync(store, 2_000);
        await store.ExecuteAsync("update made set price = 1.123456789012 where position = 7");
        await store.WriteBatchAsync("true");
        await store.ExecuteAsync("create table before as select * from bronze.event");
        await WriteAsync(store);
        await store.RunAsync();
        await store.ExecuteAsync(
            "delete from bronze.event where event_time < '2026-01-02T00:30:00Z' or position % 5 = 0"
        );

        LakeReplay replay = store.Service<LakeReplay>();
        (long read, long added) = await replay.RunAsync(From, From.AddDays(30), (_, _, _) => { }, Cancelled);
        Assert.Equal(2_000, read);
        Assert.True(added > 400, $"{added} events came back");
        await AssertAsBeforeAsync(store);
        Assert.Equal((2_000L, 0L), await replay.RunAsync(From, From.AddDays(30), (_, _, _) => { }, Cancelled));
        await AssertAsBeforeAsync(store);
        await store.RunAsync();
        Assert.Equal(2_000, await store.AskAsync<long>("select count(*) from silver.event"));
        Assert.Equal(2_000, await store.AskAsync<long>("select count(*) from gold.fact_event"));
    }

    [Fact(Timeout = 180_000)]
    public async Task Replay_brings_the_time_that_is_asked_for_and_no_other()
    {
        using WarehouseStore store = await CreateAsync(0);
        await MakeAsync(store, 1_000);
        await store.WriteBatchAsync("true");
        await WriteAsync(store);
        DateTime from = From.AddHours(5.5);
        DateTime to = From.AddHours(9);
        await store.ExecuteAsync(
            "create table wanted as select * from bronze.event where event_time >= '2026-01-01T05:30:00Z' and event_time < '2026-01-01T09:00:00Z'; truncate bronze.event"
        );

        await store.Service<LakeReplay>().RunAsync(from, to, (_, _, _) => { }, Cancelled);

        Assert.Equal(
            await store.AskAsync<long>("select count(*) from wanted"),
            await store.AskAsync<long>("select count(*) from bronze.event join wanted using (event_id)")
        );
        Assert.Equal(
            await store.AskAsync<long>("select count(*) from wanted"),
            await store.AskAsync<long>("select count(*) from bronze.event")
        );
    }

    /// <summary>Events 3.7 minutes apart, over days, some without a category or brand.</summary>
    internal static string Made(int events, double minutes = 3.7, string source = "file:made.csv@1") =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            create table made as
            select '2026-01-01T00:00:00.123456Z'::timestamptz + n * interval '1 minute' * {minutes} as event_time,
                '2026-02-01T00:00:00Z'::timestamptz + n * interval '1 second' as received_at, gen_random_uuid() as event_id, n as position,
                (array['view', 'cart', 'remove_from_cart', 'purchase'])[1 + n % 4] as event_type, 'p' || n % 50 as product_id,
                case when n % 3 > 0 then 'c' || n % 5 end as category_id, case when n % 3 > 0 then 'a.b' || n % 5 end as category_code,
                case when n % 7 > 0 then 'Ünïted ' || n % 9 end as brand, (1 + n % 1000 / 100.0)::numeric as price, 'u' || n % 90 as user_id,
                's' || n / 4 as user_session, '{source}'::text as source
            from generate_series(1, {events}) as n
            """
        );

    /// <summary>One run of the job.</summary>
    internal static async Task WriteAsync(WarehouseStore store)
    {
        JobRun run = new(
            1,
            WriteLakeJob.Name,
            onlyIfNeeded: false,
            new RunTable(store.Database, TimeProvider.System),
            TimeProvider.System,
            NullLogger.Instance
        );
        await new WriteLakeJob(
            store.Service<LakeWriter>(),
            store.Service<LakeCompactor>(),
            store.Database,
            TimeProvider.System
        ).RunAsync(run, Cancelled);
    }

    internal static Task<string> BronzeAsync(WarehouseStore store) =>
        store.AskAsync<string>(
            """
            select count(*) || ' ' || count(distinct event_id) || ' ' || sum(position) || ' ' || round(sum(price), 2) || ' ' || count(brand) || ' '
                || min(event_id::text) || ' ' || max(user_session) || ' ' || sum(extract(hour from event_time at time zone 'UTC'))::bigint
            from bronze.event
            """
        );

    internal static object Ask(string folder, string what)
    {
        using DuckDBConnection duck = new("DataSource=:memory:");
        duck.Open();
        using DuckDBCommand ask = duck.CreateCommand();
        ask.CommandText =
            $"select {what} from read_parquet('{folder}/tracking.user_behavior.validated/**/*.parquet', hive_partitioning = true)";
        return ask.ExecuteScalar()!;
    }

    /// <summary>The same as <see cref="BronzeAsync"/>, the hours from the names of the folders.</summary>
    internal static string Lake(string folder) =>
        (string)Ask(
            folder,
            """
            count(*) || ' ' || count(distinct event_id) || ' ' || sum(position) || ' ' || round(sum(price), 2)::decimal(18, 2) || ' '
                || count(brand) || ' ' || min(event_id::text) || ' ' || max(user_session) || ' ' || sum(hour::bigint)
            """
        );

    /// <param name="rollMinutes">Minutes for which little waits for more.</param>
    /// <param name="settings">Further ones.</param>
    private Task<WarehouseStore> CreateAsync(int rollMinutes, params (string, string)[] settings) =>
        WarehouseStore.CreateAsync(
            servers,
            [
                ("Paths:Lake", Path.Combine(_folder.FullName, "lake")),
                ("Lake:RollMinutes", $"{rollMinutes}"),
                .. settings,
            ]
        );

    private static Task MakeAsync(WarehouseStore store, int events) => store.ExecuteAsync(Made(events));

    private static async Task AssertAsBeforeAsync(WarehouseStore store)
    {
        const string Columns =
            "event_time, received_at, validated_at, event_id, position, event_type, product_id, category_id, category_code, brand, price, user_id, user_session, source, late";
        Assert.Equal(
            0,
            await store.AskAsync<long>(
                $"""
                select count(*) from (
                    (select {Columns} from before except all select {Columns} from bronze.event)
                    union all (select {Columns} from bronze.event except all select {Columns} from before)) as differing
                """
            )
        );
    }

    private string Lake() => Lake(Path.Combine(_folder.FullName, "lake"));

    private object Ask(string what) => Ask(Path.Combine(_folder.FullName, "lake"), what);

    private string[] Files() =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(_folder.FullName, "lake"), "*.parquet", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal),
        ];
}
