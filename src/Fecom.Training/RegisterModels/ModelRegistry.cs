using Dapper;
using Npgsql;

namespace Fecom.Training.RegisterModels;

/// <summary>A registered version.</summary>
internal sealed record RegisteredVersion(string Model, int Version, string ArtifactPath, string Sha256, long RunId);

/// <summary>Versions of models and what their aliases stand for.</summary>
internal sealed class ModelRegistry(NpgsqlDataSource database, ArtifactStore artifacts, TimeProvider time)
{
    /// <summary>The alias of the version that serves.</summary>
    public const string Champion = "champion";

    /// <summary>Stores an artifact as the model's next version. Whoever registers at the same time waits; a crash leaves at most a file that the next version replaces.</summary>
    public async Task<RegisteredVersion> RegisterAsync(string model, long run, byte[] artifact, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(
                """
                insert into training.model (name, created_at) values (@model, @now) on conflict (name) do nothing;
                select name from training.model where name = @model for update
                """,
                new { model, now = Now },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        int version = await connection.ExecuteScalarAsync<int>(
            new CommandDefinition(
                "select coalesce(max(version), 0) + 1 from training.model_version where model = @model",
                new { model },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        (string path, string sha256) = await artifacts.WriteAsync(model, version, artifact, cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(
                """
                insert into training.model_version (model, version, run_id, artifact_path, sha256, size_bytes, created_at)
                values (@model, @version, @run, @path, @sha256, @size, @now)
                """,
                new { model, version, run, path, sha256, size = artifact.LongLength, now = Now },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        await transaction.CommitAsync(cancellationToken);
        return new RegisteredVersion(model, version, path, sha256, run);
    }

    /// <summary>Has an alias stand for a version from now on, and keeps why.</summary>
    /// <returns>False when there is no such version.</returns>
    public async Task<bool> PointAsync(string model, string alias, int version, string reason, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        int changed = await connection.ExecuteAsync(
            new CommandDefinition(
                """
                with pointed as (
                    insert into training.alias (model, alias, version, changed_at)
                    select model, @alias, version, @now from training.model_version where model = @model and version = @version
                    on conflict (model, alias) do update set version = excluded.version, changed_at = excluded.changed_at
                    returning model, alias, version, changed_at
                )
                insert into training.alias_change (model, alias, version, changed_at, reason)
                select model, alias, version, changed_at, @reason from pointed
                """,
                new { model, alias, version, reason, now = Now },
                cancellationToken: cancellationToken
            )
        );
        return changed > 0;
    }

    /// <summary>What an alias of a model stands for; null when it stands for nothing.</summary>
    public async Task<RegisteredVersion?> FindAsync(string model, string alias, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<RegisteredVersion>(
            new CommandDefinition(
                """
                select v.model, v.version, v.artifact_path as ArtifactPath, v.sha256, v.run_id as RunId
                from training.alias a join training.model_version v using (model, version)
                where a.model = @model and a.alias = @alias
                """,
                new { model, alias },
                cancellationToken: cancellationToken
            )
        );
    }

    /// <summary>A metric of the run that a version came from; null when it was not measured.</summary>
    public async Task<double?> MetricAsync(RegisteredVersion version, string name, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<double?>(
            new CommandDefinition(
                "select value from training.run_metric where run_id = @run and name = @name",
                new { run = version.RunId, name },
                cancellationToken: cancellationToken
            )
        );
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;
}
