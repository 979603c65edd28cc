using System.Globalization;
using System.Text.Json;
using Fecom.Training.TrackRuns;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TellMlflow;

/// <summary>Versions and aliases in MLflow's registry.</summary>
internal sealed partial class MlflowModels(
    MlflowClient client,
    IOptions<MlflowOptions> options,
    ILogger<MlflowModels> logger
)
{
    /// <summary>Has a version in the registry, once.</summary>
    /// <returns>Its number there.</returns>
    public async Task<string> RegisterAsync(
        MlflowRun run,
        ArtifactAnswer version,
        TrainingRunAnswer details,
        CancellationToken cancellationToken
    )
    {
        string name = NameOf(version.Model);
        await EnsureModelAsync(name, cancellationToken);
        return await FindAsync(name, run, cancellationToken)
            ?? MlflowClient.Read(
                await client.PostAsync(
                    "model-versions/create",
                    new
                    {
                        Name = name,
                        Source = $"{run.ArtifactUri}/{VersionFiles.Folder}",
                        RunId = run.Id,
                        Description = details.Progress,
                        Tags = new[]
                        {
                            new MlflowEntry("fecom_version", version.Version.ToString(CultureInfo.InvariantCulture)),
                            new MlflowEntry("fecom_sha256", version.Sha256),
                        },
                    },
                    cancellationToken
                ),
                "model_version",
                "version"
            );
    }

    /// <summary>Has an alias stand for what it stands for here; for nothing where MLflow does not have the version.</summary>
    public async Task PointAsync(UntoldAlias alias, CancellationToken cancellationToken)
    {
        string name = NameOf(alias.Model);
        try
        {
            if (alias.MlflowVersion is { } version)
            {
                await client.PostAsync(
                    "registered-models/alias",
                    new
                    {
                        Name = name,
                        alias.Alias,
                        Version = version,
                    },
                    cancellationToken
                );
            }
            else if (alias.IsTold)
            {
                await client.SendAsync(
                    HttpMethod.Delete,
                    "registered-models/alias",
                    new { Name = name, alias.Alias },
                    cancellationToken
                );
            }
        }
        catch (MlflowRefusedException e)
        {
            // Somebody has removed the model or the version there: nothing that a later attempt could mend.
            LogRefused(alias.Alias, name, e.Message);
        }
    }

    private string NameOf(string model) => options.Value.ModelPrefix + model;

    private async Task EnsureModelAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await client.PostAsync("registered-models/create", new { Name = name }, cancellationToken);
        }
        catch (MlflowRefusedException e) when (e.Code == MlflowRefusedException.AlreadyExists)
        {
            // By an earlier version.
        }
    }

    private async Task<string?> FindAsync(string name, MlflowRun run, CancellationToken cancellationToken)
    {
        JsonElement found = await client.GetAsync(
            "model-versions/search",
            new Dictionary<string, string> { ["filter"] = $"name = '{name}' and run_id = '{run.Id}'" },
            cancellationToken
        );
        return MlflowClient.First(found, "model_versions") is { } version
            ? MlflowClient.Read(version, "version")
            : null;
    }

    [LoggerMessage(LogLevel.Warning, "MLflow does not move the alias {Alias} of its model {Model}: {Reason}")]
    private partial void LogRefused(string alias, string model, string reason);
}
