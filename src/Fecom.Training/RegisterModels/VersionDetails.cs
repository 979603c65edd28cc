using System.Text.Json;
using Fecom.Platform.Storage;
using Fecom.Training.TrackRuns;
using Npgsql;

namespace Fecom.Training.RegisterModels;

/// <summary>What is said of a version beside its figures: what goes into it, and what people say of it.</summary>
internal sealed class VersionDetails(NpgsqlDataSource database, ModelTable models)
{
    /// <summary>A version; null when there is none.</summary>
    public async Task<VersionDetailsAnswer?> FindAsync(string model, int version, CancellationToken cancellationToken)
    {
        IReadOnlyList<VersionAnswer> versions = await models.VersionsAsync(model, cancellationToken);
        if (versions.FirstOrDefault(one => one.Version == version) is not { } found)
        {
            return null;
        }

        string? inputs = await database.FindAsync<string>(
            "select inputs::text from training.model_version where model = @model and version = @version",
            new { model, version },
            cancellationToken
        );
        return new VersionDetailsAnswer(
            model,
            found,
            inputs is null ? [] : JsonSerializer.Deserialize<ModelInput[]>(inputs, RunLog.Json)!
        );
    }

    /// <summary>Gives a version another description.</summary>
    /// <returns>Whether there is such a version.</returns>
    public async Task<bool> DescribeAsync(
        string model,
        int version,
        string description,
        CancellationToken cancellationToken
    ) =>
        await database.ExecuteAsync(
            "update training.model_version set description = @description where model = @model and version = @version",
            new
            {
                description,
                model,
                version,
            },
            cancellationToken
        ) > 0;

    /// <summary>What goes into a model of this release; null where it is none of its own.</summary>
    public static string? ToJson(string model) =>
        TrainingJobs.Models.FirstOrDefault(trained => trained.Model == model) is { } known
            ? JsonSerializer.Serialize(known.Inputs, RunLog.Json)
            : null;
}
