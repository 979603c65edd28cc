using Dapper;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Training.RegisterModels;

/// <summary>
/// Removes the files of versions that are no longer needed: all but the newest, those that an alias points to, and the last
/// champions, for a rollback. Their rows stay, with the time of the removal.
/// </summary>
internal sealed partial class OldArtifacts(
    NpgsqlDataSource database,
    ModelRegistry registry,
    ArtifactStore artifacts,
    IOptions<TrainingOptions> options,
    TimeProvider time,
    ILogger<OldArtifacts> logger
)
{
    /// <summary>Champions before the present one whose files are kept.</summary>
    private const int FormerChampions = 3;

    /// <summary>
    /// Removes the old files of one model, each once its row says so: a crash leaves files that are not needed, never a version
    /// without its file. A file that cannot be removed is tried again after the next training.
    /// </summary>
    public async Task RemoveAsync(string model, CancellationToken cancellationToken)
    {
        await MarkAsync(model, cancellationToken);
        foreach ((int version, string path) in await MarkedAsync(model, cancellationToken))
        {
            try
            {
                await artifacts.RemoveAsync(path, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotRemoved(model, version, e.Message);
                continue;
            }

            await database.ExecuteAsync(
                "update training.model_version set has_file = false where model = @model and version = @version",
                new { model, version },
                cancellationToken
            );
            LogRemoved(model, version);
        }
    }

    private async Task MarkAsync(string model, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await registry.LockAsync(connection, model, cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(
                """
                update training.model_version v set artifact_removed_at = @now
                where model = @model and artifact_removed_at is null
                    and version not in (select version from training.model_version where model = @model order by version desc limit @keep)
                    and version not in (select version from training.alias where model = @model)
                    and version not in (
                        select version from training.alias_change where model = @model and alias = @champion
                        group by version order by max(id) desc limit @champions
                    )
                """,
                new
                {
                    model,
                    now = time.GetUtcNow().UtcDateTime,
                    keep = options.Value.KeepVersions,
                    champion = ModelRegistry.Champion,
                    champions = FormerChampions + 1,
                },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        await transaction.CommitAsync(cancellationToken);
    }

    private Task<IReadOnlyList<(int Version, string Path)>> MarkedAsync(
        string model,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<(int Version, string Path)>(
            """
            select version, artifact_path from training.model_version
            where model = @model and artifact_removed_at is not null and has_file order by version
            """,
            new { model },
            cancellationToken
        );

    [LoggerMessage(
        LogLevel.Information,
        "The artifact of {Model} version {Version} is removed: newer versions are kept (Training:KeepVersions)"
    )]
    private partial void LogRemoved(string model, int version);

    [LoggerMessage(LogLevel.Warning, "The old artifact of {Model} version {Version} was not removed: {Reason}")]
    private partial void LogNotRemoved(string model, int version, string reason);
}
