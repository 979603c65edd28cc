using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Testing;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>What goes into the registry, in what order it is promoted, and what becomes of old versions.</summary>
public sealed class RegistryTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Versions_are_read_back_before_they_are_registered_numbered_as_they_are_promoted_and_removed_when_old()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        ModelRegistry registry = host.Services.GetRequiredService<ModelRegistry>();
        Registration registration = host.Services.GetRequiredService<Registration>();
        await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);
        await host.TrainAsync();
        RegisteredVersion first = (await registry.FindAsync("recommender", "champion", Cancelled))!;
        long firstPromotion = (await registry.FindPromotedAsync("recommender", "champion", Cancelled))!.Promotion;
        NewVersion made = new()
        {
            Model = "recommender",
            Run = first.RunId,
            Artifact = Artifact("a"),
            Read = Recommender.Load,
            Fingerprint = "other",
            Verdict = Verdict(isPassed: true),
        };

        // One that those who serve could not read is not registered, let alone promoted.
        InvalidDataException refusal = await Assert.ThrowsAsync<InvalidDataException>(() =>
            registration.RegisterAsync(made with { Artifact = made.Artifact[..100] }, Cancelled)
        );
        Assert.StartsWith(
            "The new version cannot be read back, so it is not registered: ",
            refusal.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(first, await registry.FindAsync("recommender", "champion", Cancelled));

        // Versions 2 to 5 are refused ones, 6 and 7 champions. Of all, the newest two and the champions are kept.
        for (int version = 2; version <= 7; version++)
        {
            await registration.RegisterAsync(
                made with
                {
                    Artifact = Artifact($"v{version}"),
                    Verdict = Verdict(isPassed: version >= 6),
                },
                Cancelled
            );
        }

        // The same bytes are no new version, whatever release made them.
        Assert.Equal(
            "The same model as version 7, byte for byte: no version is registered.",
            await registration.RegisterAsync(
                made with
                {
                    Artifact = Artifact("v7"),
                    Fingerprint = "of another release",
                },
                Cancelled
            )
        );
        // Unless its file was lost: then it is what is missing.
        string file = $"{host.Models}/recommender/7/model.bin";
        File.Delete(file);
        Assert.Null(await registration.NothingNewAsync("recommender", "of another release", Cancelled));
        Assert.Equal(
            "The same model as version 7, byte for byte: no version is registered. Its file was gone, or was not what was registered, and is written again.",
            await registration.RegisterAsync(
                made with
                {
                    Artifact = Artifact("v7"),
                    Fingerprint = "of another release",
                },
                Cancelled
            )
        );
        Assert.Equal(Artifact("v7"), await File.ReadAllBytesAsync(file, Cancelled));
        await using (new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            // A store that does not let it be read says nothing of the version.
            Promotion promotion = host.Services.GetRequiredService<Promotion>();
            await Assert.ThrowsAsync<IOException>(() =>
                promotion.PromoteAsync(new AliasMove("recommender", "champion", 7, "a test", "a test"), Cancelled)
            );
        }

        Assert.StartsWith(
            "Same data and settings as version 7",
            await registration.NothingNewAsync("recommender", "of another release", Cancelled),
            StringComparison.Ordinal
        );

        Assert.Equal(["1", "6", "7"], Files(host));
        JsonElement versions = (await host.GetAsync("/api/v1/models/recommender/versions")).GetProperty("versions");
        Assert.Equal(
            [7, 6, 1],
            versions
                .EnumerateArray()
                .Where(version => version.GetProperty("artifact_removed_at").ValueKind == JsonValueKind.Null)
                .Select(version => version.GetProperty("version").GetInt32())
        );

        Assert.Equal(
            ["promoted", "promoted", "refused", "refused", "refused", "refused", "promoted"],
            versions.EnumerateArray().Select(version => version.GetProperty("decision").GetString())
        );

        // A rollback has a number above those before it; one to a version without artifact is refused.
        using HttpResponseMessage removed = await PointAsync(host, 4);
        Assert.Equal(HttpStatusCode.Conflict, removed.StatusCode);
        Assert.Contains(
            "The artifact of version 4 of model 'recommender' was removed",
            await removed.Content.ReadAsStringAsync(Cancelled),
            StringComparison.Ordinal
        );
        using HttpResponseMessage unknown = await PointAsync(host, 44);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Contains("\"version\"", await unknown.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        using HttpResponseMessage back = await PointAsync(host, 1);
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
        PromotedVersion champion = (await registry.FindPromotedAsync("recommender", "champion", Cancelled))!;
        Assert.Equal(1, champion.Version);
        Assert.True(champion.Promotion > firstPromotion + 1, $"{champion.Promotion} follows {firstPromotion}, 6 and 7");

        // One call goes back, to 7 that stood before; called again it goes further back, until nothing is left.
        Assert.Equal(7, await RollBackAsync(host));
        Assert.Equal(6, await RollBackAsync(host));
        Assert.Equal(1, await RollBackAsync(host));
        Assert.Null(await RollBackAsync(host));
        JsonElement[] changes =
        [
            .. (await host.GetAsync("/api/v1/models/recommender/aliases/champion/changes"))
                .GetProperty("changes")
                .EnumerateArray(),
        ];
        Assert.Equal([1, 6, 7, 1, 7, 6, 1], changes.Select(change => change.GetProperty("version").GetInt32()));
        Assert.Equal(
            [true, true, true, false, false, false, false],
            changes.Select(change => change.GetProperty("is_rollback").GetBoolean())
        );
        Assert.All(
            changes.Take(4),
            change =>
                Assert.StartsWith(
                    "API call from ",
                    change.GetProperty("moved_by").GetString(),
                    StringComparison.Ordinal
                )
        );
        Assert.All(
            changes.Skip(4),
            change => Assert.Equal($"training run {first.RunId}", change.GetProperty("moved_by").GetString())
        );
        Assert.Equal("By hand", changes[3].GetProperty("reason").GetString());

        // What is no longer what was registered does not become champion, whoever asks for it.
        await File.WriteAllBytesAsync(Path.Combine(host.Models, "recommender/7/model.bin"), [1, 2, 3], Cancelled);
        using HttpResponseMessage corrupt = await PointAsync(host, 7);
        Assert.Equal(HttpStatusCode.Conflict, corrupt.StatusCode);
        Assert.Contains(
            "cannot serve, so champion stays where it is: recommender/7/model.bin is gone, or its SHA-256 is not what was registered",
            await corrupt.Content.ReadAsStringAsync(Cancelled),
            StringComparison.Ordinal
        );
        Assert.Equal(1, (await registry.FindPromotedAsync("recommender", "champion", Cancelled))!.Version);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_version_loses_its_file_once_its_row_says_so_and_not_before()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        Registration registration = host.Services.GetRequiredService<Registration>();
        OldArtifacts old = host.Services.GetRequiredService<OldArtifacts>();
        await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);
        await host.TrainAsync();
        for (int version = 2; version <= 3; version++)
        {
            await RegisterAsync(registration, $"v{version}");
        }

        // Two are kept, so that the next one would cost version 2 its file; but that cannot be recorded.
        await ExecuteAsync(
            host,
            """
            create function training.refuse() returns trigger language plpgsql as $$ begin raise exception 'a test'; end $$;
            create trigger refuse before update of artifact_removed_at on training.model_version
            for each row execute function training.refuse()
            """
        );
        await Assert.ThrowsAsync<PostgresException>(() => RegisterAsync(registration, "v4"));
        Assert.Equal(["1", "2", "3", "4"], Files(host));
        await ExecuteAsync(host, "drop trigger refuse on training.model_version");

        // What a crash left between the record and the file is taken next time.
        await ExecuteAsync(host, "update training.model_version set artifact_removed_at = now() where version = 2");
        await old.RemoveAsync("recommender", Cancelled);
        Assert.Equal(["1", "3", "4"], Files(host));
        await old.RemoveAsync("recommender", Cancelled);
        Assert.Equal(["1", "3", "4"], Files(host));
    }

    private static Task<string> RegisterAsync(Registration registration, string artifact) =>
        registration.RegisterAsync(
            new()
            {
                Model = "recommender",
                Run = 1,
                Artifact = Artifact(artifact),
                Read = Recommender.Load,
                Fingerprint = artifact,
                Verdict = Verdict(isPassed: false),
            },
            Cancelled
        );

    private static GateVerdict Verdict(bool isPassed) => new([new GateCheck(GateCheck.Quality, isPassed, "a test")]);

    private static async Task ExecuteAsync(TrainingHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static IEnumerable<string?> Files(TrainingHost host) =>
        Directory
            .GetDirectories(Path.Combine(host.Models, "recommender"))
            .Select(Path.GetFileName)
            .Order(StringComparer.Ordinal);

    private static byte[] Artifact(string product)
    {
        CoVisitationBuilder builder = new(new CoVisitationOptions(), DateTime.UnixEpoch);
        builder.AddSession(
            [new SessionVisit(builder.Products.Number(product), BehaviorEventType.View)],
            DateTime.UnixEpoch
        );
        return new Recommender(builder.Build(), ranker: null).Save();
    }

    /// <returns>The version that is champion now; null when there is nothing to roll back to.</returns>
    private static async Task<int?> RollBackAsync(TrainingHost host)
    {
        using HttpResponseMessage answer = await host.Http.PostAsync(
            "/api/v1/models/recommender/aliases/champion/rollback",
            content: null,
            Cancelled
        );
        if (answer.StatusCode == HttpStatusCode.Conflict)
        {
            return null;
        }

        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("version").GetInt32();
    }

    private static Task<HttpResponseMessage> PointAsync(TrainingHost host, int version) =>
        host.Http.PostAsJsonAsync("/api/v1/models/recommender/aliases/champion", new { version }, Cancelled);
}
