using System.Diagnostics;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Fecom.Platform.ObjectStore;
using Fecom.Testing;
using Fecom.Warehouse.Lake;
using Fecom.Warehouse.ReplayLake;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>The lake on a real S3 of the test's own, which is killed.</summary>
public sealed class LakeS3Tests(Servers servers) : IAsyncLifetime
{
    private const string Script = "s3/s3.sh";
    private const string Bucket = "lake";

    private RealServer? _server;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RealServer.Missing(Script, variable: null) is not null, RealServer.Missing(Script, null) ?? "");
        _server = await RealServer.StartAsync(Script, $"{RealServer.FreePorts(1)}");
        using AmazonS3Client client = Client();
        await client.PutBucketAsync(Bucket, Cancelled);
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact(Timeout = 240_000)]
    public async Task What_bronze_has_is_in_the_bucket_and_comes_back_from_it_though_the_server_was_away()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers, [.. Settings("fecom-secret")]);
        await store.ExecuteAsync(LakeTests.Made(1_500));
        await store.WriteBatchAsync("position <= 500");
        await LakeTests.WriteAsync(store);
        await KillAsync();
        await store.WriteBatchAsync("position > 500");

        await Assert.ThrowsAsync<ObjectStoreException>(() => LakeTests.WriteAsync(store));
        HealthReportEntry away = await store.HealthAsync("lake");
        Assert.Equal(HealthStatus.Degraded, away.Status);
        Assert.Contains("Lake:S3", away.Description, StringComparison.Ordinal);
        Assert.Contains("1,000 events", away.Description, StringComparison.Ordinal);

        await RestartAsync();
        await LakeTests.WriteAsync(store);
        Assert.Equal(HealthStatus.Healthy, (await store.HealthAsync("lake")).Status);
        Assert.Equal(
            await LakeTests.BronzeAsync(store),
            LakeTests.Lake(Path.Combine(_server!.Folder, "data", Bucket, "shop1"))
        );

        string before = await LakeTests.BronzeAsync(store);
        await store.ExecuteAsync("truncate bronze.event");
        await store
            .Service<LakeReplay>()
            .RunAsync(
                new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc),
                new DateTime(2026, 2, 1, 0, 0, 0, DateTimeKind.Utc),
                (_, _, _) => { },
                Cancelled
            );
        Assert.Equal(before, await LakeTests.BronzeAsync(store));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_server_that_is_killed_in_the_middle_of_an_upload_has_no_half_file_and_gets_the_whole_one_later()
    {
        using S3LakeStore store = Store("fecom-secret");
        using LocalFolder local = new();
        string file = local.File();
        byte[] bytes = new byte[(6 * S3LakeStore.PartBytes) + 17];
        new Random(1).NextBytes(bytes);
        await File.WriteAllBytesAsync(file, bytes, Cancelled);
        string name = await CutOffAsync(store, file);

        await RestartAsync();
        string got = local.File();
        Assert.False(await store.TryGetAsync(name, got, Cancelled));
        await store.PutAsync(name, file, Cancelled);
        Assert.True(await store.TryGetAsync(name, got, Cancelled));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(got, Cancelled));
    }

    [Fact(Timeout = 120_000)]
    public async Task Only_an_upload_of_events_that_was_begun_long_ago_is_aborted()
    {
        using S3LakeStore store = Store("fecom-secret");
        using AmazonS3Client client = Client();
        DateTime hour = new(2026, 1, 1, 9, 0, 0, DateTimeKind.Utc);
        await BeginUploadAsync(client, LakeNames.File(hour, partition: 0, firstOffset: 0));
        await BeginUploadAsync(client, "another-program.bin");

        // Another database may be writing to the lake just now.
        await store.CleanAsync(DateTime.UnixEpoch, Cancelled);
        Assert.Equal(2, (await UploadsAsync(client)).Count);

        await store.CleanAsync(DateTime.MaxValue, Cancelled);
        Assert.Equal(["another-program.bin"], await UploadsAsync(client));
    }

    private static async Task BeginUploadAsync(AmazonS3Client client, string key)
    {
        InitiateMultipartUploadResponse upload = await client.InitiateMultipartUploadAsync(Bucket, key, Cancelled);
        await client.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = Bucket,
                Key = key,
                UploadId = upload.UploadId,
                PartNumber = 1,
                InputStream = new MemoryStream(new byte[1_000]),
            },
            Cancelled
        );
    }

    private static async Task<IReadOnlyList<string>> UploadsAsync(AmazonS3Client client)
    {
        ListMultipartUploadsResponse uploads = await client.ListMultipartUploadsAsync(Bucket, Cancelled);
        return [.. (uploads.MultipartUploads ?? []).Select(upload => upload.Key)];
    }

    [Theory(Timeout = 120_000)]
    [InlineData("wrong", Bucket, "refuses the account")]
    [InlineData("fecom-secret", "other", "has no bucket other")]
    public async Task What_is_wrong_with_the_settings_is_said(string secret, string bucket, string message)
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers, [.. Settings(secret, bucket)]);
        await store.ExecuteAsync(LakeTests.Made(10));
        await store.WriteBatchAsync("true");

        ObjectStoreException refused = await Assert.ThrowsAsync<ObjectStoreException>(() =>
            LakeTests.WriteAsync(store)
        );

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, (await store.HealthAsync("lake")).Description, StringComparison.Ordinal);
    }

    /// <summary>Kills the server once it has a part; an upload that was quicker is done again under another name.</summary>
    private async Task<string> CutOffAsync(S3LakeStore store, string file)
    {
        for (int attempt = 0; attempt < 20; attempt++)
        {
            string name = $"large-{attempt}.parquet";
            int before = Files();
            Task upload = store.PutAsync(name, file, Cancelled);
            // The first new file is the upload's own mark; the next one is a part.
            while (!upload.IsCompleted && Files() < before + 2)
            {
                await Task.Yield();
            }

            if (!upload.IsCompleted)
            {
                await KillAsync();
                await Assert.ThrowsAsync<ObjectStoreException>(() => upload);
                return name;
            }

            await upload;
        }

        throw new InvalidOperationException("Every upload was quicker than the kill.");
    }

    private int Files() => Directory.GetFiles(Path.Combine(_server!.Folder, "data", Bucket)).Length;

    private async Task KillAsync()
    {
        string pid = (await File.ReadAllTextAsync(Path.Combine(_server!.Folder, "pid"), Cancelled)).Trim();
        using Process kill = Process.Start("/bin/kill", ["-9", pid]);
        await kill.WaitForExitAsync(Cancelled);
        await Poll.UntilAsync(
            () => Task.FromResult(!Directory.Exists($"/proc/{pid}")),
            TimeSpan.FromSeconds(60),
            "the server does not end"
        );
    }

    private Task RestartAsync() => _server!.RunAsync("start", $"{new Uri(_server.Address).Port}");

    private IEnumerable<(string, string)> Settings(string secret, string bucket = Bucket) =>
        [
            ("Lake:Store", "s3"),
            ("Lake:RollMinutes", "0"),
            ("Lake:S3:Endpoint", _server!.Address),
            ("Lake:S3:Bucket", bucket),
            ("Lake:S3:Prefix", "shop1/"),
            ("Lake:S3:AccessKey", "fecom"),
            ("Lake:S3:SecretKey", secret),
        ];

    private S3LakeStore Store(string secret) =>
        new(
            Options.Create(
                new LakeOptions
                {
                    Store = "s3",
                    S3 = new S3Options
                    {
                        Endpoint = _server!.Address,
                        Bucket = Bucket,
                        AccessKey = "fecom",
                        SecretKey = secret,
                    },
                }
            )
        );

    private AmazonS3Client Client() =>
        new(
            new BasicAWSCredentials("fecom", "fecom-secret"),
            new AmazonS3Config
            {
                ServiceURL = _server!.Address,
                ForcePathStyle = true,
                AuthenticationRegion = "us-east-1",
            }
        );
}
