using Dapper;
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

    /// <summary>Removes the old files of one model. A file that cannot be removed is tried again after the next training.</summary>
    public async Task RemoveAsync(string model, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await registry.LockAsync(connection, model, cancellationToken);
        foreach ((int version, string path) in await FindAsync(connection, model, cancellationToken))
        {
            try
            {
                artifacts.Remove(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotRemoved(model, version, e.Message);
                continue;
            }

            await connection.ExecuteAsync(
                new CommandDefinition(
                    "update training.model_version set artifact_removed_at = @now where model = @model and version = @version",
                    new
                    {
                        model,
                        version,
                        now = time.GetUtcNow().UtcDateTime,
                    },
                    transaction,
                    cancellationToken: cancellationToken
                )
            );
            LogRemoved(model, version);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private async Task<IEnumerable<(int Version, string Path)>> FindAsync(
        NpgsqlConnection connection,
        string model,
        CancellationToken cancellationToken
    ) =>
        await connection.QueryAsync<(int, string)>(
            new CommandDefinition(
                """
                select version, artifact_path
                from training.model_version v
                where model = @model and artifact_removed_at is null
                    and version not in (select version from training.model_version where model = @model order by version desc limit @keep)
                    and version not in (select version from training.alias where model = @model)
                    and version not in (
                        select version from training.alias_change where model = @model and alias = @champion
                        group by version order by max(id) desc limit @champions
                    )
                order by version
                """,
                new
                {
                    model,
                    keep = options.Value.KeepVersions,
                    champion = ModelRegistry.Champion,
                    champions = FormerChampions + 1,
                },
                cancellationToken: cancellationToken
            )
        );

    [LoggerMessage(
        LogLevel.Information,
        "The artifact of {Model} version {Version} is removed: newer versions are kept (Training:KeepVersions)"
    )]
    private partial void LogRemoved(string model, int version);

    [LoggerMessage(LogLevel.Warning, "The old artifact of {Model} version {Version} was not removed: {Reason}")]
    private partial void LogNotRemoved(string model, int version, string reason);
}
