using System.Globalization;
using System.Text.Json;
using DuckDB.NET.Data;
using Fecom.Contracts;
using Fecom.Features.ExportFeatures;
using Fecom.IntegrationTests.Jobs;
using Fecom.Learning.Views;
using Fecom.Platform;
using Fecom.Testing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>Features as they were at given times, in a file: what a slow oracle says of each row, and nothing that became known later.</summary>
public sealed class ExportTests(Servers servers) : IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata");
    private static readonly DateTime AsOf = Start.AddDays(40);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-export-");
    private NpgsqlDataSource _database = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Entities => Path.Combine(_folder.FullName, "entities.csv");

    private string Csv => Path.Combine(_folder.FullName, "features.csv");

    private string ParquetFile => Path.Combine(_folder.FullName, "features.parquet");

    private FeatureExport Export => new(_database, Options.Create(new ShopOptions { TimeZone = Zone.Id }));

    public async ValueTask InitializeAsync()
    {
        _database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await StoredEvents.MigrateAsync(_database);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Both_forms_have_what_a_slow_oracle_says_of_each_row(int seed)
    {
        BehaviorEvent[] events = Events(seed, 600);
        EntityRow[] rows = await WriteEntitiesAsync(seed, events, 80);
        await StoredEvents.WriteAsync(_database, events);

        ExportedFeatures written = await RunAsync(Csv);
        await RunAsync(ParquetFile);

        IReadOnlyList<HistoricalColumn> columns = HistoricalFeatures.ColumnsOf(FeatureViews.All, withCart: true);
        Assert.Equal(new ExportedFeatures(80, columns.Count, written.Events), written);
        object?[][] csv = Table($"read_csv('{Csv}', header = true, all_varchar = true)");
        object?[][] parquet = Table($"'{ParquetFile}'");
        Assert.Equal(rows.Length, csv.Length);
        Assert.Equal(rows.Length, parquet.Length);
        int keys = csv[0].Length - columns.Count;
        for (int i = 0; i < rows.Length; i++)
        {
            int number = int.Parse((string)csv[i][0]!, CultureInfo.InvariantCulture);
            Assert.Equal(number, parquet[i][0]);
            Assert.True(i == 0 || rows[number - 1].At >= rows[Number(csv[i - 1]) - 1].At, "rows go by their times");
            FeatureValue[] expected = Oracle(events, rows[number - 1]);
            for (int column = 0; column < columns.Count; column++)
            {
                string what = $"{columns[column].Name} of row {number}";
                Assert.True(
                    ((string?)csv[i][keys + column] ?? "") == CsvFeatureFile.TextOf(expected[column]),
                    $"{what}: {csv[i][keys + column]} is not {expected[column]}"
                );
                object? stored = parquet[i][keys + column];
                Assert.True(
                    Plain(columns[column].Feature.Type, expected[column])?.Equals(stored) ?? stored is null,
                    $"{what} in Parquet: {stored} is not {expected[column]}"
                );
            }
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_file_of_several_row_groups_has_every_row_in_its_place_in_both_forms()
    {
        BehaviorEvent[] events = Events(seed: 9, 200);
        await WriteEntitiesAsync(9, events, 10_500);
        await StoredEvents.WriteAsync(_database, events);
        foreach (string file in (string[])[Csv, ParquetFile])
        {
            await Export.RunAsync(new ExportRequest(Entities, file, "session", AsOf), (_, _) => { }, Cancelled);
        }

        const string Columns = "row::varchar, session__activity_count::varchar, session__product_id, entity__user_id";
        object?[][] csv = Table($"(select {Columns} from read_csv('{Csv}', header = true, all_varchar = true))");
        object?[][] parquet = Table($"(select {Columns} from '{ParquetFile}')");

        Assert.Equal(Enumerable.Range(1, 10_500), csv.Select(Number).Order());
        Assert.Contains(parquet, row => row[2] is null);
        Assert.Equal(csv, parquet);
        Assert.True(
            (long)Table($"(select count(distinct row_group_id) from parquet_metadata('{ParquetFile}'))")[0][0]! > 1
        );
    }

    [Theory(Timeout = 180_000)]
    [InlineData(".csv")]
    [InlineData(".parquet")]
    public async Task A_file_built_again_after_a_backfill_is_the_same_byte_for_byte(string form)
    {
        string file = Path.ChangeExtension(Csv, form);
        BehaviorEvent[] events = Events(seed: 3, 400);
        await WriteEntitiesAsync(3, events, 60);
        await StoredEvents.WriteAsync(_database, events);
        await RunAsync(file);
        byte[] first = await File.ReadAllBytesAsync(file, Cancelled);

        // A file of the past counts as known when it happened, but was received after the set was built.
        IEnumerable<BehaviorEvent> backfill = Events(seed: 4, 400)
            .Select(e =>
                e with
                {
                    Source = "file:past.csv@1",
                    EventId = EventId.At(9, e.Position),
                    ReceivedAt = AsOf.AddSeconds(1),
                }
            );
        await StoredEvents.WriteAsync(_database, backfill);
        await RunAsync(file);

        Assert.Equal(first, await File.ReadAllBytesAsync(file, Cancelled));
        await RunAsync(file, AsOf.AddSeconds(1));
        Assert.NotEqual(first, await File.ReadAllBytesAsync(file, Cancelled));
    }

    [Fact(Timeout = 180_000)]
    public async Task An_event_from_after_a_row_changes_nothing_in_it()
    {
        BehaviorEvent[] events = Events(seed: 5, 300);
        EntityRow[] rows = await WriteEntitiesAsync(5, events, 40);
        await StoredEvents.WriteAsync(_database, events);
        await RunAsync(Csv);
        string[] first = await File.ReadAllLinesAsync(Csv, Cancelled);
        DateTime planted = rows.Select(row => row.At).Order().ElementAt(20);

        // It happened before every row, and became known after the twentieth.
        await StoredEvents.WriteAsync(
            _database,
            events
                .Take(50)
                .Select(e =>
                    e with
                    {
                        Source = "api",
                        EventId = EventId.At(9, e.Position),
                        EventTime = Start,
                        Price = 999,
                        ReceivedAt = planted.AddMicroseconds(1),
                    }
                )
        );
        await RunAsync(Csv);

        string[] again = await File.ReadAllLinesAsync(Csv, Cancelled);
        int before = 1 + rows.Count(row => row.At <= planted);
        Assert.Equal(first[..before], again[..before]);
        Assert.NotEqual(first[before..], again[before..]);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("", "line 1: the file is empty")]
    [InlineData("user_id\nu1\n", "line 1: the header is 'user_id'; it must name event_time")]
    [InlineData("event_time,colour\n2026-01-01T00:00:00Z,red\n", "line 1: the header is")]
    [InlineData("event_time,user_id,user_id\n", "line 1: the header names user_id twice")]
    [InlineData("event_time,user_id\n", "there is no row below the header")]
    [InlineData("event_time,user_id\n2026-01-01T00:00:00Z,u1\n2026-02-30T00:00:00Z,u2\n", "line 3: '2026-02-30T")]
    [InlineData("event_time,user_id\n2026-01-01T00:00:00Z,\"u1\n", "line 2: a quote is not closed")]
    [InlineData("event_time,user_id\n2026-01-01T00:00:00Z,\"u1\"x\n", "line 2: text follows a closing quote")]
    [InlineData("event_time,user_id\n2026-01-01T00:00:00Z,u1,u2\n", "line 2: 3 fields, where the header names 2")]
    [InlineData("event_time,user_id\n2026-01-01T00:00:00Z,\n", "line 2: the row names no entity")]
    [InlineData("event_time,user_id\n2026-01-01T00:00:00Z,u\u0001\n", "line 2: user_id")]
    public async Task A_file_of_entities_that_is_wrong_is_refused_by_line_and_fault(string content, string message)
    {
        await File.WriteAllTextAsync(Entities, content, Cancelled);

        InvalidDataException e = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(Csv));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.StartsWith(Entities, e.Message, StringComparison.Ordinal);
        Assert.Equal([Entities], Directory.EnumerateFiles(_folder.FullName));
    }

    [Fact(Timeout = 60_000)]
    public async Task Views_and_forms_that_are_not_there_are_refused_by_name()
    {
        await WriteEntitiesAsync(6, Events(6, 10), 1);

        ArgumentException view = await Assert.ThrowsAsync<ArgumentException>(() =>
            Export.RunAsync(new ExportRequest(Entities, Csv, "session,basket", AsOf), (_, _) => { }, Cancelled)
        );
        ArgumentException form = await Assert.ThrowsAsync<ArgumentException>(() => RunAsync($"{Csv}.xlsx"));

        Assert.Contains("no view 'basket'", view.Message, StringComparison.Ordinal);
        Assert.Contains("brand, shop, cart", view.Message, StringComparison.Ordinal);
        Assert.Contains(".csv or .parquet", form.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_export_that_is_cancelled_leaves_what_was_there()
    {
        BehaviorEvent[] events = Events(seed: 7, 25_000);
        await WriteEntitiesAsync(7, events, 50);
        await StoredEvents.WriteAsync(_database, events);
        await File.WriteAllTextAsync(Csv, "earlier", Cancelled);
        using CancellationTokenSource cancel = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Export.RunAsync(
                new ExportRequest(Entities, Csv, null, AsOf),
                (progress, _) =>
                {
                    // PostgreSQL is in the middle of the events then.
                    if (
                        progress.Contains("events", StringComparison.Ordinal)
                        && progress.Contains("rows", StringComparison.Ordinal)
                    )
                    {
                        cancel.Cancel();
                    }
                },
                cancel.Token
            )
        );

        Assert.Equal("earlier", await File.ReadAllTextAsync(Csv, Cancelled));
        Assert.Equal(2, Directory.GetFiles(_folder.FullName).Length);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("csv")]
    [InlineData("parquet")]
    public async Task A_disk_that_fills_up_is_heard_of_and_no_half_of_a_file_is_left(string form)
    {
        using SmallDisk? disk = SmallDisk.TryMount(mebibytes: 1);
        Assert.SkipWhen(
            disk is null && Environment.GetEnvironmentVariable("CI") is null,
            "A disk of a few MiB cannot be mounted here: that takes the rights of root."
        );
        Assert.NotNull(disk);
        BehaviorEvent[] events = Events(seed: 11, 2_000);
        await WriteEntitiesAsync(11, events, 20_500);
        await StoredEvents.WriteAsync(_database, events);

        await Assert.ThrowsAsync<IOException>(() => RunAsync(Path.Combine(disk.Path, $"features.{form}")));

        Assert.Empty(Directory.GetFiles(disk.Path));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_job_writes_what_its_settings_name_and_has_nothing_to_do_without_them()
    {
        BehaviorEvent[] events = Events(seed: 8, 100);
        await WriteEntitiesAsync(8, events, 10);
        await StoredEvents.WriteAsync(_database, events);
        await RunAsync(ParquetFile);
        ExportOptions options = new();
        ExportFeaturesJob job = new(Export, Options.Create(options), TimeProvider.System);
        await using JobHost host = await JobHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            [new TestJob(ExportFeaturesJob.Name, job.RunAsync)]
        );

        JsonElement idle = await RunToEndAsync(host, "not_needed");
        (options.Entities, options.Output, options.AsOf) = (
            Entities,
            Path.ChangeExtension(Csv, ".again.parquet"),
            new DateTimeOffset(AsOf)
        );
        JsonElement done = await RunToEndAsync(host, "completed");

        Assert.Contains("Features:Export:Entities", idle.ToString(), StringComparison.Ordinal);
        Assert.Contains("Wrote 10 rows of", done.GetProperty("progress").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            await File.ReadAllBytesAsync(ParquetFile, Cancelled),
            await File.ReadAllBytesAsync(options.Output, Cancelled)
        );
    }

    private static async Task<JsonElement> RunToEndAsync(JobHost host, string state) =>
        await host.ReachedAsync(
            ExportFeaturesJob.Name,
            await host.RequestAsync(ExportFeaturesJob.Name),
            state,
            seconds: 60
        );

    private Task<ExportedFeatures> RunAsync(string output, DateTime? asOf = null) =>
        Export.RunAsync(new ExportRequest(Entities, output, null, asOf ?? AsOf), (_, _) => { }, Cancelled);

    private static int Number(object?[] row) => int.Parse((string)row[0]!, CultureInfo.InvariantCulture);

    /// <summary>Events of a month: a third live and late, a third live, the rest from a file that was loaded at its end.</summary>
    private static BehaviorEvent[] Events(int seed, int count)
    {
        Random random = new(seed);
        SharedShop shop = new(seed, partitions: 3, sessions: 20, products: 12);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ =>
                {
                    BehaviorEvent e = shop.Next().Value with { EventTime = Start.AddSeconds(random.Next(2_600_000)) };
                    return random.Next(3) switch
                    {
                        0 => e with { Source = "file:month.csv@1", ReceivedAt = Start.AddDays(39) },
                        1 => e with { ReceivedAt = e.EventTime.AddSeconds(random.Next(400_000)) },
                        _ => e with { ReceivedAt = e.EventTime.AddMilliseconds(20) },
                    };
                }),
        ];
    }

    /// <summary>Entities of events at random moments, some of them those at which an event became known, some that nobody knows.</summary>
    private async Task<EntityRow[]> WriteEntitiesAsync(int seed, BehaviorEvent[] events, int count)
    {
        Random random = new(seed);
        EntityRow[] rows =
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                {
                    BehaviorEvent e = events[random.Next(events.Length)];
                    DateTime at =
                        i % 3 == 0
                            ? HistoricalFeatures.KnownAt(events[random.Next(events.Length)])
                            : Start.AddSeconds(random.Next(3_400_000));
                    return new EntityRow(
                        new EntityKeys(
                            i % 5 == 4 ? null : e.UserId,
                            e.UserSession,
                            i % 7 == 6 ? "unknown" : e.ProductId,
                            i % 4 == 3 ? e.CategoryId : null,
                            i % 4 == 3 ? e.Brand : null
                        ),
                        at
                    );
                }),
        ];
        await File.WriteAllLinesAsync(
            Entities,
            [
                "label,user_session,event_time,user_id,product_id,category_id,brand",
                .. rows.Select(row =>
                    $"\"a, \"\"b\"\"\",{row.Keys.UserSession},{row.At:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'},{row.Keys.UserId},{row.Keys.ProductId},{row.Keys.CategoryId},\"{row.Keys.Brand}\""
                ),
            ],
            Cancelled
        );
        return rows;
    }

    /// <summary>The slow way: for each row all states from all events that were known by then.</summary>
    private static FeatureValue[] Oracle(BehaviorEvent[] events, EntityRow row)
    {
        BehaviorEvent[] known = [.. events.Where(e => HistoricalFeatures.KnownAt(e) <= row.At)];
        ProductState? product = (ProductState?)StateOf(FeatureViews.Product, row.Keys, known);
        EntityKeys keys = row.Keys with
        {
            CategoryId = row.Keys.CategoryId ?? product?.Newest.CategoryId,
            Brand = row.Keys.Brand ?? product?.Newest.Brand,
        };
        List<FeatureValue> values = [];
        foreach (FeatureView view in FeatureViews.All)
        {
            FeatureValue[] own = [.. view.Features.Select(feature => feature.Default)];
            if (StateOf(view, keys, known) is { } state)
            {
                view.Read(state, row.At, own);
            }

            values.AddRange(own);
        }

        FeatureValue[] cart = new FeatureValue[CartFeatures.Features.Count];
        CartFeatures.Read(
            new CartMoment
            {
                ProductId = keys.ProductId!,
                UserSession = keys.UserSession,
                At = row.At,
                Zone = Zone,
                Session = (SessionState?)StateOf(FeatureViews.Session, keys, known),
                User = (UserState?)StateOf(FeatureViews.User, keys, known),
                Product = product,
                Category = (CategoryState?)StateOf(FeatureViews.Category, keys, known),
                Brand = (BrandState?)StateOf(FeatureViews.Brand, keys, known),
                Shop = (ShopState?)StateOf(FeatureViews.Shop, keys, known),
            },
            cart
        );
        return [.. values, .. cart];
    }

    private static EntityState? StateOf(FeatureView view, in EntityKeys keys, BehaviorEvent[] known)
    {
        string? entity = view.EntityOf(keys);
        EntityState? state = null;
        foreach (BehaviorEvent e in known)
        {
            if (entity is not null && view.EntityOf(e) == entity)
            {
                (state ??= view.Create()).Step(e);
            }
        }

        return state;
    }

    private static object? Plain(FeatureType type, in FeatureValue value) =>
        value.IsMissing
            ? null
            : type switch
            {
                FeatureType.Integer => value.ToInteger(),
                FeatureType.Number => value.ToDouble(),
                FeatureType.Timestamp => value.ToTime(),
                _ => CsvFeatureFile.TextOf(value),
            };

    private static object?[][] Table(string source)
    {
        using DuckDBConnection connection = new("Data Source=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = $"select * from {source}";
        using DuckDBDataReader reader = command.ExecuteReader();
        List<object?[]> rows = [];
        while (reader.Read())
        {
            rows.Add([
                .. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i)),
            ]);
        }

        return [.. rows];
    }
}
