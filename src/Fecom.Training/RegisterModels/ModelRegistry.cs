using Dapper;
using Fecom.Learning.Artifacts;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Training.RegisterModels;

/// <summary>A registered version.</summary>
internal sealed record RegisteredVersion(string Model, int Version, string ArtifactPath, string Sha256, long RunId);

/// <summary>Versions of models and what their aliases stand for.</summary>
internal sealed class ModelRegistry(
    NpgsqlDataSource database,
    ArtifactStore artifacts,
    IOptions<TrainingOptions> options,
    TimeProvider time
)
{
    /// <summary>The alias of the version that serves.</summary>
    public const string Champion = "champion";

    /// <summary>The alias of the version that passed its gates and waits for approval.</summary>
    public const string Challenger = "challenger";

    /// <summary>
    /// Stores an artifact as the model's next version, if the reader of those who serve can read it. Whoever registers at the same
    /// time waits; a crash leaves at most a file that the next version replaces.
    /// </summary>
    /// <exception cref="InvalidDataException">The artifact cannot be read back; nothing is registered.</exception>
    public async Task<RegisteredVersion> RegisterAsync(NewVersion made, CancellationToken cancellationToken)
    {
        RequireReadable(made);
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, made.Model, cancellationToken);
        int version = await connection.ExecuteScalarAsync<int>(
            new CommandDefinition(
                "select coalesce(max(version), 0) + 1 from training.model_version where model = @Model",
                new { made.Model },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        (int format, string? algorithm) = ModelArtifact.Describe(made.Artifact);
        (string path, string sha256) = await artifacts.WriteAsync(
            made.Model,
            version,
            made.Artifact,
            cancellationToken
        );
        await connection.ExecuteAsync(
            new CommandDefinition(
                """
                insert into training.model_version
                    (model, version, run_id, artifact_path, sha256, size_bytes, created_at, fingerprint, notes, degraded,
                     algorithm, format, decision, gates, description, inputs, study_id)
                values (@Model, @version, @Run, @path, @sha256, @size, @now, @Fingerprint, @notes, @IsDegraded,
                    @algorithm, @format, @decision, @gates::jsonb, @Description, @inputs::jsonb, @Study)
                """,
                new
                {
                    made.Model,
                    version,
                    made.Run,
                    made.Study,
                    path,
                    sha256,
                    size = made.Artifact.LongLength,
                    now = Now,
                    made.Fingerprint,
                    notes = made.Notes.ToArray(),
                    made.IsDegraded,
                    algorithm,
                    format,
                    decision = made.Verdict.IsPassed ? Decisions.Waiting : Decisions.Refused,
                    gates = VersionDecisions.ToJson(made.Verdict.Checks),
                    made.Description,
                    inputs = VersionDetails.ToJson(made.Model),
                },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        await transaction.CommitAsync(cancellationToken);
        return new RegisteredVersion(made.Model, version, path, sha256, made.Run);
    }

    /// <summary>The newest version that learned from the same data with the same settings; null when there is none.</summary>
    public async Task<RegisteredVersion?> FindSameAsync(
        string model,
        string fingerprint,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<RegisteredVersion>(
            new CommandDefinition(
                """
                select model, version, artifact_path as ArtifactPath, sha256, run_id as RunId
                from training.model_version
                where model = @model and fingerprint = @fingerprint and artifact_removed_at is null
                order by version desc limit 1
                """,
                new { model, fingerprint },
                cancellationToken: cancellationToken
            )
        );
    }

    /// <summary>A version whose artifact is the same, byte for byte; null when there is none. It has the new fingerprint from now on.</summary>
    /// <remarks>A new release learns from the same data anew, since it may learn otherwise; mostly it does not.</remarks>
    public Task<RegisteredVersion?> FindSameBytesAsync(NewVersion made, CancellationToken cancellationToken) =>
        database.FindAsync<RegisteredVersion>(
            """
            update training.model_version set fingerprint = @Fingerprint
            where model = @Model and version = (
                select max(version) from training.model_version
                where model = @Model and sha256 = @sha256 and artifact_removed_at is null
            )
            returning model, version, artifact_path as ArtifactPath, sha256, run_id as RunId
            """,
            new
            {
                made.Model,
                made.Fingerprint,
                sha256 = ArtifactStore.HashOf(made.Artifact),
            },
            cancellationToken
        );

    /// <summary>Has an alias stand for a version from now on, and keeps why and by whom.</summary>
    public async Task<PointResult> PointAsync(AliasMove move, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, move.Model, cancellationToken);
        bool? isRemoved = await connection.ExecuteScalarAsync<bool?>(
            new CommandDefinition(
                """
                select artifact_removed_at is not null from training.model_version where model = @Model and version = @Version
                """,
                new { move.Model, move.Version },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        if (isRemoved is not false)
        {
            return isRemoved is null ? PointResult.NoSuchVersion : PointResult.ArtifactRemoved;
        }

        await connection.ExecuteAsync(
            new CommandDefinition(
                """
                insert into training.alias (model, alias, version, changed_at) values (@Model, @Alias, @Version, @now)
                on conflict (model, alias) do update set version = excluded.version, changed_at = excluded.changed_at;
                update training.alias_change set undone = true where model = @Model and alias = @Alias and id > @Restores;
                insert into training.alias_change (model, alias, version, changed_at, reason, moved_by, restores, is_told)
                values (@Model, @Alias, @Version, @now, @Reason, @MovedBy, @Restores, @isTold);
                update training.model_version set decision = @Promoted
                where @Alias = @Champion and model = @Model and version = @Version;
                delete from training.alias
                where @Alias = @Champion and model = @Model and alias = @Challenger and version <= @Version
                """,
                new
                {
                    move.Model,
                    move.Alias,
                    move.Version,
                    move.Reason,
                    move.MovedBy,
                    move.Restores,
                    isTold = !options.Value.HasWebhook,
                    Decisions.Promoted,
                    Champion,
                    Challenger,
                    now = Now,
                },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        await transaction.CommitAsync(cancellationToken);
        return PointResult.Pointed;
    }

    /// <summary>A version; null when there is none, or its artifact was removed.</summary>
    public Task<RegisteredVersion?> FindVersionAsync(string model, int version, CancellationToken cancellationToken) =>
        database.FindAsync<RegisteredVersion>(
            """
            select model, version, artifact_path as ArtifactPath, sha256, run_id as RunId
            from training.model_version where model = @model and version = @version and artifact_removed_at is null
            """,
            new { model, version },
            cancellationToken
        );

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

    /// <summary>What an alias stands for, with the number of its newest promotion; null when it stands for nothing.</summary>
    public async Task<PromotedVersion?> FindPromotedAsync(
        string model,
        string alias,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        PromotedRow? row = await connection.QuerySingleOrDefaultAsync<PromotedRow>(
            new CommandDefinition(
                """
                select v.version, v.artifact_path as ArtifactPath, v.sha256, a.changed_at as PromotedAt, v.notes, v.degraded as IsDegraded,
                    (select max(c.id) from training.alias_change c where c.model = a.model and c.alias = a.alias) as Promotion
                from training.alias a join training.model_version v using (model, version)
                where a.model = @model and a.alias = @alias
                """,
                new { model, alias },
                cancellationToken: cancellationToken
            )
        );
        return row is null
            ? null
            : new PromotedVersion(
                model,
                row.Version,
                row.ArtifactPath,
                row.Sha256,
                row.Promotion,
                row.PromotedAt,
                row.Notes,
                row.IsDegraded
            );
    }

    /// <summary>Locks the model's versions until the transaction ends: registering, pointing and removing wait for each other.</summary>
    internal async Task LockAsync(NpgsqlConnection connection, string model, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(
            new CommandDefinition(
                """
                insert into training.model (name, created_at) values (@model, @now) on conflict (name) do nothing;
                select name from training.model where name = @model for update
                """,
                new { model, now = Now },
                cancellationToken: cancellationToken
            )
        );

    private static void RequireReadable(NewVersion made)
    {
        try
        {
            _ = made.Read(made.Artifact);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidDataException(
                $"The new version cannot be read back, so it is not registered: {e.Message}",
                e
            );
        }
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

    private sealed record PromotedRow
    {
        public int Version { get; init; }

        public string ArtifactPath { get; init; } = "";

        public string Sha256 { get; init; } = "";

        public DateTime PromotedAt { get; init; }

        public string[] Notes { get; init; } = [];

        public bool IsDegraded { get; init; }

        public long Promotion { get; init; }
    }
}
