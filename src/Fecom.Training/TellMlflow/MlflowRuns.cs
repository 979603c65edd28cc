using System.Text.Json;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TellMlflow;

/// <summary>A run at MLflow.</summary>
/// <param name="Id">MLflow's id.</param>
/// <param name="ArtifactUri">Where its artifacts lie.</param>
internal sealed record MlflowRun(string Id, string ArtifactUri);

/// <summary>Tells MLflow a finished training. Each step may be repeated: a run that was cut off in the middle is found by its key and goes on.</summary>
internal sealed class MlflowRuns(
    MlflowClient client,
    MlflowModels models,
    UntoldRuns untold,
    ArtifactStore artifacts,
    IOptions<MlflowOptions> options
)
{
    /// <summary>Parameters, or tags, of one call.</summary>
    private const int MaxEntries = 100;

    /// <summary>Metrics of one call.</summary>
    private const int MaxMetrics = 1_000;

    /// <exception cref="MlflowAwayException">MLflow takes nothing now.</exception>
    /// <exception cref="MlflowRefusedException">It does not take this run, or not its files.</exception>
    public async Task TellAsync(UntoldRun told, TrainingRunDetails details, CancellationToken cancellationToken)
    {
        string experiment = await FindExperimentAsync(cancellationToken);
        MlflowRun run =
            await FindAsync(experiment, told.Key, cancellationToken)
            ?? await CreateAsync(experiment, told.Key, details.Run, cancellationToken);
        await untold.FoundAsync(told, run.Id, cancellationToken);
        await LogAsync(run, details, cancellationToken);
        try
        {
            await StoreAsync(run, details, cancellationToken);
        }
        catch (MlflowRefusedException)
        {
            // All but its files is there.
            await EndAsync(run, details.Run, cancellationToken);
            throw;
        }

        await EndAsync(run, details.Run, cancellationToken);
    }

    private async Task<string> FindExperimentAsync(CancellationToken cancellationToken)
    {
        string name = options.Value.Experiment;
        try
        {
            JsonElement found = await client.GetAsync(
                "experiments/get-by-name",
                new Dictionary<string, string> { ["experiment_name"] = name },
                cancellationToken
            );
            return MlflowClient.Find(found, "experiment", "lifecycle_stage") == "deleted"
                ? throw new MlflowAwayException(
                    $"its experiment '{name}' is deleted: restore it there, or name another one in MLflow:Experiment"
                )
                : MlflowClient.Read(found, "experiment", "experiment_id");
        }
        catch (MlflowRefusedException e) when (e.Code == MlflowRefusedException.DoesNotExist)
        {
            return await CreateExperimentAsync(name, cancellationToken);
        }
    }

    private async Task<string> CreateExperimentAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return MlflowClient.Read(
                await client.PostAsync("experiments/create", new { Name = name }, cancellationToken),
                "experiment_id"
            );
        }
        catch (MlflowRefusedException e) when (e.Code == MlflowRefusedException.AlreadyExists)
        {
            throw new MlflowAwayException($"somebody else has just made its experiment '{name}'");
        }
    }

    private async Task<MlflowRun?> FindAsync(string experiment, Guid key, CancellationToken cancellationToken)
    {
        JsonElement found = await client.PostAsync(
            "runs/search",
            new
            {
                ExperimentIds = new[] { experiment },
                Filter = $"tags.{MlflowRecord.KeyTag} = '{key}'",
                MaxResults = 1,
            },
            cancellationToken
        );
        return MlflowClient.First(found, "runs") is { } run ? RunOf(run) : null;
    }

    private async Task<MlflowRun> CreateAsync(
        string experiment,
        Guid key,
        TrainingRunAnswer run,
        CancellationToken cancellationToken
    )
    {
        JsonElement created = await client.PostAsync(
            "runs/create",
            new
            {
                ExperimentId = experiment,
                RunName = $"{run.Job} {run.Id}",
                StartTime = MlflowRecord.Milliseconds(run.StartedAt),
                Tags = new[] { new MlflowEntry(MlflowRecord.KeyTag, key.ToString()) },
            },
            cancellationToken
        );
        return RunOf(MlflowClient.Step(created, "run"));
    }

    private async Task LogAsync(MlflowRun run, TrainingRunDetails details, CancellationToken cancellationToken)
    {
        foreach (MlflowEntry[] parameters in MlflowRecord.Parameters(details.Run).Chunk(MaxEntries))
        {
            await client.PostAsync("runs/log-batch", new { RunId = run.Id, Params = parameters }, cancellationToken);
        }

        foreach (MlflowMetric[] metrics in MlflowRecord.Metrics(details).Chunk(MaxMetrics))
        {
            await client.PostAsync("runs/log-batch", new { RunId = run.Id, Metrics = metrics }, cancellationToken);
        }

        foreach (MlflowEntry[] tags in MlflowRecord.Tags(details.Run).Chunk(MaxEntries))
        {
            await client.PostAsync("runs/log-batch", new { RunId = run.Id, Tags = tags }, cancellationToken);
        }
    }

    /// <summary>Curves and tables as a file, and each version that the run made: its files, and its place in the registry.</summary>
    private async Task StoreAsync(MlflowRun run, TrainingRunDetails details, CancellationToken cancellationToken)
    {
        if (details.Diagnostics is { } diagnostics)
        {
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(diagnostics, RunLog.Json);
            await client.UploadAsync(run.ArtifactUri, "diagnostics.json", json, cancellationToken);
        }

        foreach (ArtifactAnswer version in details.Artifacts.Where(version => version.RemovedAt is null))
        {
            // One that is gone or is not what was registered cannot serve, and says so elsewhere.
            if (await artifacts.ReadAsync(version.Path, version.Sha256, cancellationToken) is { } artifact)
            {
                foreach (
                    VersionFile file in VersionFiles.Of(version.Model, artifact, run.Id, details.Run.FinishedAt!.Value)
                )
                {
                    await client.UploadAsync(
                        run.ArtifactUri,
                        $"{VersionFiles.Folder}/{file.Name}",
                        file.Bytes,
                        cancellationToken
                    );
                }

                string number = await models.RegisterAsync(run, version, details.Run, cancellationToken);
                await untold.RegisteredAsync(version, number, cancellationToken);
            }
        }
    }

    private Task<JsonElement> EndAsync(MlflowRun run, TrainingRunAnswer details, CancellationToken cancellationToken) =>
        client.PostAsync(
            "runs/update",
            new
            {
                RunId = run.Id,
                Status = MlflowRecord.StatusOf(details),
                EndTime = MlflowRecord.Milliseconds(details.FinishedAt!.Value),
            },
            cancellationToken
        );

    private static MlflowRun RunOf(JsonElement run) =>
        new(MlflowClient.Read(run, "info", "run_id"), MlflowClient.Read(run, "info", "artifact_uri"));
}
