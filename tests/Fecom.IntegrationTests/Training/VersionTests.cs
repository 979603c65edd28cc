using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Learning.Purchase;
using Fecom.Testing;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Training;

/// <summary>What the registry says of a version, and how long it keeps its file.</summary>
public sealed class VersionTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task A_version_says_what_it_is_what_goes_into_it_how_good_it_was_and_what_its_file_must_hash_to()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        await CartEvents.AddAsync(host, 2_000, new DateTime(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc));
        await CartEvents.TrainAsync(host);

        JsonElement found = await host.GetAsync("/api/v1/models/purchase/versions/1");

        JsonElement version = found.GetProperty("version");
        Assert.StartsWith(
            "How likely a product in a cart is bought: ",
            version.GetProperty("description").GetString(),
            StringComparison.Ordinal
        );
        Assert.InRange(version.GetProperty("metrics").GetProperty("auc").GetDouble(), 0.5, 1);
        byte[] artifact = await File.ReadAllBytesAsync(Path.Combine(host.Models, "purchase/1/model.bin"), Cancelled);
        Assert.Equal(ArtifactStore.HashOf(artifact), version.GetProperty("sha256").GetString());
        Assert.Equal(
            PurchaseEncoder.FeatureNames,
            found.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("name").GetString())
        );
        JsonElement hours = found
            .GetProperty("inputs")
            .EnumerateArray()
            .Single(input => input.GetProperty("name").GetString() == "user_hours_since_cart");
        Assert.Equal("number", hours.GetProperty("type").GetString());
        Assert.Equal(10_000, hours.GetProperty("missing").GetDouble());

        using HttpResponseMessage described = await DescribeAsync(host, 1, "  The one of November ");
        described.EnsureSuccessStatusCode();
        Assert.Equal(
            "The one of November",
            (await host.GetAsync("/api/v1/models/purchase/versions"))
                .GetProperty("versions")[0]
                .GetProperty("description")
                .GetString()
        );
        using HttpResponseMessage tooLong = await DescribeAsync(host, 1, new string('x', 2_001));
        Assert.Equal(HttpStatusCode.BadRequest, tooLong.StatusCode);
        using HttpResponseMessage unknown = await DescribeAsync(host, 7, "x");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using HttpResponseMessage missing = await host.Http.GetAsync("/api/v1/models/purchase/versions/7", Cancelled);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_version_keeps_its_file_for_as_long_as_any_alias_names_it()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            ("Training:KeepVersions", "1")
        );
        await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);
        await host.TrainAsync();
        byte[] first = await File.ReadAllBytesAsync(Path.Combine(host.Models, "recommender/1/model.bin"), Cancelled);

        await RegisterAsync(host, first, 2);
        await PointAsync(host, "shadow", 2);
        await RegisterAsync(host, first, 3);
        await RegisterAsync(host, first, 4);
        Assert.Equal(["1", "2", "4"], Files(host));

        await PointAsync(host, "shadow", 4);
        await RegisterAsync(host, first, 5);
        Assert.Equal(["1", "4", "5"], Files(host));
    }

    /// <summary>The same model as another version, which no gate lets pass: with bytes behind it that nobody reads.</summary>
    private static Task<string> RegisterAsync(TrainingHost host, byte[] artifact, int more) =>
        host
            .Services.GetRequiredService<Registration>()
            .RegisterAsync(
                new()
                {
                    Model = "recommender",
                    Run = 1,
                    Artifact = [.. artifact, .. new byte[more]],
                    Read = bytes => bytes.ToArray(),
                    Fingerprint = $"{more}",
                    Verdict = new GateVerdict([new GateCheck(GateCheck.Quality, Passed: false, "a test")]),
                },
                Cancelled
            );

    private static async Task PointAsync(TrainingHost host, string alias, int version)
    {
        using HttpResponseMessage answer = await host.Http.PostAsJsonAsync(
            $"/api/v1/models/recommender/aliases/{alias}",
            new { version },
            Cancelled
        );
        answer.EnsureSuccessStatusCode();
    }

    private static Task<HttpResponseMessage> DescribeAsync(TrainingHost host, int version, string description) =>
        host.Http.PutAsJsonAsync(
            $"/api/v1/models/purchase/versions/{version}/description",
            new { description },
            Cancelled
        );

    private static IEnumerable<string?> Files(TrainingHost host) =>
        Directory
            .GetFiles(Path.Combine(host.Models, "recommender"), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetFileName(Path.GetDirectoryName(file)))
            .Order(StringComparer.Ordinal);
}
