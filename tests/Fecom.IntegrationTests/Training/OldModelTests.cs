using Fecom.Contracts;
using Fecom.IntegrationTests.Serving;
using Fecom.Learning.Purchase;
using Fecom.Platform;
using Fecom.Platform.Storage;
using Fecom.Training;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>A registry that an older release filled, with XGBoost's trees.</summary>
public sealed class OldModelTests(Servers servers)
{
    [Fact(Timeout = 120_000)]
    public async Task A_registry_with_older_artifacts_says_which_cannot_be_loaded_and_asks_for_a_training()
    {
        using ModelFolder models = new();
        using IHost host = Build(await servers.Postgres.CreateDatabaseAsync(), models.Path);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await host.Services.GetRequiredService<Migrator>().MigrateAsync(cancellationToken);
        ModelRegistry registry = host.Services.GetRequiredService<ModelRegistry>();
        FirstTraining first = host.Services.GetRequiredService<FirstTraining>();
        NpgsqlDataSource database = host.Services.GetRequiredService<NpgsqlDataSource>();
        TrainedModel purchase = TrainingJobs.Models.First(trained => trained.Model == PurchaseModel.Kind);
        ModelPromoted old = models.OfXgBoost(1);
        long run = await InsertAsync(database, old);

        Assert.Null(await first.LearnedAsync(purchase, cancellationToken));
        Assert.Equal([(1, null, false)], await VersionsAsync(database));

        byte[] artifact = await File.ReadAllBytesAsync(
            Path.Combine(models.Path, models.Purchase(7).ArtifactPath),
            cancellationToken
        );
        RegisteredVersion trained = await registry.RegisterAsync(
            new()
            {
                Model = PurchaseModel.Kind,
                Run = run,
                Artifact = artifact,
                Read = PurchaseModel.Load,
                Fingerprint = "test",
                Verdict = new GateVerdict([]),
            },
            cancellationToken
        );
        await registry.PointAsync(
            new AliasMove(PurchaseModel.Kind, ModelRegistry.Champion, trained.Version, "a test", "test"),
            cancellationToken
        );

        Assert.NotNull(await first.LearnedAsync(purchase, cancellationToken));
        string algorithm = PurchaseModel.Load(artifact).Algorithm.Name();
        Assert.Equal([(2, algorithm, true), (1, null, false)], await VersionsAsync(database));
    }

    /// <summary>A version as it lay in the registry before the format of artifacts was kept, and the champion.</summary>
    private static async Task<long> InsertAsync(NpgsqlDataSource database, ModelPromoted old)
    {
        await using NpgsqlBatch batch = database.CreateBatch();
        foreach (
            string statement in (string[])
                [
                    "insert into training.run (job, state, started_at) values ('train_purchase_model', 'completed', now())",
                    "insert into training.model (name, created_at) values ('purchase', now())",
                    $"""
                        insert into training.model_version (model, version, run_id, artifact_path, sha256, size_bytes, created_at)
                        select 'purchase', 1, max(id), '{old.ArtifactPath}', '{old.Sha256}', 1, now() from training.run
                        """,
                    "insert into training.alias (model, alias, version, changed_at) values ('purchase', 'champion', 1, now())",
                ]
        )
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        }

        await batch.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using NpgsqlCommand newest = database.CreateCommand("select max(id) from training.run");
        return (long)(await newest.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private static async Task<IEnumerable<(int, string?, bool)>> VersionsAsync(NpgsqlDataSource database)
    {
        IReadOnlyList<VersionAnswer> versions = await new ModelTable(database).VersionsAsync(
            "purchase",
            TestContext.Current.CancellationToken
        );
        return versions.Select(version => (version.Version, version.Algorithm, version.CanBeLoaded));
    }

    private static IHost Build(string postgres, string models)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(postgres));
        builder.Services.AddSingleton<Migrator>();
        builder.Services.Configure<FecomPaths>(paths => paths.Models = models);
        builder.AddTraining();
        return builder.Build();
    }
}
