using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using DuckDB.NET.Data;
using Fecom.Testing;
using Fecom.Warehouse.PublishGold;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>Gold as staged files: another program loads them by the manifests and the statements, and has every row of gold.</summary>
public sealed class CloudStageTests(Servers servers) : IDisposable
{
    private const string Script = "s3/s3.sh";
    private const string Bucket = "gold";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-stage-test-");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact(Timeout = 240_000)]
    public async Task Files_are_loaded_by_the_manifests_though_each_attempt_was_cut_off()
    {
        using CloudStore store = await CloudStore.CreateAsync(
            servers,
            ("CloudWarehouse:Provider", "stage"),
            ("CloudWarehouse:Stage:FileRows", "70"),
            ("CloudWarehouse:BatchRows", "60"),
            ("Paths:Lake", _folder.FullName)
        );
        await LoadAsync(store, _folder.FullName);
    }

    [Fact(Timeout = 240_000)]
    public async Task An_S3_takes_the_files_as_a_folder_does()
    {
        Assert.SkipWhen(RealServer.Missing(Script, variable: null) is not null, RealServer.Missing(Script, null) ?? "");
        await using RealServer server = await RealServer.StartAsync(Script, $"{RealServer.FreePorts(1)}");
        using AmazonS3Client client = new(
            new BasicAWSCredentials("fecom", "fecom-secret"),
            new AmazonS3Config
            {
                ServiceURL = server.Address,
                ForcePathStyle = true,
                AuthenticationRegion = "us-east-1",
            }
        );
        await client.PutBucketAsync(Bucket, Cancelled);
        using CloudStore store = await CloudStore.CreateAsync(
            servers,
            ("CloudWarehouse:Provider", "stage"),
            ("Lake:Store", "s3"),
            ("Lake:S3:Endpoint", server.Address),
            ("Lake:S3:Bucket", Bucket),
            ("Lake:S3:Prefix", "shop1/"),
            ("Lake:S3:AccessKey", "fecom"),
            ("Lake:S3:SecretKey", "fecom-secret")
        );
        await LoadAsync(store, Path.Combine(server.Folder, "data", Bucket, "shop1"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Staged_files_go_after_their_days()
    {
        using CloudStore store = await CloudStore.CreateAsync(
            servers,
            ("CloudWarehouse:Provider", "stage"),
            ("Paths:Lake", _folder.FullName)
        );
        await store.PromoteAsync("n <= 100");
        await store.PublishAsync();
        await store.Warehouse.ExecuteAsync("update cloud.batch set published_at = published_at - interval '31 days'");
        await store.PromoteAsync("n > 100");

        await store.PublishAsync();

        Assert.Equal(2, Assert.Single(Manifests(_folder.FullName)).Batch);
        Assert.Single(
            Directory
                .EnumerateFiles(_folder.FullName, "*.parquet", SearchOption.AllDirectories)
                .Select(Path.GetDirectoryName)
                .Distinct()
        );
    }

    /// <summary>The column's default fires no trigger, so no row of the table is noted as changed.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_table_that_gained_a_column_is_loaded_whole_though_a_batch_was_open_then(bool isOpen)
    {
        using CloudStore store = await CloudStore.CreateAsync(
            servers,
            ("CloudWarehouse:Provider", "stage"),
            ("Paths:Lake", _folder.FullName)
        );
        await store.PromoteAsync("n <= 100");
        await store.PublishAsync();
        if (isOpen)
        {
            await store.Warehouse.ExecuteAsync(
                "update gold.dim_user set last_seen_at = last_seen_at where user_id = 'u1'"
            );
            await store.PublishCutOffOnceAsync();
        }

        await store.Warehouse.ExecuteAsync("alter table gold.dim_user add column rank integer default 7");
        Assert.Equal(1, (await store.PublishAsync()).Batches);

        StageManifest[] manifests = [.. Manifests(_folder.FullName)];
        Assert.Equal("replace", Assert.Single(manifests[1].Tables).Mode);
        CloudStore.AssertEqual(await store.GoldAsync(), await LoadedAsync(store, _folder.FullName, manifests));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_time_that_a_file_cannot_have_is_told_of_with_its_column()
    {
        using CloudStore store = await CloudStore.CreateAsync(
            servers,
            ("CloudWarehouse:Provider", "stage"),
            ("Paths:Lake", _folder.FullName)
        );
        await store.AssertTimeIsToldOfAsync();
    }

    /// <summary>Stages three pieces, cut off wherever it can be, and compares what a reader has of them with gold.</summary>
    private static async Task LoadAsync(CloudStore store, string root)
    {
        await store.PromoteAsync("n <= 150");
        Assert.InRange(await store.PublishCutOffEverywhereAsync(), 5, 100);
        await store.PromoteAsync("n between 151 and 220");
        Assert.InRange(await store.PublishCutOffEverywhereAsync(), 3, 100);
        await store.PromoteAsync("n > 220");
        foreach (string table in (string[])["fact_event", "fact_session", "fact_cart", "dim_user"])
        {
            await store.Warehouse.ExecuteAsync($"delete from gold.{table} where user_id = 'u1'");
        }

        Assert.True((await store.PublishAsync()).Counts.Deletions > 3);
        await store.ForgetLastBatchAsync();
        Assert.Equal((1, default), await store.PublishAsync());

        StageManifest[] manifests = [.. Manifests(root)];
        Assert.True(manifests.Length >= 3, $"{manifests.Length} manifests");
        Assert.Equal(
            await store.Warehouse.AskAsync<long>("select count(*) from cloud.batch where published_at is not null"),
            manifests.Length
        );
        CloudStore.AssertEqual(await store.GoldAsync(), await LoadedAsync(store, root, manifests));
    }

    /// <summary>Loads batches to a database of its own.</summary>
    /// <returns>Every row of each table, as text.</returns>
    private static async Task<SortedDictionary<string, string>> LoadedAsync(
        CloudStore store,
        string root,
        StageManifest[] manifests
    )
    {
        using DuckDBConnection duck = new("Data Source=:memory:");
        await duck.OpenAsync(Cancelled);
        await ExecuteAsync(duck, "set timezone = 'UTC'; create schema gold");
        foreach (StageManifest manifest in manifests)
        {
            await LoadAsync(duck, root, manifest);
        }

        // Files come at least once; rows are there once.
        await LoadAsync(duck, root, manifests[^1]);
        SortedDictionary<string, string> rows = new(StringComparer.Ordinal);
        foreach (CloudTable table in await store.TablesAsync())
        {
            string columns = string.Join(
                " || '|' || ",
                table.Columns.Select(column => $"coalesce(cast(\"{column.Name}\" as varchar), '-')")
            );
            rows[table.Name] = (string)
                await AskAsync(
                    duck,
                    $"select coalesce(string_agg(row, chr(10) order by row), '') from (select {columns} as row from gold.{table.Name}) as r"
                );
        }

        return rows;
    }

    private static IEnumerable<StageManifest> Manifests(string root) =>
        Directory
            .EnumerateFiles(Path.Combine(root, "gold"), "*.json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(file => StageManifest.Parse(File.ReadAllText(file)));

    /// <summary>Runs Snowflake's statements; the tables' types and the load are DuckDB's own.</summary>
    private static async Task LoadAsync(DuckDBConnection duck, string root, StageManifest manifest)
    {
        foreach (StagedFile file in manifest.Tables.SelectMany(table => table.Files))
        {
            await using FileStream stream = File.OpenRead(Path.Combine(root, file.Name));
            Assert.Equal(file.Bytes, stream.Length);
            Assert.Equal(file.Sha256, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, Cancelled)));
        }

        string statements = await File.ReadAllTextAsync(
            Path.Combine(root, manifest.Statements["snowflake"]),
            Cancelled
        );
        string rows = "";
        foreach (string statement in statements.Split(";\n", StringSplitOptions.RemoveEmptyEntries))
        {
            string sql = statement.Trim();
            if (sql.StartsWith("create table if not exists gold.", StringComparison.Ordinal))
            {
                string name = sql["create table if not exists gold.".Length..sql.IndexOf(' ', 31)];
                StagedTable table = manifest.Tables.Single(table => table.Name == name);
                string files = string.Join(", ", table.Files.Select(file => $"'{Path.Combine(root, file.Name)}'"));
                // A table that is empty has no file.
                string nulls = string.Join(
                    ", ",
                    table.Columns.Select(column => $"cast(null as {column.Type}) as \"{column.Name}\"")
                );
                rows =
                    table.Files.Count == 0
                        ? $"select {nulls}, false as fecom_deleted limit 0"
                        : $"select * from read_parquet([{files}])";
                Assert.Equal(
                    table.Files.Sum(file => file.Rows),
                    Convert.ToInt64(
                        await AskAsync(duck, $"select count(*) from ({rows}) as r"),
                        System.Globalization.CultureInfo.InvariantCulture
                    )
                );
                await ExecuteAsync(
                    duck,
                    $"create table if not exists gold.{name} as select * exclude (fecom_deleted) from ({rows}) as r limit 0"
                );
            }
            else if (sql.StartsWith("alter table gold.", StringComparison.Ordinal))
            {
                string[] words = sql.Split(' ');
                (string name, string column) = (words[2]["gold.".Length..], words[8]);
                string type = manifest
                    .Tables.Single(table => table.Name == name)
                    .Columns.Single(at => at.Name == column)
                    .Type;
                await ExecuteAsync(duck, $"{string.Join(' ', words[..9])} {type}");
            }
            else if (sql.StartsWith("create or replace temporary table", StringComparison.Ordinal))
            {
                await ExecuteAsync(duck, $"create or replace temporary table fecom_staged as {rows}");
            }
            else if (
                !sql.StartsWith("copy into", StringComparison.Ordinal)
                && !sql.Contains("create schema", StringComparison.Ordinal)
            )
            {
                await ExecuteAsync(duck, sql);
            }
        }
    }

    private static async Task ExecuteAsync(DuckDBConnection duck, string sql)
    {
        await using DuckDBCommand command = duck.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task<object> AskAsync(DuckDBConnection duck, string sql)
    {
        await using DuckDBCommand command = duck.CreateCommand();
        command.CommandText = sql;
        return (await command.ExecuteScalarAsync(Cancelled))!;
    }
}
