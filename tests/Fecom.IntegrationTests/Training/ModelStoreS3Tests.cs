using System.Text.Json;
using Amazon.Runtime;
using Amazon.S3;
using Fecom.Serving.LoadModels;
using Fecom.Testing;
using Fecom.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Training;

/// <summary>Models on a real S3: what one host trains there, hosts on other machines serve.</summary>
public sealed class ModelStoreS3Tests(Servers servers) : IAsyncLifetime
{
    private const string Script = "s3/s3.sh";
    private const string Bucket = "models";

    private RealServer? _server;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private (string, string)[] Settings =>
        [
            ("Models:Store", "s3"),
            ("Models:S3:Endpoint", _server!.Address),
            ("Models:S3:Bucket", Bucket),
            ("Models:S3:Prefix", "shop1/"),
            ("Models:S3:AccessKey", "fecom"),
            ("Models:S3:SecretKey", "fecom-secret"),
        ];

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RealServer.Missing(Script, variable: null) is not null, RealServer.Missing(Script, null) ?? "");
        _server = await RealServer.StartAsync(Script, $"{RealServer.FreePorts(1)}");
        using AmazonS3Client client = new(
            new BasicAWSCredentials("fecom", "fecom-secret"),
            new AmazonS3Config
            {
                ServiceURL = _server.Address,
                ForcePathStyle = true,
                AuthenticationRegion = "us-east-1",
            }
        );
        await client.PutBucketAsync(Bucket, Cancelled);
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact(Timeout = 360_000)]
    public async Task What_is_trained_to_a_bucket_is_served_from_it_and_removed_from_it_when_old()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string postgres = await servers.Postgres.CreateDatabaseAsync();
        await using (
            TrainingHost host = await TrainingHost.StartAsync(
                postgres,
                redis.ConnectionString,
                [.. Settings, ("Training:KeepVersions", "1")]
            )
        )
        {
            for (int version = 1; version <= 5; version++)
            {
                await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch.AddDays(version), sample: false);
                Assert.StartsWith(
                    $"completed: version {version} is the champion: ",
                    await host.TrainAsync(),
                    StringComparison.Ordinal
                );
            }

            Assert.Empty(Directory.GetFileSystemEntries(host.Models));
            JsonElement[] versions =
            [
                .. (await host.GetAsync("/api/v1/models/recommender/versions"))
                    .GetProperty("versions")
                    .EnumerateArray(),
            ];
            Assert.Equal(
                [5, 4, 3, 2],
                versions
                    .Where(version => version.GetProperty("artifact_removed_at").ValueKind == JsonValueKind.Null)
                    .Select(version => version.GetProperty("version").GetInt32())
            );
        }

        await ExportAsync(postgres, redis.ConnectionString);

        // Another host, which has no file of its own.
        await using TrainingHost other = await TrainingHost.StartAsync(postgres, redis.ConnectionString, Settings);
        await Poll.UntilEqualAsync(
            5,
            () =>
                Task.FromResult(
                    other.Services.GetServices<IModelSlot>().Single(slot => slot.Name == "recommender").Version
                ),
            TimeSpan.FromSeconds(90),
            "the version that serves"
        );
    }

    /// <summary>A tool that knows the settings only.</summary>
    private async Task ExportAsync(string postgres, string redis)
    {
        await using (TrainingHost host = await TrainingHost.StartAsync(postgres, redis, Settings))
        {
            await CartEvents.AddAsync(host, 2_000, new DateTime(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc));
            Assert.StartsWith("completed: ", await CartEvents.TrainAsync(host), StringComparison.Ordinal);
        }

        string file = Path.GetTempFileName();
        try
        {
            using StringWriter log = new();
            IConfiguration settings = new ConfigurationBuilder()
                .AddInMemoryCollection(
                    Settings.Select(setting => KeyValuePair.Create(setting.Item1, (string?)setting.Item2))
                )
                .Build();
            await TrainingModule.ExportOnnxAsync(settings, null, "purchase", null, file, log, Cancelled);
            Assert.StartsWith("purchase version 1 (", log.ToString(), StringComparison.Ordinal);
            Assert.InRange(new FileInfo(file).Length, 1_000, 10_000_000);

            FileNotFoundException missing = await Assert.ThrowsAsync<FileNotFoundException>(() =>
                TrainingModule.ExportOnnxAsync(settings, null, "purchase", 7, file, log, Cancelled)
            );
            Assert.Equal(
                "There is no version 7 of purchase: no file purchase/7/model.bin in the bucket models.",
                missing.Message
            );
        }
        finally
        {
            File.Delete(file);
        }
    }
}
